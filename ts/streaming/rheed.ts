import type { Threads } from '../core/thread.js'
import { FramewireError } from '../errors.js'
import { type FrameRun, type Frames, frameRun } from '../frames/stack.js'
import { type OwnFrames, takeOver } from '../frames/transfer.js'
import { memoryJournal } from '../journal/memory.js'
import { PackingPool } from '../packing/pool.js'
import { SealingLine } from '../sealing/line.js'
import { IngestApi } from '../upload/api.js'
import { sleep } from '../upload/clock.js'
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
import { type ChunkHandle, FrameStream } from './frame-stream.js'
import { abortable } from './iterate.js'
import { type Logger, streamLog } from './log.js'
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
  type RHEEDStreamerOptions,
  type RHEEDStreamOptions,
  type RunItem,
  type RunOptions,
} from './rheed-options.js'
import { ShardUploads } from './shard-uploads.js'
import { closed, finalized, unknownId } from './stream-errors.js'

interface OpenStream {
  stream: FrameStream
  line: SealingLine
  uploads: ShardUploads
  releaseClock(): void
  finalizing?: Promise<Receipt>
}

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
  readonly #api: IngestApi
  readonly #log: Logger
  readonly #clock: ServerClock | undefined
  readonly #maxUploads: number
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
    this.#maxUploads = checkedInteger('maxUploads', maxUploads, 1)
    this.#clock = clockSync ? ServerClock.of(this.#api) : undefined
  }

  /**
   * Create a stream at the service and answer its data id. Sample and tags are looked up or created first.
   * Throws `stream/option`, `link/not-found`, `link/failed`, `upload/unreachable`, `upload/unauthorized`,
   * `upload/rejected`, `core/load`.
   */
  async initialize(options: RHEEDStreamOptions): Promise<string> {
    this.#alive()
    const { fps, rotationsPerMin, chunkSize, scale, gray, signal, ...rest } = checkedStream(options)
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
      const declaration = { dataId, streamName, fps, rotationsPerMin, chunkSize, scale, gray }
      const journal = memoryJournal()
      const uploads = new ShardUploads(api, {
        declaration,
        journal,
        maxUploads: this.#maxUploads,
        log: this.#log,
      })
      const stream = new FrameStream(declaration, {
        line,
        journal,
        budget: this.#budget,
        store: (chunk, capture) => uploads.store(chunk, capture),
        onChange: (chunk) => this.#report(dataId, chunk),
        wall: () => api.clock.wall(),
      })
      this.#streams.set(dataId, { stream, line, uploads, releaseClock })
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
   * Take a chunk and return at once. Frames are `(N, H, W)` or `(H, W)`; without `transfer` they are lent until the
   * chunk is `packaged`. The same index again with the same pixels changes nothing; with others it is
   * `stream/chunk-reused` (through the handle and the receipt).
   *
   * Throws, with nothing taken: `stream/unknown-id`, `stream/finalized`, `stream/chunk-index`, `stream/memory-budget`,
   * `stream/option`, and all `frames/...` of a stack that cannot be sent.
   */
  push(dataId: string, chunkIndex: number, frames: Frames, options: PushOptions = {}): ChunkHandle {
    const entered = this.#api.clock.wall()
    const open = this.#open(dataId)
    const { captureStartMs, transfer = false } = options
    const index = checkedIndex(chunkIndex)
    checkedStart(captureStartMs)
    const run = frameRun(frames)
    open.stream.check(run)
    this.#budget.hold(run.frames * run.bytesPerFrame)
    try {
      return this.#take(open, index, run, transfer ? takeOver(frames) : undefined, captureStartMs, entered)
    } catch (error) {
      this.#budget.release(run.frames * run.bytesPerFrame)
      throw error
    }
  }

  /**
   * Stream the chunks of an iterable, indexes from 0, at the capture cadence. Waits where memory is used up. Resolves
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
    const { pace = 'capture', transfer = false, signal } = options
    checkedOption('pace', pace, pace === 'capture' || pace === 'none', '"capture" or "none"')
    const { stream } = this.#open(dataId)
    const { clock } = this.#api
    const schedule = new Pace(stream.declaration.fps, () => clock.now())
    let index = 0
    let framesBefore = 0
    let began: number | undefined
    let last: ChunkHandle | undefined
    for await (const item of abortable(chunks, 'run', signal)) {
      const [frames, captureStartMs] = itemOf(item)
      checkedStart(captureStartMs)
      const run = frameRun(frames)
      stream.check(run)
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
        const open = this.#open(dataId)
        last = this.#take(
          open,
          index++,
          run,
          transfer ? takeOver(frames) : undefined,
          captureStartMs ?? unpaced,
          entered,
        )
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
   * Wait until every chunk is stored or given up, end the stream at the service, answer the receipt. A second call
   * answers the same. Throws `upload/incomplete` (chunks were given up, or the end could not be told) and
   * `upload/undrained` (the time-out passed or the signal fired), each with the receipt in `details.receipt`;
   * `stream/unknown-id`.
   */
  async finalize(dataId: string, options: FinalizeOptions = {}): Promise<Receipt> {
    const open = this.#streams.get(dataId)
    if (!open) throw unknownId(dataId)
    const { drainTimeoutMs = DRAIN_TIMEOUT_MS, signal } = options
    open.finalizing ??= this.#finalize(dataId, open, checkedMs('drainTimeoutMs', drainTimeoutMs), signal)
    return open.finalizing
  }

  /** End open streams as `finalize` does (their receipts go to the log), and stop the workers. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      const open = [...this.#streams].filter(([, { finalizing }]) => !finalizing)
      const ends = open.map(([dataId]) =>
        this.finalize(dataId).catch((error: Error) => this.#log.error(`closing: ${error.message}`, error)),
      )
      await Promise.all(ends)
      await Promise.allSettled([...this.#streams.values()].map(({ finalizing }) => finalizing))
      await this.#pool.close()
    })()
    return this.#closing
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(
    { stream }: OpenStream,
    index: number,
    run: FrameRun,
    own: OwnFrames | undefined,
    captureStartMs: number | undefined,
    entered: number,
  ): ChunkHandle {
    const startUnixMs = captureStartMs ?? entered - (run.frames * 1000) / stream.declaration.fps
    const handle = stream.push(index, run, { startUnixMs, clock: this.#clock?.offset }, own?.run)
    if (own) handle.packaged.then(own.free, own.free)
    return handle
  }

  async #finalize(
    dataId: string,
    open: OpenStream,
    drainTimeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Receipt> {
    const { stream, line, uploads } = open
    const { clock } = this.#api
    let cancel = () => {}
    const outOfTime = new Promise<'undrained'>((resolve) => {
      if (signal?.aborted) resolve('undrained')
      signal?.addEventListener('abort', () => resolve('undrained'), { once: true })
      if (drainTimeoutMs !== Infinity) cancel = clock.after(drainTimeoutMs, () => resolve('undrained'))
    })
    const drained = await Promise.race([stream.settled().then(() => 'drained'), outOfTime])
    cancel()
    const pending = stream.receipt().chunks.filter(({ state }) => state !== 'stored' && state !== 'failed')
    uploads.cancel()
    let endFailure: Error | undefined
    await endRheedStream(this.#api, dataId).then(
      () => {
        stream.finalized = true
      },
      (error: Error) => {
        endFailure = error
      },
    )
    await line.close()
    await stream.settled()
    open.releaseClock()
    const receipt = stream.receipt()
    this.#log.info(
      `stream ${dataId}: ${receipt.totals.framesStored} of ${receipt.totals.frames} frames stored`,
      receipt.totals,
    )
    if (drained === 'undrained' && pending.length > 0) throw undrained(dataId, pending, receipt)
    const missing = receipt.chunks.filter(({ state }) => state !== 'stored')
    if (missing.length > 0 || receipt.refused.length > 0 || endFailure)
      throw incomplete(dataId, missing, receipt, endFailure)
    return receipt
  }

  #report(dataId: string, chunk: ChunkReceipt): void {
    const { index, state, error } = chunk
    if (error) this.#log.error(`stream ${dataId}: chunk ${index} is given up: ${error.message}`, chunk)
    else this.#log.debug(`stream ${dataId}: chunk ${index} ${state}`, chunk)
    const detail: ChunkProgress = { dataId, ...chunk }
    this.dispatchEvent(new CustomEvent('progress', { detail }))
  }

  #open(dataId: string): OpenStream {
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

function undrained(dataId: string, pending: readonly ChunkReceipt[], receipt: Receipt) {
  const list = pending.map(({ index }) => index)
  return new FramewireError(
    'upload/undrained',
    `Stream ${dataId} was ended while ${list.length} chunk(s) were not stored (${shortly(list)}). Check the service and the key, and give a longer drainTimeoutMs.`,
    { dataId, pending: list, receipt },
  )
}

function incomplete(dataId: string, missing: readonly ChunkReceipt[], receipt: Receipt, cause?: Error) {
  const list = missing.map(({ index }) => index)
  const reasons = [
    list.length > 0 &&
      `${list.length} chunk(s) were given up (${shortly(list)}): ${missing[0]?.error?.message}`,
    receipt.refused.length > 0 &&
      `${receipt.refused.length} push(es) contradicted earlier ones: ${receipt.refused[0]?.error.message}`,
    cause && `the service could not be told that the stream is complete: ${cause.message}`,
  ].filter((reason) => typeof reason === 'string')
  return new FramewireError(
    'upload/incomplete',
    `Stream ${dataId} is not complete. ${reasons.join('; ')}. The receipt in details.receipt names each.`,
    { dataId, missing: list, receipt },
    { cause },
  )
}

function shortly(indexes: readonly number[]): string {
  return indexes.length > 8 ? `${indexes.slice(0, 8).join(', ')}, ...` : indexes.join(', ')
}
