/** One chunk of a scalar stream and what became of it. */
export interface SeriesChunkReceipt {
  index: number
  /** The channels that it carries. */
  channels: readonly string[]
  points: number
  /** `queued`: accepted, in memory; `stored`: the service has acknowledged it; `failed`: given up. */
  state: 'queued' | 'stored' | 'failed'
  /** Requests so far. */
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
    finalized,
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
