import { type PixelType, pixelsOf } from './dtype.js'
import { truncated } from './file-error.js'
import { axesOf, isColour } from './layout.js'
import { type ByteSource, bytesPerFrame, checkFrames, type FrameSource } from './source.js'
import type { Stack } from './stack.js'

/** Where and how an array lies in a file. */
export interface FileArray {
  /** Bytes before the first value. */
  offset: number
  /** `(H, W)`, `(N, H, W)` or `(N, H, W, 3 | 4)`: a fourth axis is colour. */
  shape: readonly number[]
  type: PixelType
  /** `'F'`: first axis fastest. */
  order: 'C' | 'F'
}

/** Bytes read at once while frames are gathered from a file in Fortran order. */
const WINDOW_BYTES = 4 * 2 ** 20

/** From this distance of a frame's neighbouring pixels on, a read for each is cheaper than reading what is between. */
const SPARSE_BYTES = 16 * 2 ** 10

/**
 * Frames of one whole array within a file (.npy, raw, uncompressed stacks of ImageJ).
 *
 * In C order a read of frames is one read of bytes. In Fortran order the pixels of a frame are spread over the whole
 * file: it is gathered in windows, with bounded memory but slowly.
 * Throws `frames/rank`, `frames/empty`, `frames/layout`, `frames/file-truncated`, `frames/file-too-large`.
 */
export function arraySource(bytes: ByteSource, array: FileArray): FrameSource {
  const { offset, shape, type, order } = array
  const { name } = bytes
  const colour = shape.length === 4 && isColour(shape[3]) ? shape[3] : undefined
  const axes = axesOf(shape, colour, name)
  const described = { name, ...axes, dtype: type.dtype, bits: type.itemBytes * 8 }
  const frameBytes = bytesPerFrame(described)
  const end = offset + axes.frames * frameBytes
  if (bytes.size < end) throw truncated(name, end, bytes.size)

  /** Values of one pixel position, frame after frame, lie together; positions are `frames` values apart. */
  async function gather(start: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const { itemBytes } = type
    const positions = frameBytes / itemBytes
    const step = axes.frames * itemBytes
    const taken = count * itemBytes
    const positionsAtOnce = step > SPARSE_BYTES ? 1 : Math.max(1, Math.floor((WINDOW_BYTES - taken) / step))
    const gathered = new Uint8Array(count * frameBytes)
    for (let first = 0; first < positions; first += positionsAtOnce) {
      const many = Math.min(positionsAtOnce, positions - first)
      const window = await bytes.read(offset + first * step + start * itemBytes, (many - 1) * step + taken)
      for (let k = 0; k < many; k++) {
        gathered.set(window.subarray(k * step, k * step + taken), (first + k) * taken)
      }
    }
    return gathered
  }

  const source: FrameSource = {
    ...described,
    async read(start, count): Promise<Stack> {
      checkFrames(source, start, count)
      const read =
        order === 'C'
          ? await bytes.read(offset + start * frameBytes, count * frameBytes)
          : await gather(start, count)
      const { height, width, channels } = axes
      return {
        data: pixelsOf(read, type),
        shape: colour ? [count, height, width, channels] : [count, height, width],
        dtype: type.dtype,
        order,
        byteOrder: type.byteOrder,
        bits: described.bits,
        ...(colour ? { channels: colour } : {}),
      }
    },
    close: () => bytes.close(),
  }
  return source
}
