import { hasCode } from '../errors.js'
import type { FrameSession } from '../journal/records.js'
import type { JournalState } from '../journal/state.js'
import { journaledReceipt, type Receipt, receiptOf, spilledReceipt } from '../streaming/receipt.js'
import { megabytes, type Row, table } from './table.js'

/**
 * A receipt for people: what was stored, what was not and why. `--json` has each chunk.
 * @param file the recording, where it is known, and its frames, read or not
 */
export function receiptText(receipt: Receipt, file?: { name: string; frames: number }): string {
  const { dataId, streamName, chunkSize, chunks, skipped, refused, totals, losses, range, finalized, kept } =
    receipt
  const lost = Object.entries(losses).filter(([, frames]) => frames > 0)
  const frames = file?.frames ?? totals.frames
  const notRead = frames - totals.frames
  const proven = chunks.filter(({ proof }) => proof === 'md5').length
  const rows: Row[] = [
    ['File', file?.name],
    ['Stream', `${dataId}  "${streamName}"${finalized ? '' : '  (the service does not know that it ended)'}`],
    ['Frames', `${totals.framesStored} of ${frames} stored, in ${totals.stored} chunks of ${chunkSize}`],
    ['', notRead > 0 && `${notRead} were not read`],
    ['Lost', lost.length > 0 && lost.map(([where, frames]) => `${frames} (${where})`).join(', ')],
    ['Size', totals.bytes > 0 && sizes(totals)],
    ['Scaled', range !== undefined && `by ${scaled(range)}; ${totals.clampedPixels} pixels clamped`],
    ['Proof', totals.stored > 0 && `MD5 of ${proven} of ${totals.stored} chunks answered by the service`],
    ['Skipped', skipped.length > 0 && `chunks ${skipped.join(', ')} were never pushed`],
    ...chunks
      .filter(({ state }) => state !== 'stored')
      .map(
        ({ index, frames, state, tries, error }): Row => [
          `Chunk ${index}`,
          `${state}, ${frames} frames, ${tries} tries${error ? `: ${error.code}: ${error.message}` : ''}`,
        ],
      ),
    ...refused.map(({ index, error }): Row => [`Chunk ${index}`, `refused: ${error.message}`]),
    ['Kept', kept],
  ]
  return table(rows)
}

function sizes({ rawBytes, bytes }: Receipt['totals']): string {
  return `${megabytes(rawBytes)} of pixels as ${megabytes(bytes)}, ${(rawBytes / bytes).toFixed(2)} x smaller`
}

function scaled(range: NonNullable<Receipt['range']>): string {
  return range === 'max' ? "each frame's own maximum" : `${range.lo}:${range.hi}`
}

/** The receipt of a stream that was left, as its journal tells it. */
export function leftReceipt(session: FrameSession, { chunks, spills, range }: JournalState): Receipt {
  const { dataId, streamName, fps, chunkSize, scale } = session
  const stated = typeof scale === 'object' ? scale : range
  const packed = [...chunks.values()].filter(({ entry }) => !spills.has(entry.index))
  return receiptOf(
    { dataId, streamName, fps, chunkSize, range: stated, finalized: false },
    [...packed.map(journaledReceipt), ...[...spills.values()].map(spilledReceipt)],
    [],
  )
}

/** The receipt of a stream that ended, or was left, without all that was wanted of it. */
export function receiptIn(error: unknown): unknown {
  const tells =
    hasCode(error, 'upload/incomplete') ||
    hasCode(error, 'upload/undrained') ||
    hasCode(error, 'journal/not-kept')
  return tells ? error.details.receipt : undefined
}
