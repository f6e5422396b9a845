import type { Pixels } from '../../gige-vision/pixels.js'
import type { FinishedBlock } from '../../gige-vision/reassembler.js'
import { arrayBytes, type ImageLayout } from '../image-layout.js'

/** Bytes that a buffer needs to take a block in: the array, or the image as sent where it is made an array in place. */
export function bufferBytes({ bytes }: FinishedBlock, layout: ImageLayout): number {
  return Math.max(arrayBytes(layout), bytes)
}

/** Copy a block's image out as the array that its layout says; padding is left out, packed values are unpacked. */
export function copyFrame(
  block: FinishedBlock,
  layout: ImageLayout,
  byteOrder: 'little' | 'big',
  pixels: Pixels,
  buffer: ArrayBuffer,
): void {
  const { height, width, rowBits, padded, format } = layout
  const {
    channels,
    dtype,
    packing = dtype === 'uint16' && byteOrder === 'big' ? 'u16be' : undefined,
  } = format
  if (packing) {
    const values = width * channels
    pixels.unpack(
      {
        format: packing,
        bytes: block.bytes,
        height,
        width: values,
        ...(padded && { rowBytes: rowBits / 8 }),
      },
      (into) => block.copy(into),
      new Uint16Array(buffer, 0, height * values),
    )
    return
  }
  const bytes = new Uint8Array(buffer, 0, block.bytes)
  block.copy(bytes)
  if (!padded) return
  const rowBytes = arrayBytes(layout) / height
  for (let row = 1; row < height; row++) {
    const start = (row * rowBits) / 8
    bytes.copyWithin(row * rowBytes, start, start + rowBytes)
  }
}
