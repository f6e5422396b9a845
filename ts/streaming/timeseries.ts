import { type ApiKey, IngestApi } from '../upload/api.js'
import { aborted, type HttpTransport } from '../upload/http.js'
import { openStream } from '../upload/opening.js'
import { endSeriesStream, SERIES_PATHS, seriesDataId, seriesStreamBody } from '../upload/series-requests.js'
import { CLOCK_WAIT_MS, clockSyncSkipped, ServerClock } from '../upload/server-clock.js'
import { MemoryBudget } from './budget.js'
import { abortable } from './iterate.js'
import { type Logger, type LogOptions, streamLog } from './log.js'
import {
  checkedIndex,
  checkedInteger,
  checkedLinks,
  checkedMs,
  checkedOption,
  checkedText,
  type LinkOptions,
} from './options.js'
import { type CheckedPoints, checkedPoints, type SeriesChannel } from './series-points.js'
import type { SeriesChunkReceipt, SeriesReceipt } from './series-receipt.js'
import { type SeriesHandle, SeriesStream } from './series-stream.js'
import { closed, finalized, unknownId } from './stream-errors.js'

/** Options of a {@link TimeseriesStreamer}. */
export interface TimeseriesStreamerOptions extends LogOptions {
  /** The key, or a function that is asked for it, and again whenever the service refuses its answer. */
  apiKey: ApiKey
  /** Root of the API. Default: `AS_API_ENDPOINT` of the environment, else the production service. */
  endpoint?: string
  /** Points that a chunk is expected to hold; the service places chunks by it. Default 100. */
  pointsPerChunk?: number
  /** Requests in flight. Default 8; chunks of one channel go one at a time in any case. */
  maxUploads?: number
  /** Bytes of chunks that wait to be stored, at most. Default 64 MiB. */
  memoryBudgetBytes?: number
  /** Correct time stamps by the service's clock. Default true, unless `ATOMSCALE_SKIP_CLOCK_SYNC=1`. */
  clockSync?: boolean
  /** How long creating, linking and ending a stream are tried, in ms. Default 30,000. */
  retryMs?: number
  /** The seam to the network. Default: `fetch`. */
  transport?: HttpTransport
}

/** What `TimeseriesStreamer.initialize` declares of a stream. */
export interface TimeseriesStreamOptions extends LinkOptions {
  streamName?: string
  /** Id of the growth instrument; it must belong to the key's organization. */
  synthSourceId?: number
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

interface OpenSeries {
  stream: SeriesStream
  releaseClock(): void
  /** The caller was told that its time stamps look like milliseconds. */
  warned: boolean
  finalizing?: Promise<SeriesReceipt>
}

const DRAIN_TIMEOUT_MS = 600_000
const MEMORY_BUDGET_BYTES = 64 * 2 ** 20
/** The year 5138 in seconds; March 1973 in milliseconds. */
const LIKELY_MILLISECONDS = 1e11

/**
 * Streams scalar instrument data (temperature, pressure, growth rate ...) to an ingest service.
 *
 * Events: `progress` (a `CustomEvent` with {@link SeriesProgress} as its detail).
 *
 * ```ts
 * const streamer = new TimeseriesStreamer({ apiKey })
 * const dataId = await streamer.initialize({ streamName: 'temperature log', physicalSample: 'GaN-001' })
 * streamer.push(dataId, { chunkIndex: 0, channelName: 'temperature', timestamps, values, units: 'C' })
 * const receipt = await streamer.finalize(dataId)
 * await streamer.close()
 * ```
 */
export class TimeseriesStreamer extends EventTarget {
  readonly #api: IngestApi
  readonly #log: Logger
  readonly #clock: ServerClock | undefined
  readonly #budget: MemoryBudget
  readonly #pointsPerChunk: number
  readonly #maxUploads: number
  readonly #streams = new Map<string, OpenSeries>()
  #closing: Promise<void> | undefined

