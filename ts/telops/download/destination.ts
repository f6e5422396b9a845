import type { MeasuredValues } from './measured.js'

/** What a download is of. */
export interface DownloadShape {
  frames: number
  height: number
  width: number
  /** `float32`: physical values; `uint16`: counts. */
  dtype: 'uint16' | 'float32'
}

/** Pixels of a frame, without the header rows. */
export type FrameValues = Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** What stands in place of a pixel that never came. No count is left for that: frames tell what is missing of them. */
export const MISSING = { uint16: 0, float32: Number.NaN } as const

/** A frame of which nothing came. */
export function missingFrame({ height, width, dtype }: DownloadShape): FrameValues {
  const values = dtype === 'uint16' ? new Uint16Array(height * width) : new Float32Array(height * width)
  return values.fill(MISSING[dtype])
}

/** A frame on its way to its place. */
export interface PlacedFrame {
  /** Lent until it is placed. Of a frame that is not whole those that are missing are `MISSING`. */
  values: FrameValues
  /** Numbers of its header; see `frameHeader`. */
  header: Float64Array<ArrayBuffer>
  /** What its values come to; undefined of a frame that is not whole. */
  measured: MeasuredValues | undefined
}

/**
 * Where the frames of a download go. Each comes once, as it becomes whole, in any order, or in part or as one that never
 * came at the end; several may be under way at once. What the system refuses (a full disk) is `telops/write`.
 */
export interface Destination {
  /** Before the first frame. */
  begin(shape: DownloadShape): Promise<void>
  /** Take a frame, counted from the first one that was asked for. */
  place(frame: number, placed: PlacedFrame): Promise<void>
  /** Nothing of this frame came, and nothing will: its pixels are `MISSING`. */
  leaveOut(frame: number): Promise<void>
  /** No frame follows. */
  close(): Promise<void>
}
