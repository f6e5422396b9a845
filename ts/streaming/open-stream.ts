import { FramewireError } from '../errors.js'
import type { JournalPlace, StreamJournal } from '../journal/place.js'
import { unstoredChunks } from '../journal/state.js'
import type { PackingPool } from '../packing/pool.js'
import type { SealingLine } from '../sealing/line.js'
import type { IngestApi } from '../upload/api.js'
import { type CaptureTimes, sendCaptureTimes } from '../upload/capture-times.js'
import { endRheedStream } from '../upload/rheed-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { drained } from './drain.js'
import { FrameStream } from './frame-stream.js'
import type { AttachOptions, Recording } from './live-options.js'
import { LiveRecording } from './live-recording.js'
import type { LiveSource } from './live-source.js'
import type { Logger } from './log.js'
import { checkedOption } from './options.js'
import { putAway } from './put-away.js'
import type { ChunkReceipt, Receipt } from './receipt.js'
import type { Resumed } from './rheed-options.js'
import { frameSession, type StreamDeclaration } from './session.js'
import { ShardUploads } from './shard-uploads.js'
import { incomplete, undrained } from './stream-errors.js'

/** What an open stream is made with. */
export interface OpenStreamParts {
  api: IngestApi
  log: Logger
  journal: StreamJournal
  /** Whether the journal outlives the process. */
  durable: boolean
  pool: PackingPool
  line: SealingLine
  /** What is known of the service's clock. */
  clock(): ClockOffset | undefined
  budget: MemoryBudget
  spills: MemoryBudget
  maxUploads: number
  /** Told of every change of a chunk. */
  onChange(chunk: ChunkReceipt): void
  releaseClock(): void
}

/** A frame stream with the stages behind it, from `initialize` or `resume` to its end. */
export class OpenStream {
  readonly stream: FrameStream
  readonly #parts: OpenStreamParts
  readonly #uploads: ShardUploads
  #recording: Promise<LiveRecording> | undefined
  /** Capture times on their way. */
  readonly #telling = new Set<Promise<void>>()
  #finalizing: Promise<Receipt> | undefined

  constructor(declaration: StreamDeclaration, parts: OpenStreamParts) {
    const { api, log, journal, durable, line, budget, spills, maxUploads, onChange } = parts
    this.#parts = parts
    this.#uploads = new ShardUploads(api, { declaration, journal, maxUploads, log })
    this.stream = new FrameStream(declaration, {
      line,
      journal,
      durable,
      budget,
      spills,
      request: (chunk, capture) => this.#uploads.request(chunk, capture),
      store: (chunk, request) => this.#uploads.store(chunk, request),
      onChange,
      wall: () => api.clock.wall(),
    })
  }

  /** The answer of `finalize`, once that was called. */
  get finalizing(): Promise<Receipt> | undefined {
    return this.#finalizing
  }

  /**
   * Go on with what the journal says of the stream. `held`: the chunks that the server says it holds, index to SHA-256
   * of the shard; `undefined` where it cannot tell.
   */
  async restore(held: ReadonlyMap<number, string> | undefined): Promise<Resumed> {
    const { journal, log } = this.#parts
    const { state } = journal
    for (const { entry } of unstoredChunks(state)) {
      const isHeld = held?.get(entry.index) === entry.sha256
      if (isHeld) await journal.append({ type: 'stored', item: entry.index, proof: 'md5' })
    }
    const { dataId } = this.stream.declaration
    const indexes = [...new Set([...state.chunks.keys(), ...state.spills.keys()])].sort((a, b) => a - b)
    const pending = indexes.filter((index) => state.spills.has(index) || !state.chunks.get(index)!.stored)
    this.stream.restore(state)
    log.info(`stream ${dataId} resumed: ${pending.length} of ${indexes.length} chunks are to be stored`)
    return {
      dataId,
      chunks: indexes.length,
      pending: pending.length,
      indexes,
      settled: this.stream.settled(),
      finalizeAsked: state.finalizeAskedAtMs !== undefined,
      origin: state.session.origin,
    }
  }

