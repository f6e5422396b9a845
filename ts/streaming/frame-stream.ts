import type { Conversion } from '../core/core.js'
import { FramewireError, hasCode } from '../errors.js'
import { conversionFor, type Gray } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { StreamJournal } from '../journal/place.js'
import type { JournalState } from '../journal/state.js'
import type { SealingLine } from '../sealing/line.js'
import type { Sealed } from '../sealing/sealer.js'
import { shardTimes } from '../upload/rheed-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { type ChunkHandle, openHandle, type Step } from './chunk-handle.js'
import {
  type ChunkReceipt,
  type ChunkState,
  journaledReceipt,
  type Receipt,
  type RefusedChunk,
  receiptOf,
  spilledReceipt,
} from './receipt.js'
import type { StreamDeclaration } from './session.js'
import { spilledBytes, spilledTraits, unspilled } from './spill.js'
import { named } from './stream-errors.js'

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
  /** Frames until they are packaged, and chunks until they are stored or journaled. */
  budget: MemoryBudget
  /** Frames until they are spilled. */
  spills: MemoryBudget
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

/** Frames that can be packed, and how. Who waits for it holds their bytes of the budget from then on. */
type Ready = Promise<[FrameRun, Conversion]>

/** How a chunk is pushed. */
export interface PushedAs {
  /** The same frames, where those of the run were taken over and are still on their way. */
  pixels?: Promise<FrameRun>
  /**
   * Its producer waits for memory: then it holds memory until it is stored, and not only until a journal on disk has it,
   * so that the journal does not grow to what the producer has.
   */
  waits?: boolean
  /** The budget has no room: `spills` holds the bytes, and a journal on disk takes the frames as they are. */
  spills?: boolean
}

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
  /** Ends the waiting of frames that were spilled. */
  readonly #left = new AbortController()
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

  /** Take a checked chunk whose bytes the budget holds, or that of spills. */
  push(index: number, run: FrameRun, capture: Capture, as: PushedAs = {}): ChunkHandle {
    const { pixels = Promise.resolve(run), waits = false, spills = false } = as
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
    const { handle, reach, fail } = openHandle(index)
    const ready: Ready = Promise.all([pixels, this.#conversion(run, pixels)])
    const request = this.#parts.request(receipt, capture)
    const work = earlier
      ? this.#repeat(earlier, receipt, ready, {
          reach,
          memory: spills ? this.#parts.spills : this.#parts.budget,
        })
      : spills
        ? this.#spill(receipt, ready, request, { reach, waits })
        : this.#carry(receipt, ready, request, { reach, waits })
    const done = work.catch(fail)
    if (earlier) {
      this.#repeats.add(done)
      done.finally(() => this.#repeats.delete(done))
    } else {
      this.#chunks.set(index, { receipt, handle, done })
      this.#parts.onChange({ ...receipt })
    }
    return handle
  }

  /** Take up what the journal says of this stream: what is not stored is packed, where it was spilled, and stored. */
  restore({ chunks, spills, range }: JournalState): void {
    if (range) {
      this.#measured = Promise.resolve(range)
      this.#range = range
    }
    for (const item of chunks.values()) {
      if (spills.has(item.entry.index)) continue
      const receipt = journaledReceipt(item)
      this.#resume(receipt, ({ reach }) => {
        reach('packaged')
        reach('journaled')
        return item.stored ? Promise.resolve() : this.#store(receipt, item.entry.request)
      })
    }
    for (const item of spills.values()) {
      const receipt = spilledReceipt(item)
      this.#resume(receipt, ({ reach }) => {
        reach('journaled')
        return this.#carry(receipt, this.#unspilled(receipt), item.entry.request, { reach, waits: false })
      })
    }
  }

  /** Frames that were spilled wait no longer to be packed: they are in the journal. */
  leave(reason: FramewireError<'upload/undrained'>): void {
    this.#left.abort(reason)
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

  #resume(receipt: ChunkReceipt, work: (handle: { reach(step: Step): void }) => Promise<void>): void {
    const { index, height, width } = receipt
    this.#size ??= { height, width }
    const { handle, reach, fail } = openHandle(index)
    const done = work({ reach }).then(() => reach('stored'), fail)
    this.#chunks.set(index, { receipt, handle, done })
    this.#parts.onChange({ ...receipt })
  }

  /** The way of a chunk that finds no room in memory: to the journal as it came, and from there when there is room. */
  async #spill(
    receipt: ChunkReceipt,
    ready: Ready,
    request: string,
    { reach, waits }: { reach: (step: Step) => void; waits: boolean },
  ): Promise<void> {
    const { journal, spills, wall } = this.#parts
    const { index, rawBytes, captureStartMs, captureEndMs } = receipt
    try {
      const [run] = await ready
      const entry = { index, ...spilledTraits(run), captureStartMs, captureEndMs, request }
      await journal.spill(entry, spilledBytes(run))
    } catch (error) {
      this.#failed(receipt, error)
      throw error
    } finally {
      spills.release(rawBytes)
    }
    receipt.spilledAtMs = wall()
    this.#reached(receipt, 'spilled')
    reach('journaled')
    await this.#carry(receipt, this.#unspilled(receipt), request, { reach, waits })
  }

  /** Frames that were spilled, back in memory as soon as it has room for them. */
  async #unspilled({ index, rawBytes }: ChunkReceipt): Ready {
    const { journal, budget } = this.#parts
    const { signal } = this.#left
    await budget.waitAndHold(rawBytes, signal).catch(() => signal.throwIfAborted())
    try {
      const run = unspilled(journal.state.spills.get(index)!.entry, await journal.spilled(index))
      return [run, await this.#conversion(run, Promise.resolve(run))]
    } catch (error) {
      budget.release(rawBytes)
      throw error
    }
  }

  /** The way of a chunk through the stages. */
  async #carry(
    receipt: ChunkReceipt,
    ready: Ready,
    request: string,
    { reach, waits }: { reach: (step: Step) => void; waits: boolean },
  ): Promise<void> {
    const { line, journal, durable, budget, wall } = this.#parts
    // What was spilled holds memory from when it is ready.
    let held = receipt.state === 'spilled' ? 0 : receipt.rawBytes
    const hold = (bytes: number) => {
      budget.exchange(held, bytes)
      held = bytes
    }
    try {
      const frames = await ready
      held = receipt.rawBytes
      const { body, ...sealed } = await line.seal(receipt.index, ...frames)
      hold(sealed.bytes)
      const { bytes, md5, sha256, xxh64, clamped } = sealed
      const packagedAtMs = wall()
      Object.assign(receipt, { bytes, md5, sha256, xxh64, clampedPixels: clamped, packagedAtMs })
      this.#reached(receipt, 'packaged')
      reach('packaged')

      const { rawBytes, captureStartMs, captureEndMs } = receipt
      await journal.put({ ...sealed, rawBytes, captureStartMs, captureEndMs, packagedAtMs, request }, body)
      if (durable && !waits) hold(0)
      receipt.journaledAtMs = wall()
      this.#reached(receipt, 'journaled')
      reach('journaled')
      await this.#store(receipt, request)
      reach('stored')
    } catch (error) {
      // What the journal has is not lost by being left there.
      const isLeft = durable && (receipt.state === 'journaled' || hasCode(error, 'upload/undrained'))
      if (!isLeft) this.#failed(receipt, error)
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
    ready: Ready,
    { reach, memory }: { reach: (step: Step) => void; memory: MemoryBudget },
  ): Promise<void> {
    const { line } = this.#parts
    let sealed: Sealed
    try {
      sealed = await line.seal(receipt.index, ...(await ready))
    } finally {
      memory.release(receipt.rawBytes)
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
