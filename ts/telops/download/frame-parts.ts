import { type ByteRange, difference, intersection } from './byte-ranges.js'
import type { Inventory } from './inventory.js'
import type { Spool } from './spool.js'

/** What came of a frame, as the camera sent it; bytes of `missing` are zero. */
export interface FramePart {
  raw: Uint8Array<ArrayBuffer>
  missing: readonly ByteRange[]
}

/** What came of frames that are not whole, kept until the rest of them comes. */
export class FrameParts {
  readonly #inventory: Inventory
  readonly #spool: Spool

  constructor(inventory: Inventory, spool: Spool) {
    this.#inventory = inventory
    this.#spool = spool
  }

  /** All that came of a frame, of `bytes` bytes; undefined where nothing did. */
  async get(frame: number, bytes: number): Promise<FramePart | undefined> {
    const missing = this.#inventory.missingOf(frame)
    return missing && { raw: await this.#spool.get(frame, bytes), missing }
  }

  /** Some of a frame came: all of it, where this is what was missing; else it is kept. */
  async add(frame: number, part: FramePart): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const before = await this.get(frame, part.raw.length)
    // Where they differ the camera means another image by this number now: nothing of the one before goes with it.
    const merged = before && agree(before, part) ? merge(before, part) : part
    if (merged.missing.length === 0) return merged.raw
    await this.#spool.put(frame, merged.raw)
    this.#inventory.setPart(frame, merged.missing)
    return undefined
  }

  /** Forget what came of a frame. */
  drop(frame: number): void {
    this.#inventory.setPart(frame, undefined)
  }
}

/** Whether bytes that are in both are the same. */
function agree(a: FramePart, b: FramePart): boolean {
  const inBoth = difference(difference([[0, a.raw.length]], a.missing), b.missing)
  return inBoth.every(
    ([from, to]) => Buffer.compare(a.raw.subarray(from, to), b.raw.subarray(from, to)) === 0,
  )
}

/** What either has, in the first one's memory. */
function merge(a: FramePart, b: FramePart): FramePart {
  for (const [from, to] of difference(a.missing, b.missing)) a.raw.set(b.raw.subarray(from, to), from)
  return { raw: a.raw, missing: intersection(a.missing, b.missing) }
}
