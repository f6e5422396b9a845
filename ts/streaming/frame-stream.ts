import { FramewireError } from '../errors.js'
import { conversionFor } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { JournalState } from '../journal/state.js'
import type { CaptureLosses } from '../packing/live.js'
import type { Sealed } from '../sealing/sealer.js'
import { shardTimes } from '../upload/rheed-requests.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import { type ChunkHandle, openHandle, type Step } from './chunk-handle.js'
import { ChunkWay, type Ready, type WayParts } from './chunk-way.js'
import { PixelRange } from './pixel-range.js'
import {
  type ChunkReceipt,
  type FrameTimes,
  journaledReceipt,
  type Receipt,
  type RefusedChunk,
  receiptOf,
  spilledReceipt,
} from './receipt.js'
import type { StreamDeclaration } from './session.js'
import { named } from './stream-errors.js'

/** When a chunk was captured: by this machine's clock (Unix ms), and what is known of the service's. */
export interface Capture {
  startUnixMs: number
  /** The end of the last frame, where it was measured. */
  endUnixMs?: number
  clock?: ClockOffset
}

/** The stages behind a stream. */
export interface StreamParts extends WayParts {
  /** What the service is told of a chunk when its upload URL is asked for. */
  request(chunk: ChunkReceipt, capture: Capture): string
}

/** A chunk on its way. */
interface Chunk {
  receipt: ChunkReceipt
  handle: ChunkHandle
  done: Promise<void>
}

/** A chunk whose frames never pass through this thread. */
export interface LiveChunk {
  frames: number
  height: number
  width: number
  bytesPerFrame: number
  capture: Capture
  times: FrameTimes
  /** Bytes of the budget that are held for it; they are the stream's from now on. */
  heldBytes: number
  /** Have it sealed under this index. */
  seal(index: number): Promise<Sealed>
}

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
  /** The range that wide pixels are scaled by. */
  readonly range: PixelRange
  readonly #way: ChunkWay
  /** Frames that never came here, of cameras that are attached. */
  readonly #uncaptured: CaptureLosses[] = []
  finalized = false

  constructor(declaration: StreamDeclaration, parts: StreamParts) {
    this.declaration = declaration
    this.#parts = parts
    this.range = new PixelRange(declaration, parts)
    this.#way = new ChunkWay(parts, this.range)
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
    this.checkSize(run)
    conversionFor(run, { scale, gray })
  }

  /** Refuse frames of another size than those before. */
  checkSize(frames: { height: number; width: number }): void {
    const { height, width } = this.#size ?? frames
    if (frames.height === height && frames.width === width) return
    throw new FramewireError(
      'frames/size-changed',
      `The frames are ${frames.height} x ${frames.width}, but this stream's are ${height} x ${width}. Initialize another stream for another size.`,
      { expected: [height, width], actual: [frames.height, frames.width] },
    )
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
    const ready: Ready = Promise.all([pixels, this.range.conversion(run, pixels)])
    const carried = { receipt, request: this.#parts.request(receipt, capture), reach, waits }
    const work = earlier
      ? this.#repeat(earlier, receipt, ready, {
          reach,
          memory: spills ? this.#parts.spills : this.#parts.budget,
        })
      : spills
        ? this.#way.spill(carried, ready)
        : this.#way.pack(carried, ready)
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

  /** Take a chunk whose frames a camera sends to the packing workers, under the next index. */
  pushLive(chunk: LiveChunk): ChunkHandle {
    const { frames, height, width, bytesPerFrame, capture, times, heldBytes } = chunk
    const index = Math.max(-1, ...this.#chunks.keys()) + 1
    this.#size ??= { height, width }
    const { startMs, endMs } = shardTimes({ ...capture, frames, fps: this.declaration.fps })
    const receipt: ChunkReceipt = {
      index,
      state: 'queued',
      frames,
      height,
      width,
      captureStartMs: startMs,
      captureEndMs: endMs,
      times,
      rawBytes: frames * bytesPerFrame,
      tries: 0,
    }
    const { handle, reach, fail } = openHandle(index)
    const carried = { receipt, request: this.#parts.request(receipt, capture), reach, waits: false }
    const done = this.#way.live(carried, () => chunk.seal(index), heldBytes).catch(fail)
    this.#chunks.set(index, { receipt, handle, done })
    this.#parts.onChange({ ...receipt })
    return handle
  }

  /** Another camera's losses, to be kept up to date by whoever reads it. */
  countLosses(losses: CaptureLosses): void {
    this.#uncaptured.push(losses)
  }

  /** Take up what the journal says of this stream: what is not stored is packed, where it was spilled, and stored. */
  restore({ chunks, spills, range }: JournalState): void {
    this.range.restore(range)
    for (const item of chunks.values()) {
      if (spills.has(item.entry.index)) continue
      const receipt = journaledReceipt(item)
      this.#resume(receipt, ({ reach }) => {
        reach('packaged')
        reach('journaled')
        return item.stored ? Promise.resolve() : this.#way.store(receipt, item.entry.request)
      })
    }
    for (const item of spills.values()) {
      const receipt = spilledReceipt(item)
      this.#resume(receipt, ({ reach }) => {
        reach('journaled')
        return this.#way.unspill({ receipt, request: item.entry.request, reach, waits: false })
      })
    }
  }

  /** Frames that were spilled wait no longer to be packed: they are in the journal. */
  leave(reason: FramewireError<'upload/undrained'>): void {
    this.#way.leave(reason)
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
      { dataId, streamName, fps, chunkSize, range: this.range.known, finalized },
      chunks,
      this.#refused,
      this.#uncaptured,
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
}
