import { systemClock } from '../upload/clock.js'

/** When to wait no longer; times in ms, none without end. */
export interface Deadline {
  /** Fires at an interruption. */
  signal: AbortSignal
  /** How long the work may still take after that. */
  graceMs: number
  /** How long it may take in all. */
  limitMs?: number
}

/** Do work that is told by a signal when its deadline has passed; nothing of the deadline is left when it is done. */
export async function within<T>(
  { signal, graceMs, limitMs = Number.POSITIVE_INFINITY }: Deadline,
  work: (passed: AbortSignal) => Promise<T>,
): Promise<T> {
  const passed = new AbortController()
  const timers: (() => void)[] = []
  const passAfter = (ms: number) => {
    if (ms !== Number.POSITIVE_INFINITY) timers.push(systemClock.after(ms, () => passed.abort()))
  }
  const onInterruption = () => passAfter(graceMs)
  passAfter(limitMs)
  if (signal.aborted) onInterruption()
  else signal.addEventListener('abort', onInterruption, { once: true })
  try {
    return await work(passed.signal)
  } finally {
    signal.removeEventListener('abort', onInterruption)
    for (const cancel of timers) cancel()
  }
}
