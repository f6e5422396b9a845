import { aborted } from './http.js'

/** The seam to time, so that a simulation can run its own. */
export interface Clock {
  /** Monotonic time in ms; its zero means nothing. */
  now(): number
  /** Wall time in ms since the Unix epoch, UTC. */
  wall(): number
  /**
   * Call `then` after `ms`. The answer calls it off. `background: true` does not keep a Node process alive.
   */
  after(ms: number, then: () => void, options?: { background?: boolean }): () => void
}

/** Longest wait of the platform's timers; beyond it they would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, then, { background = false } = {}) {
    const timer = setTimeout(then, Math.min(Math.max(ms, 0), LONGEST_MS)) as unknown
    if (background && typeof timer === 'object') (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
  },
}

/** Wait; throws `stream/aborted` as soon as the signal fires. */
export function sleep(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
  options?: { background?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted('waiting', signal))
    const onAbort = () => {
      cancel()
      reject(aborted('waiting', signal))
    }
    const done = () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const cancel = clock.after(ms, done, options)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
