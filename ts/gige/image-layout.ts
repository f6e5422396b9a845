import type { BlockLeader } from '../gige-vision/reassembler.js'
import { type PixelFormat, pixelFormat } from './pixel-format.js'

/** How an image lies in the bytes that a camera sent, and what array it becomes. */
export interface ImageLayout {
  /** `[height, width]`, with a third axis where a pixel has several values; `[bytes]` for bytes as they came. */
  shape: readonly number[]
  height: number
  /** Pixels in a row. */
  width: number
  /** Bits from one row to the next as sent. */
  rowBits: number
  /** Rows begin at a byte, with padding behind them. */
  padded: boolean
  format: PixelFormat
}

/** An image of unknown format: its bytes, as one row. */
const RAW = 0

/**
 * The layout of `bytes` bytes of image behind this leader. What a leader says and the bytes do not bear out is never
 * believed: then, as where the leader is missing or its format not known, the image is one row of bytes. Of a
 * `complete` image with fewer rows than its leader says, as line-scan cameras send, the rows that are there count.
 */
export function layoutOf(leader: BlockLeader | undefined, bytes: number, complete: boolean): ImageLayout {
  const format = pixelFormat(leader?.pixelFormat ?? RAW)
  if (!leader || format.significantBits === undefined) return rawLayout(format, bytes)
  const { width, paddingX } = leader
  const padded = paddingX > 0
  const pixelBits = width * format.bitsPerPixel
  const rowBits = padded ? (Math.ceil(pixelBits / 8) + paddingX) * 8 : pixelBits
  let { height } = leader
  if (complete && rowBits > 0) height = Math.min(height, Math.floor((bytes * 8) / rowBits))
  if (height === 0 || width === 0 || Math.ceil((height * rowBits) / 8) > bytes)
    return rawLayout(format, bytes)
  const shape = format.channels === 1 ? [height, width] : [height, width, format.channels]
  return { shape, height, width, rowBits, padded, format }
}

function rawLayout(format: PixelFormat, bytes: number): ImageLayout {
  const raw: PixelFormat = { ...format, dtype: 'uint8', channels: 1, bitsPerPixel: 8, packing: undefined }
  return { shape: [bytes], height: 1, width: bytes, rowBits: bytes * 8, padded: false, format: raw }
}

/** Bytes of the array that the image becomes. */
export function arrayBytes({ height, width, format }: ImageLayout): number {
  return height * width * format.channels * (format.dtype === 'uint16' ? 2 : 1)
}
