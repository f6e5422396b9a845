import type { StreamJournal } from '../journal/place.js'
import type { Logger } from './log.js'

/** What is stored and ended needs no journal; what is not can be resumed from one on disk. */
export async function putAway(
  journal: StreamJournal,
  { isWhole, durable, log }: { isWhole: boolean; durable: boolean; log: Logger },
): Promise<void> {
  try {
    if (isWhole || !durable) await journal.remove()
    else await journal.close()
  } catch (error) {
    // The service has what it shall have: what the disk does now makes nothing of it undone.
    const { dataId } = journal.state.session
    log.warn(`stream ${dataId}: its journal could not be put away: ${(error as Error).message}`)
  }
}
