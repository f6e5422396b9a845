import type { Threads } from '../core/thread.js'
import { type FrameRun, type Frames, frameRun } from '../frames/stack.js'
import { type OwnFrames, takeOver } from '../frames/transfer.js'
import { MemoryPlace } from '../journal/memory-place.js'
import type { JournalPlace, StreamJournal } from '../journal/place.js'
import { PackingPool } from '../packing/pool.js'
import { SealingLine } from '../sealing/line.js'
import { IngestApi } from '../upload/api.js'
import { sleep } from '../upload/clock.js'
import { chunkInventory } from '../upload/inventory.js'
import { openStream } from '../upload/opening.js'
import {
  defaultStreamName,
  endRheedStream,
  RHEED_STREAM_PATH,
  rheedDataId,
  rheedStreamBody,
} from '../upload/rheed-requests.js'
import { CLOCK_WAIT_MS, clockSyncSkipped, ServerClock } from '../upload/server-clock.js'
import { MemoryBudget } from './budget.js'
import type { ChunkHandle } from './chunk-handle.js'
import { closeStreams } from './closing.js'
import { abortable, naturals } from './iterate.js'
import type { AttachOptions, Recording } from './live-options.js'
import type { LiveCamera, LiveSource } from './live-source.js'
import { type Logger, streamLog } from './log.js'
import { beginJournal, OpenStream } from './open-stream.js'
import { checkedIndex, checkedInteger, checkedLinks, checkedMs, checkedOption } from './options.js'
import { Pace } from './pace.js'
import type { ChunkReceipt, Receipt } from './receipt.js'
import {
  type ChunkProgress,
  checkedStart,
  checkedStream,
  type FinalizeOptions,
  itemOf,
  type PushOptions,
  type Resumed,
  type RHEEDStreamerOptions,
  type RHEEDStreamOptions,
  type RunItem,
  type RunOptions,
} from './rheed-options.js'
import { checkedOrigin, checkedSession, declarationOf, type StreamDeclaration } from './session.js'
import { closed, finalized, unknownId } from './stream-errors.js'

const DRAIN_TIMEOUT_MS = 600_000
const MEMORY_BUDGET_BYTES = 256 * 2 ** 20

/**
 * Streams RHEED frames to an ingest service, chunk by chunk, for live analysis.
 *
 * Events: `progress` (a `CustomEvent` with {@link ChunkProgress} as its detail).
 *
 * ```ts
 * const streamer = new RHEEDStreamer({ apiKey })
 * const dataId = await streamer.initialize({ fps: 120, rotationsPerMin: 15, chunkSize: 240 })
 * await streamer.run(dataId, chunks)
 * const receipt = await streamer.finalize(dataId)
 * await streamer.close()
 * ```
 */
export class RHEEDStreamer extends EventTarget {
  readonly #threads: Threads
  readonly #pool: PackingPool
  readonly #budget: MemoryBudget
  readonly #spills: MemoryBudget
  readonly #api: IngestApi
  readonly #log: Logger
  readonly #clock: ServerClock | undefined
  readonly #maxUploads: number
  readonly #journals: JournalPlace
  readonly #streams = new Map<string, OpenStream>()
  #closing: Promise<void> | undefined