  /** Take the frames of a camera, until it is stopped or the stream ends. Throws as {@link LiveRecording.begin}. */
  attach(source: LiveSource, options: AttachOptions): Promise<Recording> {
    const free = this.#recording === undefined
    checkedOption('camera', source.label, free, 'one at a time: stop the one that is attached to this stream')
    const detach = () => {
      this.#recording = undefined
    }
    const onStored = (times: CaptureTimes) => this.#tellTimes(times)
    const wall = () => this.#parts.api.clock.wall()
    const parts = { ...this.#parts, stream: this.stream, wall, onEnd: detach, onStored }
    const recording = LiveRecording.begin(source, options, parts)
    this.#recording = recording
    recording.catch(detach)
    return recording
  }

  /**
   * Wait until every chunk is stored or given up, end the stream at the service, answer the receipt; a second call
   * answers the same. With a journal on disk, a stream that is not drained is not ended, but left in its journal.
   * Throws `upload/undrained`, `upload/incomplete`, `journal/not-kept`.
   */
  finalize(drainTimeoutMs: number, signal?: AbortSignal): Promise<Receipt> {
    this.#finalizing ??= this.#finalize(drainTimeoutMs, signal)
    return this.#finalizing
  }

  /** Stop; what was accepted is journaled, and can be resumed from there. */
  async leave(): Promise<void> {
    const { line, journal, releaseClock } = this.#parts
    await this.#stopRecording()
    this.stream.leave(this.#uploads.stop())
    await this.stream.packagedAll()
    await this.stream.settled()
    await line.close()
    releaseClock()
    await journal.close()
  }

  async #finalize(drainTimeoutMs: number, signal?: AbortSignal): Promise<Receipt> {
    const { api, log, journal, durable, line, releaseClock } = this.#parts
    const { stream } = this
    const { dataId } = stream.declaration
    // A journal that takes no note of it says later that the end was not asked for, and it is asked for once more.
    await journal.append({ type: 'finalize' }).catch(() => undefined)
    const { clock } = api
    const limits = { clock, timeoutMs: drainTimeoutMs, signal }
    if (!(await drained(this.#stopRecording(), limits)))
      await this.#recording?.then((recording) => recording.cut()).catch(() => undefined)
    const isDrained = await drained(stream.settled(), limits)
    const pending = stream.receipt().chunks.filter(({ state }) => state !== 'stored' && state !== 'failed')
    const isLate = !isDrained && pending.length > 0
    if (isLate && durable) {
      await this.leave()
      throw undrained(dataId, pending, stream.receipt(), durable)
    }
    this.#uploads.stop()
    let endFailure: Error | undefined
    try {
      await endRheedStream(api, dataId)
      stream.finalized = true
    } catch (error) {
      endFailure = error as Error
    }
    await line.close()
    await stream.settled()
    await Promise.all(this.#telling)
    releaseClock()
    const receipt = stream.receipt()
    const { totals, chunks, refused, finalized } = receipt
    log.info(`stream ${dataId}: ${totals.framesStored} of ${totals.frames} frames stored`, totals)
    const missing = chunks.filter(({ state }) => state !== 'stored')
    if (finalized) await journal.append({ type: 'finalized' }).catch(() => undefined)
    const isWhole = finalized && missing.length === 0
    if (isWhole && stream.declaration.keep) receipt.kept = await this.#kept(receipt)
    else await putAway(journal, { isWhole, durable, log })
    if (isLate) throw undrained(dataId, pending, receipt, durable)
    if (missing.length > 0 || refused.length > 0 || endFailure)
      throw incomplete(dataId, missing, receipt, endFailure)
    return receipt
  }

  /** Tell when frames were captured, to a server that is known to be framewire's own. */
  #tellTimes(times: CaptureTimes): void {
    const { api, log } = this.#parts
    if (!api.ours) return
    const { dataId } = this.stream.declaration
    const told = sendCaptureTimes(api, dataId, times).catch((error: Error) =>
      log.warn(`stream ${dataId}: chunk ${times.index}: its capture times are not stored: ${error.message}`),
    )
    this.#telling.add(told)
    told.finally(() => this.#telling.delete(told))
  }

  /** Stop the camera, if one is attached; what becomes of that it tells itself. */
  async #stopRecording(): Promise<void> {
    await this.#recording?.then((recording) => recording.stop()).catch(() => undefined)
  }

  /** Make a local store of the journal; answers where it lies. */
  async #kept(receipt: Receipt): Promise<string> {
    const { dataId } = receipt
    try {
      return await this.#parts.journal.keep()
    } catch (cause) {
      throw new FramewireError(
        'journal/not-kept',
        `Stream ${dataId} is stored whole, but its journal could not be kept as a local store: ${(cause as Error).message} The journal stays: resume the stream to try again.`,
        { dataId, receipt },
        { cause },
      )
    }
  }
}

/** Begin the journal of a stream that was just created; where that fails, the stream is ended again. */
export async function beginJournal(
  journals: JournalPlace,
  api: IngestApi,
  declaration: StreamDeclaration,
): Promise<StreamJournal> {
  try {
    return await journals.create(frameSession(declaration, api.root, api.clock.wall()))
  } catch (error) {
    await endRheedStream(api, declaration.dataId).catch(() => undefined)
    throw error
  }
}
