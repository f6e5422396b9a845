import type { FrameValues } from './destination.js'

/** What the values of some frames come to. */
export interface MeasuredValues {
  frames: number
  min: number
  max: number
  mean: number
}

/** What a frame of this least, greatest and mean value comes to. */
export function measuredRange(range: Float64Array): MeasuredValues {
  return { frames: 1, min: range[0]!, max: range[1]!, mean: range[2]! }
}

/** What the values of one frame come to. */
export function measured(values: FrameValues): MeasuredValues {
  let min = values[0]!
  let max = min
  let sum = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (value < min) min = value
    else if (value > max) max = value
    sum += value
  }
  return { frames: 1, min, max, mean: sum / values.length }
}

/** Least, greatest and mean value of frames of one size, one frame after the other. */
export class Measure {
  #values: MeasuredValues | undefined

  /** `before`: what earlier frames come to. */
  constructor(before?: MeasuredValues) {
    this.#values = before
  }

  /** Undefined before the first frame. */
  get values(): MeasuredValues | undefined {
    return this.#values
  }

  add(other: MeasuredValues): void {
    const before = this.#values
    if (!before) {
      this.#values = other
      return
    }
    const frames = before.frames + other.frames
    this.#values = {
      frames,
      min: Math.min(before.min, other.min),
      max: Math.max(before.max, other.max),
      mean: before.mean + (other.mean - before.mean) * (other.frames / frames),
    }
  }
}