  /** Throws `stream/option`. */
  constructor(options: TimeseriesStreamerOptions) {
    super()
    const { pointsPerChunk = 100, maxUploads = 8, memoryBudgetBytes = MEMORY_BUDGET_BYTES, retryMs } = options
    const { apiKey, endpoint, transport, clockSync = !clockSyncSkipped() } = options
    this.#log = streamLog(options)
    this.#pointsPerChunk = checkedInteger('pointsPerChunk', pointsPerChunk, 1)
    this.#maxUploads = checkedInteger('maxUploads', maxUploads, 1)
    this.#budget = new MemoryBudget(checkedInteger('memoryBudgetBytes', memoryBudgetBytes, 1))
    this.#api = new IngestApi({
      apiKey,
      endpoint,
      transport,
      retryMs: retryMs === undefined ? undefined : checkedMs('retryMs', retryMs),
      onRetry: (error, waitMs) =>
        this.#log.warn(`${error.message}; trying again in ${Math.round(waitMs)} ms`),
    })
    this.#clock = clockSync ? ServerClock.of(this.#api) : undefined
  }

  /**
   * Create a stream at the service and answer its data id. Sample and tags are looked up or created first.
   * Throws `stream/option`, `link/not-found`, `link/failed` (the stream was ended), `upload/unreachable`,
   * `upload/unauthorized`, `upload/rejected`, `upload/answer`, `stream/aborted`.
   */
  async initialize(options: TimeseriesStreamOptions = {}): Promise<string> {
    this.#alive()
    const { streamName, synthSourceId, signal } = options
    const links = checkedLinks(options)
    checkedText('streamName', streamName)
    if (synthSourceId !== undefined) checkedInteger('synthSourceId', synthSourceId, 0)
    const releaseClock = this.#clock?.use() ?? (() => undefined)
    const api = this.#api
    try {
      const { projectId } = links
      const dataId = await openStream(api, {
        links,
        path: SERIES_PATHS.initialize,
        body: seriesStreamBody({
          streamName,
          synthSourceId,
          pointsPerChunk: this.#pointsPerChunk,
          projectId,
        }),
        dataId: (text) => seriesDataId(api, text),
        end: (id) => endSeriesStream(api, id),
        signal,
      })
      await this.#clock?.settled(CLOCK_WAIT_MS)
      const stream = new SeriesStream(dataId, {
        api,
        budget: this.#budget,
        maxUploads: this.#maxUploads,
        log: this.#log,
        clock: () => this.#clock?.offset,
        onChange: (chunk) => this.#report(dataId, chunk),
      })
      this.#streams.set(dataId, { stream, releaseClock, warned: false })
      this.#log.info(`scalar stream ${dataId} created`, { streamName })
      return dataId
    } catch (error) {
      releaseClock()
      throw error
    }
  }

  /**
   * Take one chunk of one channel and return at once. The lists are copied. A channel's chunks go out in order of
   * index. The same index again with the same points changes nothing.
   *
   * Throws, with nothing taken: `stream/unknown-id`, `stream/finalized`, `stream/chunk-index`, `stream/chunk-reused`,
   * `series/points`, `stream/option`, `stream/memory-budget`.
   */
  push(dataId: string, chunk: SeriesPush): SeriesHandle {
    const open = this.#open(dataId)
    const index = checkedIndex(chunk.chunkIndex)
    const name = checkedName(chunk.channelName)
    return this.#take(open, index, new Map([[name, checkedPoints(chunk)]]), false)
  }

  /** Take one chunk of several channels, in one request. No channel at all is no request. Throws as `push` does. */
  pushMulti(dataId: string, { chunkIndex, channels }: SeriesMultiPush): SeriesHandle {
    const open = this.#open(dataId)
    const index = checkedIndex(chunkIndex)
    const expected = 'an object of channels by name'
    checkedOption('channels', channels, typeof channels === 'object' && channels !== null, expected)
    const checked = new Map<string, CheckedPoints>()
    for (const [channel, points] of Object.entries(channels)) {
      checked.set(checkedName(channel), checkedPoints(points, { channel }))
    }
    return this.#take(open, index, checked, true)
  }

  /**
   * Stream the chunks of an iterable as one channel, indexes from 0, and wait until all are stored or given up. The
   * next item is asked for while the last ones are on their way; it waits where memory is used up.
   *
   * Throws as `push` does (chunks before the refused one stay taken), the error of a chunk that was given up,
   * `stream/aborted`, and what the iterable throws.
   */
  async run(dataId: string, { channelName, data, units, signal }: SeriesRun): Promise<void> {
    this.#open(dataId)
    const name = checkedName(channelName)
    const pending = new Set<Promise<void>>()
    let failure: Error | undefined
    let chunk = 0
    for await (const item of abortable(data, 'run', signal)) {
      const points = checkedPoints(pairOf(item, chunk, units), { chunk })
      const channels = new Map([[name, points]])
      const bytes = SeriesStream.bytes(channels)
      await this.#budget.waitAndHold(bytes, signal)
      const { stored } = this.#send(dataId, chunk, channels, bytes)
      pending.add(stored)
      const settled = () => pending.delete(stored)
      stored.then(settled, (error: Error) => {
        failure ??= error
        settled()
      })
      chunk++
    }
    await settledAll(pending, signal)
    if (failure) throw failure
  }

  /**
   * Wait until every chunk is stored or given up, end the stream at the service, answer the receipt. A second call
   * answers the same. What is not stored when the time-out passes or the signal fires is given up.
   * Throws `upload/incomplete` (chunks were given up, or the end could not be told) and `upload/undrained`, each with
   * the receipt in `details.receipt`; `stream/unknown-id`, `stream/option`.
   */
  async finalize(dataId: string, options: SeriesFinalizeOptions = {}): Promise<SeriesReceipt> {
    const open = this.#streams.get(dataId)
    if (!open) throw unknownId(dataId)
    const drainTimeoutMs = checkedMs('drainTimeoutMs', options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS)
    open.finalizing ??= open.stream.finalize(drainTimeoutMs, options.signal).finally(open.releaseClock)
    const receipt = await open.finalizing
    this.#log.info(`scalar stream ${dataId} is complete`, receipt.totals)
    return receipt
  }

  /** End open streams as `finalize` does; what fails goes to the log. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      const ends = [...this.#streams].map(async ([dataId, { finalizing }]) => {
        // What finalize has told its caller is not told again.
        if (finalizing) await finalizing.catch(() => undefined)
        else
          await this.finalize(dataId).catch((error: Error) =>
            this.#log.error(`closing: ${error.message}`, error),
          )
      })
      await Promise.all(ends)
    })()
    return this.#closing
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(
    open: OpenSeries,
    index: number,
    channels: ReadonlyMap<string, CheckedPoints>,
    multi: boolean,
  ): SeriesHandle {
    const bytes = SeriesStream.bytes(channels)
    this.#budget.hold(bytes)
    this.#warnOfMilliseconds(open, channels)
    return open.stream.push(index, channels, multi, bytes)
  }

  /** A chunk of `run`, which holds its bytes already; the stream may have been finalized while it waited for them. */
  #send(
    dataId: string,
    index: number,
    channels: ReadonlyMap<string, CheckedPoints>,
    bytes: number,
  ): SeriesHandle {
    let open: OpenSeries
    try {
      open = this.#open(dataId)
    } catch (error) {
      this.#budget.release(bytes)
      throw error
    }
    this.#warnOfMilliseconds(open, channels)
    return open.stream.push(index, channels, false, bytes)
  }

  #warnOfMilliseconds(open: OpenSeries, channels: ReadonlyMap<string, CheckedPoints>): void {
    if (open.warned) return
    for (const [name, { timestamps }] of channels) {
      if (!timestamps.some((seconds) => seconds > LIKELY_MILLISECONDS)) continue
      open.warned = true
      this.#log.warn(
        `time stamps of channel '${name}' look like milliseconds; they are seconds since the Unix epoch`,
      )
    }
  }

  #report(dataId: string, chunk: SeriesChunkReceipt): void {
    const detail: SeriesProgress = { dataId, ...chunk }
    this.dispatchEvent(new CustomEvent('progress', { detail }))
  }

  #open(dataId: string): OpenSeries {
    this.#alive()
    const open = this.#streams.get(dataId)
    if (!open) throw unknownId(dataId)
    if (open.finalizing) throw finalized(dataId)
    return open
  }

  #alive(): void {
    if (this.#closing) throw closed()
  }
}

function checkedName(name: string): string {
  return checkedOption(
    'channelName',
    name,
    typeof name === 'string' && name.trim() !== '',
    'a string that is not blank',
  )
}

function pairOf(item: SeriesRunItem, chunk: number, units: string | undefined): SeriesChannel {
  const pair = Array.isArray(item) && item.length === 2
  checkedOption('data', item, pair, `an iterable of [timestamps, values] (item ${chunk} is not such a pair)`)
  return { timestamps: item[0], values: item[1], units }
}

/** Wait for all, whatever becomes of each; throws `stream/aborted`. */
async function settledAll(pending: ReadonlySet<Promise<void>>, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(aborted('run', signal))
    const onAbort = () => reject(aborted('run', signal))
    signal?.addEventListener('abort', onAbort, { once: true })
    Promise.allSettled(pending).then(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
