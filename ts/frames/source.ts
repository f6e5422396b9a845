import type { Stack } from './stack.js'

/**
 * Random access to the bytes of a recording, wherever they lie (a Node file, a browser `File`).
 * `read` answers exactly `length` bytes or throws `frames/file-truncated`.
 */
export interface ByteSource {
  /** Name for messages. */
  readonly name: string
  /** Length in bytes. */
  readonly size: number
  /** A fresh copy of `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

/** A recording opened lazily: the header is read, pixels are read when asked for. */
export interface FrameSource {
  /** Name for messages. */
  readonly name: string
  /** Number of frames. */
  readonly frames: number
  readonly height: number
  readonly width: number
  readonly dtype: 'uint8' | 'uint16'
  /** Significant bits (8 for uint8; 16 unless the file says less). */
  readonly bits: number
  /** 1 for gray; 3 or 4 for colour. */
  readonly channels: 1 | 3 | 4
  /**
   * Frames `start .. start + count - 1` as a stack `(count, H, W)` or `(count, H, W, C)`, with `strides`, `order`
   * and `byteOrder` as the file has them. Reads no more than these frames need.
   */
  read(start: number, count: number): Promise<Stack>
  close(): Promise<void>
}
