import type { StreamJournal } from '../journal/place.js'
import type { IngestApi } from '../upload/api.js'
import { endSeriesStream } from '../upload/series-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { drained } from './drain.js'
import type { Logger } from './log.js'
import { putAway } from './put-away.js'
import type { Resumed } from './rheed-options.js'
import { incomplete, undrained } from './series-errors.js'
import type { SeriesChunkReceipt, SeriesReceipt } from './series-receipt.js'
import { SeriesStream } from './series-stream.js'
import { SeriesUploads } from './series-uploads.js'

/** What an open scalar stream is made with. */
export interface OpenSeriesParts {
  api: IngestApi
  log: Logger
  journal: StreamJournal
  /** Whether the journal outlives the process. */
  durable: boolean
  budget: MemoryBudget
  maxUploads: number
  /** The service's clock, once it is measured. */
  clock(): ClockOffset | undefined
  /** Told of every change of a chunk. */
  onChange(chunk: SeriesChunkReceipt): void
  releaseClock(): void
}

/** A scalar stream with the stages behind it, from `initialize` or `resume` to its end. */
export class OpenSeries {
  readonly stream: SeriesStream
  readonly #parts: OpenSeriesParts
  readonly #uploads: SeriesUploads
  #finalizing: Promise<SeriesReceipt> | undefined

  constructor(dataId: string, parts: OpenSeriesParts) {
    const { api, log, journal, durable, budget, maxUploads, clock, onChange } = parts
    this.#parts = parts
    this.#uploads = new SeriesUploads(api, { dataId, journal, maxUploads, log, onRetry: onChange })
    this.stream = new SeriesStream(dataId, {
      journal,
      durable,
      budget,
      store: (request) => this.#uploads.store(request),
      clock,
      onChange,
      wall: () => api.clock.wall(),
    })
  }

  /** The answer of `finalize`, once that was called. */
  get finalizing(): Promise<SeriesReceipt> | undefined {
    return this.#finalizing
  }

  /** Go on with what the journal says of the stream. */
  restore(): Resumed {
    const { dataId } = this.stream
    const { points, session, finalizeAskedAtMs } = this.#parts.journal.state
    const sent = this.stream.restore(points.values())
    const indexes = new Set([...points.values()].map(({ entry }) => entry.index))
    this.#parts.log.info(
      `scalar stream ${dataId} resumed: ${sent.length} of ${points.size} chunks are to be stored`,
    )
    return {
      dataId,
      chunks: points.size,
      pending: sent.length,
      indexes: [...indexes].sort((a, b) => a - b),
      settled: Promise.allSettled(sent).then(() => undefined),
      finalizeAsked: finalizeAskedAtMs !== undefined,
      origin: session.origin,
    }
  }

  /**
   * Wait until every chunk is stored or given up, end the stream at the service, answer the receipt; a second call
   * answers the same. With a journal on disk, a stream that is not drained is not ended, but left in its journal.
   * Throws `upload/undrained`, `upload/incomplete`.
   */
  finalize(drainTimeoutMs: number, signal?: AbortSignal): Promise<SeriesReceipt> {
    this.#finalizing ??= this.#finalize(drainTimeoutMs, signal)
    return this.#finalizing
  }

  /** Stop; what was accepted is journaled, and can be resumed from there. */
  async leave(): Promise<void> {
    const { journal, releaseClock } = this.#parts
    this.#uploads.stop()
    await this.stream.settled()
    releaseClock()
    await journal.close()
  }

  async #finalize(drainTimeoutMs: number, signal?: AbortSignal): Promise<SeriesReceipt> {
    const { api, log, journal, durable, releaseClock } = this.#parts
    const { stream } = this
    const { dataId } = stream
    // A journal that takes no note of it says later that the end was not asked for, and it is asked for once more.
    await journal.append({ type: 'finalize' }).catch(() => undefined)
    const { clock } = api
    const isDrained = await drained(stream.settled(), { clock, timeoutMs: drainTimeoutMs, signal })
    const late = stream.receipt().chunks.filter(({ state }) => state === 'queued' || state === 'journaled')
    const isLate = !isDrained && late.length > 0
    if (isLate && durable) {
      await this.leave()
      throw undrained(dataId, late, stream.receipt(), durable)
    }
    this.#uploads.stop()
    let endFailure: Error | undefined
    try {
      await endSeriesStream(api, dataId)
      stream.finalized = true
    } catch (error) {
      endFailure = error as Error
    }
    await stream.settled()
    const receipt = stream.receipt()
    const failed = receipt.chunks.filter(({ state }) => state === 'failed')
    releaseClock()
    if (stream.finalized) await journal.append({ type: 'finalized' }).catch(() => undefined)
    await putAway(journal, { isWhole: stream.finalized && failed.length === 0, durable, log })
    if (isLate) throw undrained(dataId, late, receipt, durable)
    if (failed.length > 0 || endFailure) throw incomplete(dataId, failed, receipt, endFailure)
    return receipt
  }
}
