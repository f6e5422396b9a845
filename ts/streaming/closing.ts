import type { Logger } from './log.js'

/** A stream that is open, or being finalized. */
export interface Closable {
  readonly finalizing: Promise<unknown> | undefined
  leave(): Promise<void>
}

/**
 * Leave open streams in their journals, where those outlive the process, or finalize them; what fails goes to the log.
 * What `finalize` has told its caller is not told again.
 */
export async function closeStreams(
  streams: ReadonlyMap<string, Closable>,
  { durable, finalize, log }: { durable: boolean; finalize(dataId: string): Promise<unknown>; log: Logger },
): Promise<void> {
  const ends = [...streams].map(async ([dataId, open]) => {
    if (open.finalizing) return
    if (!durable) await finalize(dataId)
    else {
      await open.leave()
      log.info(`stream ${dataId} is left in its journal`)
    }
  })
  for (const end of await Promise.allSettled(ends))
    if (end.status === 'rejected') log.error(`closing: ${end.reason.message}`, end.reason)
  await Promise.allSettled([...streams.values()].map(({ finalizing }) => finalizing))
}
