import type { TelopsFrames } from '../../gige-vision/telops-frames.js'
import { HEADER_ROWS, rawBytes } from '../frame.js'
import { type Destination, type DownloadShape, MISSING, type PlacedFrame } from './destination.js'
import { type FramePart, FrameParts } from './frame-parts.js'
import type { Inventory, Run } from './inventory.js'
import { type Measure, measured, measuredRange } from './measured.js'
import { type PlacedBlock, Placing, type Stride } from './placing.js'
import type { ArrivedFrame, DownloadSource, SessionCounts } from './source.js'
import type { Spool } from './spool.js'

/** Frames whose values are being placed, at most. */
const MOST_PLACING = 32
const BYTES_PER_PIXEL = 2

/** What passes share. */
export interface PassParts {
  source: DownloadSource
  inventory: Inventory
  destination: Destination
  spool: Spool
  frames: TelopsFrames
  stride: Stride
  measure: Measure
  /** Called with the header of the first frame, before it is placed. */
  begin(header: Float64Array): Promise<DownloadShape>
  /** Called when a frame has become whole. */
  onWhole(): void
}

/** A frame's pixels and its header. */
type Valued = Omit<PlacedFrame, 'measured'> & { range: Float64Array | undefined }

/** Frames of one session after the other, to their places. What comes in part is kept until the rest of it comes. */
export class Pass {
  readonly #parts: PassParts
  readonly #kept: FrameParts
  readonly #placing = new Set<Promise<void>>()
  #shape: DownloadShape | undefined
  #fault: { error: unknown } | undefined
  #outOfOrder = 0

  constructor(parts: PassParts) {
    this.#parts = parts
    this.#kept = new FrameParts(parts.inventory, parts.spool)
  }

  /** Blocks whose header tells another frame than their number. */
  get outOfOrder(): number {
    return this.#outOfOrder
  }

  /** What is being placed at this moment is placed when this resolves; rejects with what placing did. */
  async settled(): Promise<void> {
    await Promise.all(this.#placing)
    if (this.#fault) throw this.#fault.error
  }

  /** Take a session's frames in. */
  async take(run: Run): Promise<SessionCounts> {
    const { source } = this.#parts
    const placing = new Placing<ArrivedFrame>(run, source.firstFrameId)
    const session = source.session(run)
    try {
      for (;;) {
        const next = await session.next()
        if (next.done) return next.value
        if (this.#fault) throw this.#fault.error
        for (const placed of placing.take(next.value)) await this.#arrived(placed)
      }
    } finally {
      for (const { block } of placing.end()) block.dispose()
      this.#outOfOrder += placing.outOfOrder
      // Behind an error the camera is stopped all the same.
      await session.return({ resendRequested: 0, resendRecovered: 0 })
    }
  }

  /** Frames that never came whole, with what came of them. */
  async placeParts(frames: readonly number[]): Promise<void> {
    if (!this.#shape) return
    const { inventory, destination } = this.#parts
    const { width, height, dtype } = this.#shape
    const pixel = (byte: number) => Math.max(0, byte / BYTES_PER_PIXEL - HEADER_ROWS * width)
    for (const frame of frames) {
      const part = await this.#kept.get(frame, rawBytes(width, height))
      // Without its header nothing is known of its pixels.
      const came = part && this.#valuesOf(part.raw)
      if (!came) {
        await destination.leaveOut(frame - inventory.from)
        continue
      }
      for (const [from, to] of part.missing) {
        came.values.fill(MISSING[dtype], Math.floor(pixel(from)), Math.ceil(pixel(to)))
      }
      const { header, values } = came
      await destination.place(frame - inventory.from, { header, values, measured: undefined })
    }
  }

  async #arrived({ block, frame }: PlacedBlock<ArrivedFrame>): Promise<void> {
    const { inventory, stride } = this.#parts
    const { header, values, range, raw, missing } = block
    if (frame === undefined || inventory.isWhole(frame) || (header && !this.#fits(header))) {
      block.dispose()
      return
    }
    if (header) {
      this.#shape ??= await this.#parts.begin(header)
      stride.take(frame, header)
    }
    if (header && values) {
      await this.#place(frame, { header, values, range }, () => block.dispose())
      return
    }
    if (raw && this.#isOfSize(raw.length)) await this.#keep(frame, { raw, missing })
    block.dispose()
  }

  async #keep(frame: number, part: FramePart): Promise<void> {
    const whole = await this.#kept.add(frame, part)
    if (!whole) return
    const came = this.#valuesOf(whole)
    if (came) await this.#place(frame, came, () => {})
    // No header in the rows above it: it is no image of this camera.
    else this.#kept.drop(frame)
  }

  /** Whether this is the header of a frame as large as the others, or as the recording's may be. */
  #fits(header: Float64Array): boolean {
    const [, , , , , width = 0, height = 0] = header
    if (this.#shape) return width === this.#shape.width && height === this.#shape.height
    return width > 0 && height > 0 && rawBytes(width, height) <= this.#parts.source.mostFrameBytes
  }

  #isOfSize(bytes: number): boolean {
    return this.#shape !== undefined && bytes === rawBytes(this.#shape.width, this.#shape.height)
  }

  #valuesOf(raw: Uint8Array): Valued | undefined {
    const { frames } = this.#parts
    const { width, height, dtype } = this.#shape!
    const header = frames.load(raw.length, (into) => into.set(raw))
    if (!header) return undefined
    if (dtype === 'uint16') {
      const values = new Uint16Array(width * height)
      frames.counts(width, values)
      return { header, values, range: frames.range(width, values.length, false) }
    }
    const values = new Float32Array(width * height)
    frames.physical(width, values)
    return { header, values, range: frames.range(width, values.length, true) }
  }

  async #place(frame: number, { header, values, range }: Valued, done: () => void): Promise<void> {
    const { inventory, destination, measure, onWhole } = this.#parts
    const { width, height, dtype } = this.#shape!
    const isOfKind = dtype === 'uint16' ? values instanceof Uint16Array : values instanceof Float32Array
    if (!isOfKind || values.length !== width * height) {
      done()
      return
    }
    inventory.setWhole(frame)
    const ofFrame = range ? measuredRange(range) : measured(values)
    measure.add(ofFrame)
    const placed = destination.place(frame - inventory.from, { header, values, measured: ofFrame }).then(
      () => {
        this.#placing.delete(placed)
        done()
      },
      (error: unknown) => {
        this.#placing.delete(placed)
        this.#fault ??= { error }
      },
    )
    this.#placing.add(placed)
    onWhole()
    if (this.#placing.size >= MOST_PLACING) await Promise.race(this.#placing)
  }
}
