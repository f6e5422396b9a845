import type { PointsItem } from '../journal/state.js'
import type { Losses } from './receipt.js'

/**
 * How far a chunk of a scalar stream came. `queued`: accepted, in memory; `journaled`: kept by the journal, on disk where
 * the streamer has one there; `stored`: the service has acknowledged it; `failed`: given up.
 */
export type SeriesChunkState = 'queued' | 'journaled' | 'stored' | 'failed'

/** One chunk of a scalar stream and what became of it. Times are Unix milliseconds of this machine's clock. */
export interface SeriesChunkReceipt {
  index: number
  /** The channels that it carries. */
  channels: readonly string[]
  points: number
  state: SeriesChunkState
  journaledAtMs?: number
  storedAtMs?: number
  /** Requests so far, also those before it was resumed. */
  tries: number
  /** Why it was given up. */
  error?: { code: string; message: string }
}

/** What a channel of a scalar stream received. */
export interface SeriesChannelReceipt {
  name: string
  /** As given last. */
  units?: string
  chunks: number
  points: number
  /** Runs of indexes below the highest one that were never pushed. */
  skipped: { from: number; to: number }[]
}

/** What `TimeseriesStreamer.finalize` answers. */
export interface SeriesReceipt {
  dataId: string
  /** In order of their first push. */
  channels: SeriesChannelReceipt[]
  /** In order of push. */
  chunks: SeriesChunkReceipt[]
  totals: { chunks: number; stored: number; points: number; pointsStored: number }
  /** Points lost: `app`, before a journal had them; `upload`, after. What waits in a journal on disk is not lost. */
  losses: Losses
  /** Whether the service was told that the stream is complete. */
  finalized: boolean
}

/** What is known of a channel while its stream is open. */
export interface ChannelRecord {
  name: string
  units?: string
  points: number
  /** Indexes that were pushed. */
  indexes: Iterable<number>
}

/** Put the receipt together from what is known of a stream. */
export function seriesReceipt(
  dataId: string,
  finalized: boolean,
  channels: readonly ChannelRecord[],
  known: readonly SeriesChunkReceipt[],
): SeriesReceipt {
  const chunks = known.map((chunk) => ({ ...chunk }))
  const stored = chunks.filter(({ state }) => state === 'stored')
  const failed = chunks.filter(({ state }) => state === 'failed')
  return {
    dataId,
    channels: channels.map(({ name, units, points, indexes }) => {
      const sorted = [...indexes].sort((a, b) => a - b)
      return {
        name,
        ...(units !== undefined && { units }),
        chunks: sorted.length,
        points,
        skipped: gaps(sorted),
      }
    }),
    chunks,
    totals: {
      chunks: chunks.length,
      stored: stored.length,
      points: pointsOf(chunks),
      pointsStored: pointsOf(stored),
    },
    losses: {
      camera: 0,
      wire: 0,
      kernel: 0,
      app: pointsOf(failed.filter(({ journaledAtMs }) => journaledAtMs === undefined)),
      upload: pointsOf(failed.filter(({ journaledAtMs }) => journaledAtMs !== undefined)),
    },
    finalized,
  }
}

/** What a journal says of points, as the receipt tells it. */
export function journaledPoints({ entry, journaledAtMs, stored, tries }: PointsItem): SeriesChunkReceipt {
  return {
    index: entry.index,
    channels: entry.channels.map(({ name }) => name),
    points: entry.channels.reduce((total, { points }) => total + points, 0),
    state: stored ? 'stored' : 'journaled',
    journaledAtMs,
    ...(stored && { storedAtMs: stored.atMs }),
    tries,
  }
}

function gaps(sorted: readonly number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  let next = 0
  for (const index of sorted) {
    if (index > next) found.push({ from: next, to: index - 1 })
    next = index + 1
  }
  return found
}

function pointsOf(chunks: readonly SeriesChunkReceipt[]): number {
  return chunks.reduce((total, { points }) => total + points, 0)
}
