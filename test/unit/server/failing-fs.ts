import type * as FsPromises from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** What happens to the file system at a step. */
export type Fault =
  /** From this step on nothing reaches it any more, as if the process had been killed. */
  | 'crash'
  /** Steps that need space fail from here on. */
  | 'full'

/** Steps that take space on the disk. */
const NEED_SPACE = new Set(['open', 'write', 'writeFile', 'mkdir'])

/** A fault that is set for a number of steps from now; steps are counted without one, too. */
export const fileSystem = {
  steps: 0,
  fault: undefined as { kind: Fault; at: number } | undefined,
  failAt(kind: Fault, at: number) {
    this.steps = 0
    this.fault = { kind, at }
  },
  heal() {
    this.fault = undefined
  },
}

function step(name: string): void {
  const { fault } = fileSystem
  fileSystem.steps++
  if (!fault || fileSystem.steps <= fault.at) return
  if (fault.kind === 'crash')
    throw Object.assign(new Error('the process is gone'), { code: 'EIO', syscall: name })
  if (NEED_SPACE.has(name))
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: name })
}

const HANDLED = new Set(['write', 'writeFile', 'sync', 'truncate'])
const CHANGING = ['open', 'writeFile', 'rename', 'mkdir', 'rm', 'truncate'] as const

/** `node:fs/promises`, every changing call a step that can fail. For `vi.mock`. */
export function failing(actual: typeof FsPromises): typeof FsPromises {
  const wrapped: Record<string, unknown> = { ...actual }
  for (const name of CHANGING) {
    wrapped[name] = async (...args: unknown[]) => {
      // Opening an existing folder or file takes no space.
      step(name === 'open' && (args[1] === 'r' || args[1] === 'r+') ? 'openExisting' : name)
      const result = await (actual[name] as (...args: unknown[]) => Promise<unknown>)(...args)
      return name === 'open' ? failingHandle(result as FileHandle) : result
    }
  }
  return wrapped as typeof FsPromises
}

function failingHandle(handle: FileHandle): FileHandle {
  return new Proxy(handle, {
    get(target, member) {
      const value = Reflect.get(target, member, target) as unknown
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (HANDLED.has(String(member))) step(String(member))
        return value.apply(target, args)
      }
    },
  })
}
