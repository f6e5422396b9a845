import type { Pixels } from '../../gige-vision/pixels.js'
import type { FrameParts } from '../frame.js'
import { layoutOf } from '../image-layout.js'
import { bufferBytes, copyFrame } from './frame-copy.js'
import type { CapturedFrame, FrameMaker } from './outlet.js'

/** Images of any camera, as arrays of their pixels. */
export class ImageMaker implements FrameMaker {
  readonly #pixels: Pixels
  readonly #byteOrder: 'little' | 'big'

  constructor(pixels: Pixels, byteOrder: 'little' | 'big') {
    this.#pixels = pixels
    this.#byteOrder = byteOrder
  }

  make(
    { block, timestampNs, capturedAtNs }: CapturedFrame,
    bufferOf: (bytes: number) => ArrayBuffer,
  ): FrameParts {
    const { blockId, complete, missing, packetBytes, bytes, receivedAtNs } = block
    const layout = layoutOf(block.leader, bytes, complete)
    const buffer = bufferOf(bufferBytes(block, layout))
    copyFrame(block, layout, this.#byteOrder, this.#pixels, buffer)
    return {
      buffer,
      layout,
      blockId,
      complete,
      missing,
      packetBytes,
      bytes,
      timestampNs,
      capturedAtNs,
      receivedAtNs,
    }
  }
}
