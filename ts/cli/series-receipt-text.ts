import type { SeriesReceipt } from '../streaming/series-receipt.js'
import { type Row, table } from './table.js'

/** The receipt of a stream of channels for people; `--json` has each chunk. */
export function seriesReceiptText(receipt: SeriesReceipt): string {
  const { dataId, channels, chunks, totals, finalized } = receipt
  const named = channels.map(({ name, points, units }) => `${name} (${points}${units ? `, ${units}` : ''})`)
  const rows: Row[] = [
    ['Stream', `${dataId}${finalized ? '' : '  (the service does not know that it ended)'}`],
    ['Points', `${totals.pointsStored} of ${totals.points} stored, in ${totals.stored} chunks`],
    ['Channels', named.length > 0 && named.join(', ')],
    ...chunks
      .filter(({ state }) => state !== 'stored')
      .map(
        ({ index, channels, points, state, tries, error }): Row => [
          `Chunk ${index}`,
          `${state}, ${points} points of ${channels.join(', ')}, ${tries} tries${error ? `: ${error.code}: ${error.message}` : ''}`,
        ],
      ),
  ]
  return table(rows)
}
