import { FramewireError } from '../errors.js'
import { arraySource } from './array-source.js'
import { parseDtype } from './dtype.js'
import { damaged, truncated } from './file-error.js'
import { axesOf, spell } from './layout.js'
import type { ByteSource, FrameSource } from './source.js'

/** What a file without a header leaves to be said. */
export interface RawOptions {
  /** One frame `(H, W)`, repeated to the end of the file; or the whole `(N, H, W)`, or in colour `(N, H, W, 3 | 4)`. */
  shape: readonly number[]
  /** Numpy's code of the pixel type: `u1`, `<u2`, `>u2`; or `uint8`, `uint16` (little-endian). */
  dtype: string
  /** Bytes before the first frame. Default 0. */
  offset?: number
}

/**
 * Frames of a file without a header, C order.
 * Throws `frames/dtype`, `frames/rank`, `frames/empty`, `frames/layout`, `frames/file-truncated`, and
 * `frames/file-format` where bytes are left over that make no whole frame.
 */
export function openRaw(bytes: ByteSource, { shape, dtype, offset = 0 }: RawOptions): FrameSource {
  const type = parseDtype(dtype, bytes.name)
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new FramewireError('frames/layout', `The offset ${offset} is not a number of bytes.`, {
      reason: 'the offset is not a whole number',
    })
  }
  if (shape.length !== 2) {
    const source = arraySource(bytes, { offset, shape, type, order: 'C' })
    const end = offset + shape.reduce((product, length) => product * length, type.itemBytes)
    refuseRest(bytes, end)
    return source
  }
  const { height, width } = axesOf(shape, undefined, bytes.name)
  const frameBytes = height * width * type.itemBytes
  const frames = Math.floor((bytes.size - offset) / frameBytes)
  if (frames < 1) throw truncated(bytes.name, offset + frameBytes, bytes.size)
  const rest = bytes.size - offset - frames * frameBytes
  if (rest > 0) {
    throw damaged(
      bytes.name,
      `holds ${frames} whole frames of ${spell(shape)} ${dtype} and ${rest} bytes over. Check shape, dtype and offset; if the last frame is cut, cut the rest off too.`,
      { offset: bytes.size - rest },
    )
  }
  return arraySource(bytes, { offset, shape: [frames, height, width], type, order: 'C' })
}

/**
 * Refuse a file that goes on after its array: frames that were appended would be lost in silence.
 * Throws `frames/file-format`.
 */
export function refuseRest(bytes: ByteSource, end: number): void {
  if (bytes.size > end) {
    throw damaged(
      bytes.name,
      `goes on for ${bytes.size - end} bytes after the array that was declared. If frames were appended to it, write them as one array (or give a shape that counts them).`,
      { offset: end },
    )
  }
}
