import type { ByteRange } from './byte-ranges.js'

/** Frames of a recording, `[from, to)`, counted from its first one. */
export type Run = readonly [from: number, to: number]

/** What is there of each frame of a download: it is there whole, in part, or not at all. */
export class Inventory {
  readonly from: number
  readonly to: number
  readonly #whole: Uint8Array
  /** Bytes that are missing of frames that are there in part. */
  readonly #parts = new Map<number, readonly ByteRange[]>()
  #missing: number

  /** Of the frames `[from, to)`, of which those in `whole` are there already. */
  constructor([from, to]: Run, whole: readonly Run[] = []) {
    this.from = from
    this.to = to
    this.#whole = new Uint8Array(to - from)
    this.#missing = to - from
    for (const [first, end] of whole) {
      for (let frame = Math.max(first, from); frame < Math.min(end, to); frame++) this.setWhole(frame)
    }
  }

  /** Frames that are not there whole. */
  get missing(): number {
    return this.#missing
  }

  isWhole(frame: number): boolean {
    return this.#whole[frame - this.from] === 1
  }

  setWhole(frame: number): void {
    if (this.isWhole(frame)) return
    this.#whole[frame - this.from] = 1
    this.#parts.delete(frame)
    this.#missing--
  }

  /** Bytes that are missing of a frame that is there in part; undefined where nothing of it is there. */
  missingOf(frame: number): readonly ByteRange[] | undefined {
    return this.#parts.get(frame)
  }

  /** A frame that is not whole is there, all but `missing`; undefined: nothing of it. */
  setPart(frame: number, missing: readonly ByteRange[] | undefined): void {
    if (missing) this.#parts.set(frame, missing)
    else this.#parts.delete(frame)
  }

  /** Frames that are not there whole, in runs; those with at most `bridged` whole frames between them are one. */
  runs(bridged = 0): Run[] {
    return this.#runs(false, bridged)
  }

  /** Frames that are there whole, in runs. */
  wholeRuns(): Run[] {
    return this.#runs(true, 0)
  }

  /** Frames that are not there whole. */
  missingFrames(): number[] {
    return this.runs().flatMap(([from, to]) => Array.from({ length: to - from }, (_, at) => from + at))
  }

  #runs(whole: boolean, bridged: number): Run[] {
    const runs: [number, number][] = []
    for (let frame = this.from; frame < this.to; frame++) {
      if (this.isWhole(frame) !== whole) continue
      const last = runs.at(-1)
      if (last && frame - last[1] <= bridged) last[1] = frame + 1
      else runs.push([frame, frame + 1])
    }
    return runs
  }
}
