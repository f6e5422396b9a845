import type { FrameGap } from '../../packing/live.js'
import type { CapturedFrame } from './outlet.js'

/** A chunk that has its frames, but for what the outlet knows of it beside. */
export interface Filled {
  chunk: number
  frames: number
  capturedAtNs: BigInt64Array<ArrayBuffer>
  gaps: FrameGap[]
}

/** The chunk that is being filled: gives frames their places in order, and notes when each was captured and what is missing. */
export class Filling {
  readonly #chunkSize: number
  readonly #periodNs: bigint
  #chunk: number | undefined
  #times: bigint[] = []
  #gaps: FrameGap[] = []
  #last: { blockId: bigint; capturedAtNs: bigint } | undefined

  constructor(chunkSize: number, fps: number) {
    this.#chunkSize = chunkSize
    this.#periodNs = BigInt(Math.max(1, Math.round(1e9 / fps)))
  }

  /** The chunk; undefined where none is begun. */
  get chunk(): number | undefined {
    return this.#chunk
  }

  get isFull(): boolean {
    return this.#times.length === this.#chunkSize
  }

  begin(chunk: number): void {
    this.#chunk = chunk
  }

  /** Place the next frame of the camera in the chunk that was begun. */
  place({ block, capturedAtNs }: CapturedFrame): { chunk: number; frame: number } {
    const frame = this.#times.length
    const lost = this.#last ? this.#lostSince(this.#last, block.blockId, capturedAtNs) : 0
    if (lost > 0) this.#gaps.push({ frame, lost })
    this.#last = { blockId: block.blockId, capturedAtNs }
    this.#times.push(capturedAtNs)
    return { chunk: this.#chunk!, frame }
  }

  /** End the chunk; undefined where none is begun. */
  end(): Filled | undefined {
    if (this.#chunk === undefined) return undefined
    const filled: Filled = {
      chunk: this.#chunk,
      frames: this.#times.length,
      capturedAtNs: BigInt64Array.from(this.#times),
      gaps: this.#gaps,
    }
    this.#chunk = undefined
    this.#times = []
    this.#gaps = []
    return filled
  }

  #lostSince(last: { blockId: bigint; capturedAtNs: bigint }, blockId: bigint, capturedAtNs: bigint): number {
    if (blockId > last.blockId) return Number(blockId - last.blockId) - 1
    // Ids began again: they wrapped, or the camera did. Time tells about how many are missing.
    const periods = Number((capturedAtNs - last.capturedAtNs + this.#periodNs / 2n) / this.#periodNs)
    return Math.max(0, periods - 1)
  }
}
