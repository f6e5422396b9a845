import { FramewireError } from '../errors.js'
import { tooLarge } from './file-error.js'
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
  /** Give the file free; nothing can be read afterwards. */
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
  /** Give the file free; nothing can be read afterwards. */
  close(): Promise<void>
}

/** Greatest size of one frame that is read from a file: a header that claims more is taken for damage. */
export const MAX_FRAME_BYTES = 2 ** 30

/** Greatest size of one read: what a typed array holds on every supported platform. */
const MAX_READ_BYTES = 2 ** 32 - 1

/** Bytes of one frame of a source. Throws `frames/file-too-large` over {@link MAX_FRAME_BYTES}. */
export function bytesPerFrame(source: Omit<FrameSource, 'read' | 'close'>): number {
  const { height, width, channels, dtype } = source
  const bytes = height * width * channels * (dtype === 'uint8' ? 1 : 2)
  if (bytes > MAX_FRAME_BYTES) {
    throw tooLarge(
      source.name,
      MAX_FRAME_BYTES,
      `claims frames of ${height} x ${width} pixels, ${bytes} bytes each. The limit is ${MAX_FRAME_BYTES}; the header is probably damaged.`,
    )
  }
  return bytes
}

/** Check what a reader is asked for. Throws `frames/layout` (no such frames), `frames/file-too-large` (too many at once). */
export function checkFrames(source: FrameSource, start: number, count: number): void {
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(count) ||
    start < 0 ||
    count < 1 ||
    start + count > source.frames
  ) {
    throw new FramewireError(
      'frames/layout',
      `${source.name} has ${source.frames} frames; ${count} from ${start} on were asked for.`,
      { reason: 'no such frames' },
    )
  }
  if (count * bytesPerFrame(source) > MAX_READ_BYTES) {
    throw tooLarge(
      source.name,
      MAX_READ_BYTES,
      `${count} frames are too many for one read. Read fewer at a time.`,
    )
  }
}
