import { unitOf } from '../capture/telops-maker.js'
import type { PixelUnit } from '../frame.js'
import { type FrameHeader, frameHeader } from '../header.js'
import type { Destination, DownloadShape, FrameValues, PlacedFrame } from './destination.js'
import type { Spool } from './spool.js'

/** A frame of a download, in its turn. */
export interface DownloadedFrame {
  /** Counted from the first frame that was asked for. */
  index: number
  /** Pixels in C order: counts, or physical values. Those that are missing of a frame that is not whole are 0, or NaN. */
  data: FrameValues
  shape: readonly [height: number, width: number]
  dtype: 'uint16' | 'float32'
  unit: PixelUnit
  /** What the camera says of it. */
  header: FrameHeader
  /** Every pixel came. Others are handed over where the download allows for them, or ends with an error behind them. */
  complete: boolean
}

/** Frames that wait in memory, at most. */
const MOST_WAITING = 32

/** A frame that waits; its values are on disk where they are not here. */
interface WaitingFrame {
  header: Float64Array<ArrayBuffer>
  complete: boolean
  values: FrameValues | undefined
}

/**
 * Frames of a download in order, for whoever iterates over them. Those that are early, and those that a slow reader has
 * not come to, wait in memory, and past that on disk.
 */
export class OrderedFrames implements Destination {
  readonly #spool: (frameBytes: number) => Spool
  readonly #waiting = new Map<number, WaitingFrame>()
  #onDisk: Spool | undefined
  #shape: DownloadShape | undefined
  #next = 0
  #ended: { error?: unknown } | undefined
  #wake: () => void = () => {}

  /** `spool`: where frames wait, made when it is known how large they are. */
  constructor(spool: (frameBytes: number) => Spool) {
    this.#spool = spool
  }

  async begin(shape: DownloadShape): Promise<void> {
    this.#shape = shape
    this.#onDisk = this.#spool(this.#frameBytes)
  }

  async place(frame: number, { values, header, measured }: PlacedFrame): Promise<void> {
    const waiting = { header, complete: measured !== undefined }
    if (frame - this.#next < MOST_WAITING) this.#waiting.set(frame, { ...waiting, values: values.slice() })
    else {
      await this.#onDisk!.put(frame, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      this.#waiting.set(frame, { ...waiting, values: undefined })
    }
    if (frame === this.#next) this.#wake()
  }

  async leaveOut(): Promise<void> {}

  async close(): Promise<void> {
    await this.#onDisk?.close()
  }

  /** No frame follows; iterating ends with `error` behind those that are there, where it is given. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? {} : { error }
    this.#wake()
  }

  /** Each frame once, in order. Frames of which nothing came are left out, where the download allows for that. */
  async *frames(): AsyncGenerator<DownloadedFrame, void, void> {
    for (;;) {
      const waiting = this.#waiting.get(this.#next)
      if (waiting) {
        const index = this.#next++
        this.#waiting.delete(index)
        const { height, width, dtype } = this.#shape!
        const { complete, header } = waiting
        const data = waiting.values ?? (await this.#read(index))
        const unit = dtype === 'uint16' ? 'counts' : unitOf(header)
        yield { index, data, shape: [height, width], dtype, unit, header: frameHeader(header), complete }
      } else if (!this.#ended) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (this.#ended.error !== undefined) throw this.#ended.error
      else if (this.#shape && this.#next < this.#shape.frames) this.#next++
      else return
    }
  }

  async #read(frame: number): Promise<FrameValues> {
    const { buffer } = await this.#onDisk!.get(frame, this.#frameBytes)
    return this.#shape!.dtype === 'uint16' ? new Uint16Array(buffer) : new Float32Array(buffer)
  }

  get #frameBytes(): number {
    const { height, width, dtype } = this.#shape!
    return height * width * (dtype === 'uint16' ? 2 : 4)
  }
}