  /** Throws `stream/option`. */
  constructor(options: RHEEDStreamerOptions, threads: Threads) {
    super()
    const {
      maxWorkers = Math.min(threads.cores, 8),
      maxUploads = 8,
      memoryBudgetBytes = MEMORY_BUDGET_BYTES,
      clockSync = !clockSyncSkipped(),
    } = options
    this.#log = streamLog(options)
    this.#api = new IngestApi({
      ...options,
      onRetry: (error, waitMs) =>
        this.#log.warn(`${error.message}; trying again in ${Math.round(waitMs)} ms`),
    })
    this.#threads = threads
    this.#pool = new PackingPool(threads, checkedInteger('maxWorkers', maxWorkers, 1))
    this.#budget = new MemoryBudget(checkedInteger('memoryBudgetBytes', memoryBudgetBytes, 1))
    this.#spills = new MemoryBudget(memoryBudgetBytes)
    this.#maxUploads = checkedInteger('maxUploads', maxUploads, 1)
    this.#clock = clockSync ? ServerClock.of(this.#api) : undefined
    this.#journals = options.journal ?? new MemoryPlace(() => this.#api.clock.wall())
  }

  /**
   * Create a stream at the service and answer its data id. Sample and tags are looked up or created first.
   * Throws `stream/option`, `link/not-found`, `link/failed`, `upload/unreachable`, `upload/unauthorized`,
   * `upload/rejected`, `core/load`, and `journal/...` where the journal cannot be begun (the stream was ended).
   */
  async initialize(options: RHEEDStreamOptions): Promise<string> {
    this.#alive()
    const { fps, rotationsPerMin, chunkSize, scale, gray, keep, origin, signal, ...rest } =
      checkedStream(options)
    checkedOrigin(origin)
    const canKeep = !keep || this.#journals.keeps
    checkedOption('keep', keep, canKeep, 'left out: this streamer has no journal that can be kept')
    const links = checkedLinks(rest)
    const fields = {
      fps,
      rotationsPerMin,
      streamName: rest.streamName,
      azimuth: rest.azimuth,
      projectId: links.projectId,
    }
    const streamName = rest.streamName?.trim() ? rest.streamName : defaultStreamName(new Date())
    const releaseClock = this.#clock?.use() ?? (() => {})
    const line = new SealingLine(this.#threads, this.#pool)
    try {
      const started = line.start()
      // An error of the workers is told below, even where the service is slower.
      started.catch(() => {})
      const api = this.#api
      const dataId = await openStream(api, {
        links,
        path: RHEED_STREAM_PATH,
        body: rheedStreamBody(fields, new Date()),
        dataId: (text) => rheedDataId(api, text),
        end: (id) => endRheedStream(api, id),
        signal,
      })
      await started
      await this.#clock?.settled(CLOCK_WAIT_MS)
      const declaration: StreamDeclaration = {
        dataId,
        streamName,
        fps,
        rotationsPerMin,
        chunkSize,
        scale,
        gray,
        ...(keep && { keep }),
        origin,
      }
      const journal = await beginJournal(this.#journals, this.#api, declaration)
      this.#open(declaration, { journal, line, releaseClock })
      if (scale === 'max') {
        this.#log.warn(
          'scale "max" takes each frame\'s own maximum as white: every frame is rescaled, so intensity trends are lost. Use "measured" or a range to keep them.',
        )
      }
      this.#log.info(`stream ${dataId} created`, { streamName, fps, rotationsPerMin, chunkSize })
      return dataId
    } catch (error) {
      releaseClock()
      await line.close()
      throw error
    }
  }

  /**
   * Go on with a stream that the journal has and that was not finished: after a crash, a power cut, a cut network. The
   * server is asked what it holds, where it can tell; what it does not hold is sent. Chunks may be pushed, and
   * `finalize` is due as ever.
   *
   * Throws `journal/missing`, `journal/locked`, `journal/unbegun`, `journal/damaged`, `journal/version`,
   * `stream/option` (the stream was created at another endpoint, or is none of frames), `core/load`, what the server
   * answers as `initialize` does, and `stream/aborted`.
   */
  async resume(dataId: string, options: { signal?: AbortSignal } = {}): Promise<Resumed> {
    this.#alive()
    const journal = await this.#journals.open(dataId)
    const releaseClock = this.#clock?.use() ?? (() => {})
    const line = new SealingLine(this.#threads, this.#pool)
    try {
      const declaration = declarationOf(checkedSession(journal.state.session, 'frames', this.#api.root))
      const [held] = await Promise.all([
        chunkInventory(this.#api, dataId, options.signal),
        line.start(),
        this.#clock?.settled(CLOCK_WAIT_MS),
      ])
      return await this.#open(declaration, { journal, line, releaseClock }).restore(held)
    } catch (error) {
      releaseClock()
      await line.close()
      await journal.close()
      throw error
    }
  }

  /**
   * Take a chunk and return at once. Frames are `(N, H, W)` or `(H, W)`; without `transfer` they are lent until the
   * chunk is `packaged`. The same index again with the same pixels changes nothing; with others it is
   * `stream/chunk-reused` (through the handle and the receipt).
   *
   * Where the memory budget has no room, a journal on disk takes the frames as they are, to be packed when there is.
   *
   * Throws, with nothing taken: `stream/unknown-id`, `stream/finalized`, `stream/chunk-index`, `stream/memory-budget`
   * (with a journal on disk: where that does not keep up either), `stream/option`, and all `frames/...` of a stack that
   * cannot be sent.
   */
  push(dataId: string, chunkIndex: number, frames: Frames, options: PushOptions = {}): ChunkHandle {
    const entered = this.#api.clock.wall()
    const open = this.#opened(dataId)
    const { captureStartMs, transfer = false } = options
    const index = checkedIndex(chunkIndex)
    checkedStart(captureStartMs)
    const run = frameRun(frames)
    open.stream.check(run)
    const bytes = run.frames * run.bytesPerFrame
    const memory = this.#journals.durable && !this.#budget.hasRoom(bytes) ? this.#spills : this.#budget
    memory.hold(bytes)
    try {
      const own = transfer ? takeOver(frames) : undefined
      return this.#take(open, index, run, { own, captureStartMs, entered, spills: memory === this.#spills })
    } catch (error) {
      memory.release(bytes)
      throw error
    }
  }

  /**
   * Stream the chunks of an iterable at the capture cadence. Waits where memory is used up. Resolves
   * when every chunk is packaged (`finalize` waits until they are stored). Without `transfer` the next item is asked
   * for when the last is packaged, so that a producer may use its buffer again.
   *
   * Throws as `push` does (chunks before the refused one stay taken), `stream/aborted`, and what the iterable throws.
   */
  async run(
    dataId: string,
    chunks: Iterable<RunItem> | AsyncIterable<RunItem>,
    options: RunOptions = {},
  ): Promise<void> {
    const { pace = 'capture', transfer = false, indexes, signal } = options
    checkedOption('pace', pace, pace === 'capture' || pace === 'none', '"capture" or "none"')
    const { stream } = this.#opened(dataId)
    const { clock } = this.#api
    const schedule = new Pace(stream.declaration.fps, () => clock.now())
    const index = (indexes ?? naturals())[Symbol.iterator]()
    let framesBefore = 0
    let began: number | undefined
    let last: ChunkHandle | undefined
    for await (const item of abortable(chunks, 'run', signal)) {
      const [frames, captureStartMs] = itemOf(item)
      checkedStart(captureStartMs)
      const run = frameRun(frames)
      stream.check(run)
      const chunkIndex = checkedIndex(index.next().value)
      if (pace === 'capture') {
        const waitMs = schedule.waitMs(run.frames)
        if (waitMs > 0) await sleep(clock, waitMs, signal)
      }
      const entered = clock.wall()
      began ??= entered
      // Not paced, the moment says nothing of the capture: chunks follow each other at the declared rate.
      const unpaced = pace === 'none' ? began + (framesBefore * 1000) / stream.declaration.fps : undefined
      framesBefore += run.frames
      const bytes = run.frames * run.bytesPerFrame
      await this.#budget.waitAndHold(bytes, signal)
      try {
        const open = this.#opened(dataId)
        const own = transfer ? takeOver(frames) : undefined
        const start = captureStartMs ?? unpaced
        last = this.#take(open, chunkIndex, run, { own, captureStartMs: start, entered, waits: true })
      } catch (error) {
        this.#budget.release(bytes)
        throw error
      }
      // A chunk that fails does not hold up the others; finalize and the receipt tell.
      if (!transfer) await last.packaged.catch(() => {})
    }
    await stream.packagedAll()
  }

  /**
   * Stream the frames of a camera as they come, until it is stopped or the stream is finalized, one camera at a time.
   * They go from the thread that receives them straight to the packing workers: this thread may be busy for a minute,
   * as far as the memory budget, which it takes as it is free, has room for the chunks of that time. Where the service
   * is slower than the camera and the budget is used up, frames are lost and counted; a journal on disk takes what the
   * service does not. A chunk whose sealing worker is lost is lost, too: its frames are nowhere else.
   *
   * Throws `stream/unknown-id`, `stream/finalized`, `stream/option`, `frames/size-changed`, `frames/scale-required`,
   * `frames/gray-required`, and what the camera throws.
   */
  async attach(
    dataId: string,
    camera: LiveCamera | LiveSource,
    options: AttachOptions = {},
  ): Promise<Recording> {
    return this.#opened(dataId).attach('live' in camera ? camera.live() : camera, options)
  }

  /**
   * Wait until every chunk is stored or given up, end the stream at the service, answer the receipt. A second call
   * answers the same. Throws `upload/incomplete` (chunks were given up, or the end could not be told) and
   * `upload/undrained` (the time-out passed or the signal fired), each with the receipt in `details.receipt`;
   * `stream/unknown-id`.
   */
  async finalize(dataId: string, options: FinalizeOptions = {}): Promise<Receipt> {
    const open = this.#streams.get(dataId)
    if (!open) throw unknownId(dataId)
    const { drainTimeoutMs = DRAIN_TIMEOUT_MS, signal } = options
    return open.finalize(checkedMs('drainTimeoutMs', drainTimeoutMs), signal)
  }

  /**
   * Stop the workers. Open streams end as `finalize` ends them (their receipts go to the log); with a journal on disk
   * they are left as they are, all that was accepted journaled, to be resumed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await closeStreams(this.#streams, {
      durable: this.#journals.durable,
      finalize: (dataId) => this.finalize(dataId),
      log: this.#log,
    })
    await this.#pool.close()
  }

  #open(
    declaration: StreamDeclaration,
    parts: { journal: StreamJournal; line: SealingLine; releaseClock(): void },
  ): OpenStream {
    const { dataId } = declaration
    const open = new OpenStream(declaration, {
      ...parts,
      api: this.#api,
      pool: this.#pool,
      clock: () => this.#clock?.offset,
      log: this.#log,
      durable: this.#journals.durable,
      budget: this.#budget,
      spills: this.#spills,
      maxUploads: this.#maxUploads,
      onChange: (chunk) => this.#report(dataId, chunk),
    })
    this.#streams.set(dataId, open)
    return open
  }

  #take(
    { stream }: OpenStream,
    index: number,
    run: FrameRun,
    given: {
      own?: OwnFrames
      captureStartMs?: number
      entered: number
      waits?: boolean
      spills?: boolean
    },
  ): ChunkHandle {
    const { own, captureStartMs, entered, ...as } = given
    const startUnixMs = captureStartMs ?? entered - (run.frames * 1000) / stream.declaration.fps
    const capture = { startUnixMs, clock: this.#clock?.offset }
    const handle = stream.push(index, run, capture, { pixels: own?.run, ...as })
    if (own) Promise.race([handle.packaged, handle.journaled]).then(own.free, own.free)
    return handle
  }

  #report(dataId: string, chunk: ChunkReceipt): void {
    const { index, state, error } = chunk
    if (error) this.#log.error(`stream ${dataId}: chunk ${index} is given up: ${error.message}`, chunk)
    else this.#log.debug(`stream ${dataId}: chunk ${index} ${state}`, chunk)
    const detail: ChunkProgress = { dataId, ...chunk }
    this.dispatchEvent(new CustomEvent('progress', { detail }))
  }

  #opened(dataId: string): OpenStream {
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
