import type { Destination, DownloadShape, FrameValues, PlacedFrame } from './destination.js'

/** Frames in memory, one behind the other. */
export class ArrayDestination implements Destination {
  #values: FrameValues = new Uint16Array()
  #frameValues = 0

  /** All frames, `[frames, height, width]` in C order; those that never came are zero. */
  get values(): FrameValues {
    return this.#values
  }

  async begin({ frames, height, width, dtype }: DownloadShape): Promise<void> {
    this.#frameValues = height * width
    const length = frames * this.#frameValues
    this.#values = dtype === 'uint16' ? new Uint16Array(length) : new Float32Array(length)
  }

  async place(frame: number, { values }: PlacedFrame): Promise<void> {
    this.#values.set(values, frame * this.#frameValues)
  }

  async close(): Promise<void> {}
}
