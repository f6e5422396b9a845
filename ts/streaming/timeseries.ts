import { MemoryPlace } from '../journal/memory-place.js'
import type { JournalPlace, StreamJournal } from '../journal/place.js'
import { IngestApi } from '../upload/api.js'
import { aborted } from '../upload/http.js'
import { openStream } from '../upload/opening.js'
import { endSeriesStream, SERIES_PATHS, seriesDataId, seriesStreamBody } from '../upload/series-requests.js'
import { CLOCK_WAIT_MS, clockSyncSkipped, ServerClock } from '../upload/server-clock.js'
import { MemoryBudget } from './budget.js'
import { closeStreams } from './closing.js'
import { abortable } from './iterate.js'
import { type Logger, streamLog } from './log.js'
import {
  checkedIndex,
  checkedInteger,
  checkedLinks,
  checkedMs,
  checkedOption,
  checkedText,
} from './options.js'
import type { Resumed } from './rheed-options.js'
import { OpenSeries } from './series-open.js'
import {
  channelOf,
  checkedName,
  type SeriesFinalizeOptions,
  type SeriesMultiPush,
  type SeriesProgress,
  type SeriesPush,
  type SeriesRun,
  type TimeseriesStreamerOptions,
  type TimeseriesStreamOptions,
} from './series-options.js'
import { type CheckedPoints, checkedPoints } from './series-points.js'
import type { SeriesChunkReceipt, SeriesReceipt } from './series-receipt.js'
import { type SeriesHandle, SeriesStream } from './series-stream.js'
import { nameOf } from './series-uploads.js'
import { checkedOrigin, checkedSession, type SeriesDeclaration, seriesSession } from './session.js'
import { closed, finalized, unknownId } from './stream-errors.js'

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
  readonly #journals: JournalPlace
  readonly #streams = new Map<string, OpenSeries>()
  /** Streams whose caller was told that the time stamps look like milliseconds. */
  readonly #warned = new WeakSet<OpenSeries>()
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
    this.#journals = options.journal ?? new MemoryPlace(() => this.#api.clock.wall())
  }

  /**
   * Create a stream at the service and answer its data id. Sample and tags are looked up or created first.
   * Throws `stream/option`, `link/not-found`, `link/failed` (the stream was ended), `upload/unreachable`,
   * `upload/unauthorized`, `upload/rejected`, `upload/answer`, `stream/aborted`, and `journal/...` where the journal cannot
   * be begun (the stream was ended).
   */
  async initialize(options: TimeseriesStreamOptions = {}): Promise<string> {
    this.#alive()
    const { streamName, synthSourceId, signal } = options
    const origin = checkedOrigin(options.origin)
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
      const journal = await this.#begin({ dataId, streamName, origin })
      this.#register(dataId, journal, releaseClock)
      this.#log.info(`scalar stream ${dataId} created`, { streamName })
      return dataId
    } catch (error) {
      releaseClock()
      throw error
    }
  }

  /**
   * Go on with a stream that the journal has and that was not finished: after a crash, a power cut, a cut network. Points
   * that are not known to be stored are sent again as they were, which a service takes for a repetition. Chunks may be
   * pushed, and `finalize` is due as ever.
   *
   * Throws `journal/missing`, `journal/locked`, `journal/unbegun`, `journal/damaged`, `journal/version`, `stream/option`
   * (the stream was created at another endpoint, or is none of scalar channels), `stream/aborted`.
   */
  async resume(dataId: string, options: { signal?: AbortSignal } = {}): Promise<Resumed> {
    this.#alive()
    const { signal } = options
    const journal = await this.#journals.open(dataId)
    const releaseClock = this.#clock?.use() ?? (() => undefined)
    try {
      checkedSession(journal.state.session, 'series', this.#api.root)
      await this.#clock?.settled(CLOCK_WAIT_MS)
      if (signal?.aborted) throw aborted('resume', signal)
      return this.#register(dataId, journal, releaseClock).restore()
    } catch (error) {
      releaseClock()
      await journal.close()
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
   * next item is asked for while the last ones are on their way; it waits where memory is used up. On a stream that was
   * resumed, the same items again go on where the last run stopped.
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
      const points = checkedPoints(channelOf(item, chunk, units), { chunk })
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
   * answers the same. When the time-out passes or the signal fires, what is not stored is given up; with a journal on
   * disk it stays there, and the stream is not ended, but can be resumed.
   * Throws `upload/incomplete` (chunks were given up, or the end could not be told) and `upload/undrained`, each with
   * the receipt in `details.receipt`; `stream/unknown-id`, `stream/option`.
   */
  async finalize(dataId: string, options: SeriesFinalizeOptions = {}): Promise<SeriesReceipt> {
    const open = this.#streams.get(dataId)
    if (!open) throw unknownId(dataId)
    const drainTimeoutMs = checkedMs('drainTimeoutMs', options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS)
    const receipt = await open.finalize(drainTimeoutMs, options.signal)
    this.#log.info(`scalar stream ${dataId} is complete`, receipt.totals)
    return receipt
  }

  /**
   * End open streams as `finalize` does; what fails goes to the log. With a journal on disk they are left as they are, all
   * that was accepted journaled, to be resumed.
   */
  close(): Promise<void> {
    this.#closing ??= closeStreams(this.#streams, {
      durable: this.#journals.durable,
      finalize: (dataId) => this.finalize(dataId),
      log: this.#log,
    })
    return this.#closing
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Begin the journal of a new stream; one that cannot be kept is ended again. */
  async #begin(declaration: SeriesDeclaration): Promise<StreamJournal> {
    const { root, clock } = this.#api
    try {
      return await this.#journals.create(seriesSession(declaration, root, clock.wall()))
    } catch (error) {
      await endSeriesStream(this.#api, declaration.dataId).catch(() => undefined)
      throw error
    }
  }

  #register(dataId: string, journal: StreamJournal, releaseClock: () => void): OpenSeries {
    const open = new OpenSeries(dataId, {
      api: this.#api,
      log: this.#log,
      journal,
      durable: this.#journals.durable,
      budget: this.#budget,
      maxUploads: this.#maxUploads,
      clock: () => this.#clock?.offset,
      onChange: (chunk) => this.#report(dataId, chunk),
      releaseClock,
    })
    this.#streams.set(dataId, open)
    return open
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
    return open.stream.push(index, channels, { multi, bytes, waits: false })
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
    return open.stream.push(index, channels, { multi: false, bytes, waits: true })
  }

  #warnOfMilliseconds(open: OpenSeries, channels: ReadonlyMap<string, CheckedPoints>): void {
    if (this.#warned.has(open)) return
    for (const [name, { timestamps }] of channels) {
      if (!timestamps.some((seconds) => seconds > LIKELY_MILLISECONDS)) continue
      this.#warned.add(open)
      this.#log.warn(
        `time stamps of channel '${name}' look like milliseconds; they are seconds since the Unix epoch`,
      )
    }
  }

  #report(dataId: string, chunk: SeriesChunkReceipt): void {
    const { state, error } = chunk
    const said = `stream ${dataId}: ${nameOf(chunk)}`
    if (error) this.#log.error(`${said} is given up: ${error.message}`, chunk)
    else this.#log.debug(`${said} is ${state}`, chunk)
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
