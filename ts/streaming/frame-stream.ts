import type { Conversion } from '../core/core.js'
import { FramewireError, hasCode, isFramewireError } from '../errors.js'
import { conversionFor, type Gray } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { StreamJournal } from '../journal/place.js'
import type { FrameSession } from '../journal/records.js'
import type { ChunkItem } from '../journal/state.js'
import type { SealingLine } from '../sealing/line.js'
import type { Sealed } from '../sealing/sealer.js'
import { shardTimes } from '../upload/rheed-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { type ChunkReceipt, type ChunkState, type Receipt, type RefusedChunk, receiptOf } from './receipt.js'

/** What `push` gives back: the promises of one chunk. They may be left unawaited; a failure is on the receipt too. */
export interface ChunkHandle {
  readonly index: number
  /** Sealed: compressed and hashed. Frames that were lent may be written again. */
  readonly packaged: Promise<void>
  /** Kept by the journal: on disk where the streamer has a journal there, else in memory. */
  readonly journaled: Promise<void>
  /** The service holds these bytes. */
  readonly stored: Promise<void>
}

/** What a stream declared when it was initialized. */
export type StreamDeclaration = Omit<FrameSession, 'type' | 'version' | 'kind' | 'endpoint' | 'startedAtMs'>

/** When a chunk was captured: by this machine's clock (Unix ms), and what is known of the service's. */
export interface Capture {
  startUnixMs: number
  clock?: ClockOffset
}

/** The stages behind a stream. */
export interface StreamParts {
  line: SealingLine
  journal: StreamJournal
  /** Whether the journal outlives the process. */
  durable: boolean
  budget: MemoryBudget
  /** What the service is told of a chunk when its upload URL is asked for. */
  request(chunk: ChunkReceipt, capture: Capture): string
  /** Upload a chunk that the journal holds, until it is stored or given up. */
  store(chunk: ChunkReceipt, request: string): Promise<{ proof: 'md5' | 'status' }>
  /** Told of every change of a chunk. */
  onChange(chunk: ChunkReceipt): void
  wall(): number
}

/** A chunk on its way. */
interface Chunk {
  receipt: ChunkReceipt
  handle: ChunkHandle
  done: Promise<void>
}

type Step = 'packaged' | 'journaled' | 'stored'

/** One frame stream: its chunks from `push` to stored, and what became of each. */
export class FrameStream {
  readonly declaration: StreamDeclaration
  readonly #parts: StreamParts
  readonly #chunks = new Map<number, Chunk>()
  readonly #refused: RefusedChunk[] = []
  readonly #repeats = new Set<Promise<void>>()
  #size: { height: number; width: number } | undefined
  #measured: Promise<{ lo: number; hi: number }> | undefined
  #range: Receipt['range']
  finalized = false

  constructor(declaration: StreamDeclaration, parts: StreamParts) {
    this.declaration = declaration
    this.#parts = parts
  }

  /** Refuse what could never be sent, before anything is taken: size, count, conversion. */
  check(run: FrameRun): void {
    const { chunkSize, scale, gray } = this.declaration
    if (run.frames > chunkSize) {
      throw new FramewireError(
        'frames/too-many',
        `The chunk has ${run.frames} frames, but the stream was initialized with chunkSize ${chunkSize}. Push at most that many at once.`,
        { frames: run.frames, chunkSize },
      )
    }
    const { height, width } = this.#size ?? run
    if (run.height !== height || run.width !== width) {
      throw new FramewireError(
        'frames/size-changed',
        `The frames are ${run.height} x ${run.width}, but this stream's are ${height} x ${width}. Initialize another stream for another size.`,
        { expected: [height, width], actual: [run.height, run.width] },
      )
    }
    conversionFor(run, { scale, gray })
  }

