import type { JournalPlace } from '../journal/place.js'
import type { Json } from '../journal/records.js'
import type { ApiKey } from '../upload/api.js'
import type { HttpTransport } from '../upload/http.js'
import type { LogOptions } from './log.js'
import { checkedOption, type LinkOptions } from './options.js'
import type { SeriesChannel } from './series-points.js'
import type { SeriesChunkReceipt } from './series-receipt.js'

/** Options of a `TimeseriesStreamer`. */
export interface TimeseriesStreamerOptions extends LogOptions {
  /** The key, or a function that is asked for it, and again whenever the service refuses its answer. */
  apiKey: ApiKey
  /** Root of the API. Default: `AS_API_ENDPOINT` of the environment, else the production service. */
  endpoint?: string
  /** Points that a chunk is expected to hold; the service places chunks by it. Default 100. */
  pointsPerChunk?: number
  /** Requests in flight. Default 8; chunks of one channel go one at a time in any case. */
  maxUploads?: number
  /**
   * Bytes of chunks that wait, at most: to be stored, or, pushed to a streamer with a journal on disk, to be journaled.
   * Default 64 MiB.
   */
  memoryBudgetBytes?: number
  /** Correct time stamps by the service's clock. Default true, unless `ATOMSCALE_SKIP_CLOCK_SYNC=1`. */
  clockSync?: boolean
  /** How long creating, linking and ending a stream are tried, in ms. Default 30,000. */
  retryMs?: number
  /** The seam to the network. Default: `fetch`. */
  transport?: HttpTransport
  /**
   * Where chunks wait until they are stored. Default: memory, gone with the process. On Node `journalFolder(path)`: then
   * what is journaled survives a crash or a power cut, and `resume` goes on with it.
   */
  journal?: JournalPlace
}

/** What `TimeseriesStreamer.initialize` declares of a stream. */
export interface TimeseriesStreamOptions extends LinkOptions {
  streamName?: string
  /** Id of the growth instrument; it must belong to the key's organization. */
  synthSourceId?: number
  /** What you want to know when the stream is resumed, such as where its points come from. */
  origin?: Json
  signal?: AbortSignal
}

/** One chunk of one channel. */
export interface SeriesPush extends SeriesChannel {
  /** From 0, for each channel. */
  chunkIndex: number
  channelName: string
}

/** One chunk of several channels. */
export interface SeriesMultiPush {
  chunkIndex: number
  /** By channel name. */
  channels: Readonly<Record<string, SeriesChannel>>
}

/** A channel's chunks, one after the other. */
export interface SeriesRun {
  channelName: string
  data: Iterable<SeriesRunItem> | AsyncIterable<SeriesRunItem>
  units?: string
  signal?: AbortSignal
}

/** Time stamps (seconds since the Unix epoch) and values of one chunk. */
export type SeriesRunItem = readonly [timestamps: ArrayLike<number>, values: ArrayLike<number>]

/** Options of `TimeseriesStreamer.finalize`. */
export interface SeriesFinalizeOptions {
  /** How long chunks may still be sent, in ms. Default 600,000. */
  drainTimeoutMs?: number
  /** Ends the waiting, as the time-out does. */
  signal?: AbortSignal
}

/** Detail of the event `progress`: a chunk as it stands, at each change of its state. */
export interface SeriesProgress extends SeriesChunkReceipt {
  dataId: string
}

/** A channel's name. Throws `stream/option`. */
export function checkedName(name: string): string {
  return checkedOption(
    'channelName',
    name,
    typeof name === 'string' && name.trim() !== '',
    'a string that is not blank',
  )
}

/** The points of an item of `run`. Throws `stream/option`. */
export function channelOf(item: SeriesRunItem, chunk: number, units: string | undefined): SeriesChannel {
  const pair = Array.isArray(item) && item.length === 2
  checkedOption('data', item, pair, `an iterable of [timestamps, values] (item ${chunk} is not such a pair)`)
  return { timestamps: item[0], values: item[1], units }
}
