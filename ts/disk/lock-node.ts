import { readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Thrown for a folder that another process holds, or this one already. */
export class FolderLocked extends Error {
  /** The process that holds it. */
  readonly pid: number

  constructor(folder: string, pid: number) {
    super(`process ${pid} holds ${folder}`)
    this.pid = pid
  }
}

/** Locks that this very process holds: its own file says nothing, as a former process may have had the same id. */
const held = new Set<string>()

/** `lock-PID-START`: the process, and when it started in ticks since boot where the system tells. */
const LOCK = /^lock-(\d+)(?:-(\d+))?$/

/**
 * Claim a folder for this process until the answer is called, or the process ends: each has a file of its own there,
 * and who sees that of another living process withdraws. Of two that come at once both may have to, but never does
 * neither. Those of dead processes are removed. Throws {@link FolderLocked}.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const own = process.pid
  const start = await startOf(own)
  const name = start === undefined ? `lock-${own}` : `lock-${own}-${start}`
  const path = join(await realpath(folder), name)
  if (held.has(path)) throw new FolderLocked(folder, own)
  held.add(path)
  const unlock = async () => {
    await rm(path, { force: true })
    held.delete(path)
  }
  try {
    await writeFile(path, '')
    for (const other of await readdir(folder)) {
      const [, pid, began] = LOCK.exec(other) ?? []
      if (pid === undefined || other === name) continue
      if (await isAlive(Number(pid), began)) throw new FolderLocked(folder, Number(pid))
      await rm(join(folder, other), { force: true })
    }
    return unlock
  } catch (error) {
    await unlock()
    throw error
  }
}

async function isAlive(pid: number, start: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = await startOf(pid)
  return start === undefined || now === undefined || now === start
}

/** When a process started; nothing where the system does not tell, `dead` for one that is only waited for. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name, in parentheses, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] === 'Z' ? 'dead' : fields?.[19]
}
