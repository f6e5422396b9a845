import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** How to start a process. */
export interface StartOptions {
  /** Network namespace to start it in; left out: this host. */
  namespace?: string
  env?: Record<string, string>
  /** It is killed after so long, whatever it does; default a minute. */
  lifetimeMs?: number
}

/** A process that was started. */
export interface Running {
  readonly pid: number
  /** Every line that it printed so far, of both outputs. */
  readonly lines: readonly string[]
  /**
   * The first line that fits, of those behind the one that was found last and those to come. Rejects when none came in
   * time, or ever will.
   */
  line(fits: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  /** Write a line to its standard input. */
  tell(line: string): void
  /** End its standard input. */
  finish(): void
  /** Resolves when it has ended, with its exit code; null where a signal ended it. */
  ended(): Promise<number | null>
  /** Interrupt it, as Ctrl-C does; kill it where it does not end within 5 s. */
  stop(): Promise<void>
}

/** Arguments of `nice` for cameras: real ones do not share this host's processors. Without root they have no effect. */
export const AS_A_DEVICE = ['-n', '-15']

/** Start a process that does not outlive this one. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const { namespace, env, lifetimeMs = 60_000 } = options
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...inside, command, ...args], {
    env: { ...process.env, PYTHONUNBUFFERED: '1', ...env },
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {}) // it may have ended without reading
  const name = `${command} ${args.join(' ')}`
  const lines: string[] = []
  let seen = 0
  const listeners = new Set<() => void>()
  const tellListeners = () => {
    for (const listener of listeners) listener()
  }
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      tellListeners()
    })
  }
  let code: number | null | undefined
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (ended) => {
      code = ended
      resolve(ended)
      tellListeners()
    })
  })
  closed.catch(() => {}) // told to whoever waits for it
  const kill = setTimeout(() => child.kill('SIGKILL'), lifetimeMs)
  closed.finally(() => clearTimeout(kill)).catch(() => {})

  return {
    get pid() {
      return child.pid!
    },
    lines,
    line: (fits, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => {
          done()
          reject(
            new Error(`${name}: ${why} before a line that fits ${fits}; it printed:\n${lines.join('\n')}`),
          )
        }
        const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs)
        const done = () => {
          clearTimeout(timer)
          listeners.delete(look)
        }
        const look = () => {
          while (seen < lines.length) {
            const match = lines[seen++]!.match(fits)
            if (!match) continue
            done()
            return resolve(match)
          }
          if (code !== undefined) fail(`it ended with ${code}`)
        }
        listeners.add(look)
        look()
      }),
    tell: (line) => child.stdin.write(`${line}\n`),
    finish: () => child.stdin.end(),
    ended: () => closed,
    async stop() {
      if (code !== undefined) return
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await once(child, 'close')
      clearTimeout(timer)
    },
  }
}

/** Wait until a process, or another one in its network namespace, has bound this UDP port. */
export async function portBound({ pid }: Running, port: number, timeoutMs = 10_000): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  for (const started = Date.now(); Date.now() - started < timeoutMs; await sleep(20)) {
    if (readFileSync(`/proc/${pid}/net/udp`, 'utf8').includes(hex)) return
  }
  throw new Error(`process ${pid} has not bound UDP port ${port} within ${timeoutMs} ms`)
}
