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

/** A frame on its way to its place. */
export interface PlacedFrame {
  /** Lent until it is placed. Of a frame that is not whole those that are missing are zero. */
  values: FrameValues
  /** Numbers of its header; see `frameHeader`. */
  header: Float64Array<ArrayBuffer>
  /** What its values come to; undefined of a frame that is not whole. */
  measured: MeasuredValues | undefined
}

/**
 * Where the frames of a download go. Each comes once, as it becomes whole, in any order, or in part at the end; several
 * may be under way at once. What the system refuses (a full disk) is `telops/write`.
 */
export interface Destination {
  /** Before the first frame. */
  begin(shape: DownloadShape): Promise<void>
  /** Take a frame, counted from the first one that was asked for. */
  place(frame: number, placed: PlacedFrame): Promise<void>
  /** No frame follows. */
  close(): Promise<void>
}