  /**
   * Take a checked chunk whose bytes the budget holds.
   * @param pixels the same frames, where those of `run` were taken over and are still on their way
   * @param waits its producer waits for memory: then it holds memory until it is stored, and not only until a journal on
   * disk has it, so that the journal does not grow to what the producer has
   */
  push(
    index: number,
    run: FrameRun,
    capture: Capture,
    { pixels = Promise.resolve(run), waits = false }: { pixels?: Promise<FrameRun>; waits?: boolean } = {},
  ): ChunkHandle {
    const { fps } = this.declaration
    const { startMs, endMs } = shardTimes({ ...capture, frames: run.frames, fps })
    this.#size ??= { height: run.height, width: run.width }
    const receipt: ChunkReceipt = {
      index,
      state: 'queued',
      frames: run.frames,
      height: run.height,
      width: run.width,
      captureStartMs: startMs,
      captureEndMs: endMs,
      rawBytes: run.frames * run.bytesPerFrame,
      tries: 0,
    }
    // A chunk that failed may be pushed again.
    const pushed = this.#chunks.get(index)
    const earlier = pushed?.receipt.state === 'failed' ? undefined : pushed
    const steps = { packaged: step(), journaled: step(), stored: step() }
    const handle: ChunkHandle = {
      index,
      packaged: steps.packaged.promise,
      journaled: steps.journaled.promise,
      stored: steps.stored.promise,
    }
    const reach = (state: Step) => steps[state].resolve()
    const ready = Promise.all([pixels, this.#conversion(run, pixels)])
    const work = earlier
      ? this.#repeat(earlier, receipt, ready, reach)
      : this.#carry(receipt, ready, capture, { reach, waits })
    const done = work.catch((error: unknown) => {
      for (const { reject } of Object.values(steps)) reject(error)
    })
    if (earlier) {
      this.#repeats.add(done)
      done.finally(() => this.#repeats.delete(done))
    } else {
      this.#chunks.set(index, { receipt, handle, done })
      this.#parts.onChange({ ...receipt })
    }
    return handle
  }

  /** Take up what a journal says of this stream: the chunks that are not stored are stored now. */
  restore(items: Iterable<ChunkItem>, range: { lo: number; hi: number } | undefined): void {
    if (range) this.#measured = Promise.resolve(range)
    if (range) this.#range = range
    for (const item of items) {
      const { entry, stored } = item
      const receipt = receiptFrom(item)
      this.#size ??= { height: entry.height, width: entry.width }
      const work = stored ? Promise.resolve() : this.#store(receipt, entry.request)
      work.catch(() => undefined)
      const kept = Promise.resolve()
      const handle = { index: entry.index, packaged: kept, journaled: kept, stored: work }
      const done = work.catch(() => undefined)
      this.#chunks.set(entry.index, { receipt, handle, done })
      this.#parts.onChange({ ...receipt })
    }
  }

  /** Resolves when every chunk taken so far is journaled or has failed. */
  async packagedAll(): Promise<void> {
    await Promise.all([...this.#chunks.values()].map(({ handle }) => handle.journaled.catch(() => {})))
    await Promise.all(this.#repeats)
  }

  /** Resolves when every chunk taken so far is stored or has failed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#chunks.values()].map(({ done }) => done))
    await Promise.all(this.#repeats)
  }

  /** The receipt as things stand. */
  receipt(): Receipt {
    const { dataId, streamName, fps, chunkSize } = this.declaration
    const { finalized } = this
    const chunks = [...this.#chunks.values()].map(({ receipt }) => receipt)
    return receiptOf(
      { dataId, streamName, fps, chunkSize, range: this.#range, finalized },
      chunks,
      this.#refused,
    )
  }

  /** The way of a chunk through the stages. */
  async #carry(
    receipt: ChunkReceipt,
    ready: Promise<[FrameRun, Conversion]>,
    capture: Capture,
    { reach, waits }: { reach: (step: Step) => void; waits: boolean },
  ): Promise<void> {
    const { line, journal, durable, budget, request, wall } = this.#parts
    let held = receipt.rawBytes
    const hold = (bytes: number) => {
      budget.exchange(held, bytes)
      held = bytes
    }
    try {
      const { body, ...sealed } = await line.seal(receipt.index, ...(await ready))
      hold(sealed.bytes)
      const { bytes, md5, sha256, xxh64, clamped } = sealed
      const packagedAtMs = wall()
      Object.assign(receipt, { bytes, md5, sha256, xxh64, clampedPixels: clamped, packagedAtMs })
      this.#reached(receipt, 'packaged')
      reach('packaged')

      const { rawBytes, captureStartMs, captureEndMs } = receipt
      const asked = request(receipt, capture)
      await journal.put(
        { ...sealed, rawBytes, captureStartMs, captureEndMs, packagedAtMs, request: asked },
        body,
      )
      if (durable && !waits) hold(0)
      receipt.journaledAtMs = wall()
      this.#reached(receipt, 'journaled')
      reach('journaled')
      await this.#store(receipt, asked)
      reach('stored')
    } catch (error) {
      if (receipt.state !== 'journaled' || !durable) this.#failed(receipt, error)
      throw error
    } finally {
      budget.release(held)
    }
  }

  /** Have a journaled chunk stored. One that the service does not take stays in a journal that is durable. */
  async #store(receipt: ChunkReceipt, request: string): Promise<void> {
    const { journal, store, wall } = this.#parts
    const { index } = receipt
    try {
      const { proof } = await store(receipt, request)
      // A journal that cannot take the note has the chunk proved, or sent, once more when it is resumed.
      await journal.append({ type: 'stored', item: index, proof }).catch(() => undefined)
      Object.assign(receipt, { proof, storedAtMs: wall() })
      this.#reached(receipt, 'stored')
    } catch (error) {
      // Stopped, not given up: the journal has it, and it can go on from there.
      if (hasCode(error, 'upload/undrained')) throw error
      await journal.append({ type: 'given-up', item: index, error: named(error) }).catch(() => undefined)
      this.#failed(receipt, error)
      throw error
    }
  }

  #failed(receipt: ChunkReceipt, error: unknown): void {
    if (receipt.state === 'failed') return
    receipt.error = named(error)
    this.#reached(receipt, 'failed')
  }

  /** An index once more: the same pixels are a repetition and change nothing; others are an error. */
  async #repeat(
    earlier: Chunk,
    receipt: ChunkReceipt,
    ready: Promise<[FrameRun, Conversion]>,
    reach: (step: Step) => void,
  ): Promise<void> {
    const { line, budget } = this.#parts
    let sealed: Sealed
    try {
      sealed = await line.seal(receipt.index, ...(await ready))
    } finally {
      budget.release(receipt.rawBytes)
    }
    await earlier.handle.packaged
    if (sealed.xxh64 !== earlier.receipt.xxh64 || sealed.frames !== earlier.receipt.frames) {
      const { dataId } = this.declaration
      const { index, frames } = receipt
      const error = new FramewireError(
        'stream/chunk-reused',
        `Chunk ${index} was pushed before with other frames. The first ones are kept; push these under an index of their own.`,
        { dataId, index },
      )
      this.#refused.push({ index, frames, error: named(error) })
      throw error
    }
    reach('packaged')
    await earlier.handle.journaled
    reach('journaled')
    await earlier.handle.stored
    reach('stored')
  }

  /** The conversion of a chunk; the range `measured` is taken from the chunk that was pushed first, and kept. */
  async #conversion(run: FrameRun, pixels: Promise<FrameRun>): Promise<Conversion> {
    const { scale, gray } = this.declaration
    const stated = conversionFor(run, { scale, gray })
    if (stated.range !== 'measured') {
      this.#range = stated.range
      return { range: stated.range, gray: stated.gray }
    }
    this.#measured ??= this.#measure(pixels, stated.gray)
    const range = await this.#measured
    this.#range = range
    return { range, gray: stated.gray }
  }

  async #measure(pixels: Promise<FrameRun>, gray: Gray | undefined): Promise<{ lo: number; hi: number }> {
    const { line, journal } = this.#parts
    const { min, max } = await line.measure(await pixels, gray)
    const range = { lo: min, hi: max }
    await journal.append({ type: 'range', ...range })
    return range
  }

  #reached(receipt: ChunkReceipt, state: ChunkState): void {
    receipt.state = state
    this.#parts.onChange({ ...receipt })
  }
}

/** A promise of one state; nobody needs to wait for it. */
function step() {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** What a journal says of a chunk, as the receipt tells it. */
function receiptFrom({ entry, journaledAtMs, tries, stored }: ChunkItem): ChunkReceipt {
  const { clamped, request: _, ...proved } = entry
  return {
    ...proved,
    state: stored ? 'stored' : 'journaled',
    clampedPixels: clamped,
    journaledAtMs,
    tries,
    ...(stored && { proof: stored.proof, storedAtMs: stored.atMs }),
  }
}

function named(error: unknown): { code: string; message: string } {
  if (isFramewireError(error)) return { code: error.code, message: error.message }
  return { code: 'core/internal', message: String(error) }
}
