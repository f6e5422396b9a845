import { elapsed100ns } from '../header.js'
import type { Run } from './inventory.js'

/** A block as it came, for as much as tells which frame it is. */
export interface ArrivedBlock {
  blockId: bigint
  /** Numbers of its header (see `frameHeader`); undefined where the rows that hold it are missing. */
  header: Float64Array | undefined
}

/** A block, and which frame of the recording it is; undefined where it is none that was asked for, or not surely so. */
export interface PlacedBlock<B> {
  block: B
  frame: number | undefined
}

/** Blocks without a header that wait for one that has it, at most: they are in memory. */
const MOST_HELD = 8

/**
 * Which frames of the recording the blocks of a session are. The camera numbers blocks from 1 on, whatever frame it began
 * with; headers tell the frame itself. What is late of the session before comes first, and may have any numbers: so a
 * block without a header is believed by its number alone where those with a header on both sides of it keep the same step
 * between block and frame.
 */
export class Placing<B extends ArrivedBlock> {
  readonly #run: Run
  readonly #firstFrameId: number
  /** From the number of a block to its frame: as it has to be, and as the last header had it. */
  readonly #rightStep: number
  #step: number | undefined
  #held: B[] = []
  #outOfOrder = 0

  /** For a session that was asked for the frames of `run`; `firstFrameId`: the id of the recording's first frame. */
  constructor(run: Run, firstFrameId: number) {
    this.#run = run
    this.#firstFrameId = firstFrameId
    this.#rightStep = run[0] - 1
  }

  /** Blocks whose header tells another frame than their number. */
  get outOfOrder(): number {
    return this.#outOfOrder
  }

  /** The next block: what is decided by it, in order. */
  take(block: B): PlacedBlock<B>[] {
    if (!block.header) {
      this.#held.push(block)
      return this.#held.length > MOST_HELD ? [this.#placed(this.#held.shift()!, undefined)] : []
    }
    const frame = block.header[0]! - this.#firstFrameId
    const step = frame - Number(block.blockId)
    const isSure = step === this.#step
    this.#step = step
    if (step !== this.#rightStep) this.#outOfOrder++
    if (this.#held.length === 0) return [this.#placed(block, frame)]
    const before = this.#held.splice(0)
    return [
      ...before.map((held) => this.#placed(held, isSure ? Number(held.blockId) + step : undefined)),
      this.#placed(block, frame),
    ]
  }

  /** The session is over: blocks of which nothing tells. */
  end(): PlacedBlock<B>[] {
    return this.#held.splice(0).map((block) => this.#placed(block, undefined))
  }

  #placed(block: B, frame: number | undefined): PlacedBlock<B> {
    const [from, to] = this.#run
    return { block, frame: frame !== undefined && frame >= from && frame < to ? frame : undefined }
  }
}

/**
 * Whether frames lie one period apart, by the time stamps of their headers: a camera that leaves frames out in silence
 * numbers the others as if nothing were missing.
 */
export class Stride {
  readonly #tolerance: number
  #last: { frame: number; header: Float64Array } | undefined
  readonly #gaps = new Set<number>()

  /** `tolerance`: the part of a period that a frame may be off. */
  constructor(tolerance: number) {
    this.#tolerance = tolerance
  }

  /** Frames that were not one period behind the frame before. */
  get gaps(): number {
    return this.#gaps.size
  }

  /** A frame with a header, in the order in which they came; those that came before and behind are not compared. */
  take(frame: number, header: Float64Array): void {
    const last = this.#last
    this.#last = { frame, header }
    const frameRateHz = header[7]!
    if (!last || frame !== last.frame + 1 || !(frameRateHz > 0)) return
    const period = 1e7 / frameRateHz
    // Time stamps are whole numbers, and so are off by up to one.
    const off = elapsed100ns(last.header, header) - period
    if (Math.abs(off) > period * this.#tolerance + 1) this.#gaps.add(frame)
  }
}
