import type { Clock } from '../upload/clock.js'

/** Whether all is settled before the time is over and the signal fires; neither stops what is under way. */
export async function drained(
  settled: Promise<void>,
  { clock, timeoutMs, signal }: { clock: Clock; timeoutMs: number; signal?: AbortSignal },
): Promise<boolean> {
  let late = () => {}
  const outOfTime = new Promise<boolean>((resolve) => {
    late = () => resolve(false)
  })
  if (signal?.aborted) late()
  signal?.addEventListener('abort', late, { once: true })
  const cancel = timeoutMs === Infinity ? undefined : clock.after(timeoutMs, late)
  const isDrained = await Promise.race([settled.then(() => true), outOfTime])
  cancel?.()
  signal?.removeEventListener('abort', late)
  return isDrained
}
