import {
  type Destination,
  type DownloadShape,
  type FrameValues,
  MISSING,
  type PlacedFrame,
} from './destination.js'

/** Frames in memory, one behind the other. */
export class ArrayDestination implements Destination {
  #values: FrameValues = new Uint16Array()
  #frameValues = 0
  #missing = 0

  /** All frames, `[frames, height, width]` in C order; of counts those that never came are 0, of physical values NaN. */
  get values(): FrameValues {
    return this.#values
  }

  async begin({ frames, height, width, dtype }: DownloadShape): Promise<void> {
    this.#frameValues = height * width
    this.#missing = MISSING[dtype]
    const length = frames * this.#frameValues
    this.#values = dtype === 'uint16' ? new Uint16Array(length) : new Float32Array(length)
  }

  async place(frame: number, { values }: PlacedFrame): Promise<void> {
    this.#values.set(values, frame * this.#frameValues)
  }

  async leaveOut(frame: number): Promise<void> {
    const from = frame * this.#frameValues
    this.#values.fill(this.#missing, from, from + this.#frameValues)
  }

  async close(): Promise<void> {}
}
