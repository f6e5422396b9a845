import type { CapturedFrame, FrameMaker, FrameMakers } from '../../gige/capture/outlet.js'
import type { TelopsFrames } from '../../gige-vision/telops-frames.js'
import { CalibrationMode } from '../enumerations.js'
import { HEADER_ROWS, type PixelUnit, rawBytes, rawGaps, type TelopsFrameParts } from '../frame.js'

/** Bytes of a pixel, as it is sent. */
const BYTES_PER_PIXEL = 2
/** Of a frame, at most: many times that of any of these cameras. */
const MOST_BYTES = 2 ** 26

/** Frames of a Telops camera: header rows off, pixels as counts, or as physical values where they have them. */
class TelopsMaker implements FrameMaker {
  readonly #frames: TelopsFrames
  readonly #convert: boolean
  /** Whether least, greatest and mean value are told of each. */
  readonly #measures: boolean
  /** Usable rows and pixels of a row, as the last leader or header had them. */
  #size = { width: 0, height: 0 }

  constructor(frames: TelopsFrames, convert: boolean, measures: boolean) {
    this.#frames = frames
    this.#convert = convert
    this.#measures = measures
  }

  make(
    { block, timestampNs, capturedAtNs }: CapturedFrame,
    bufferOf: (bytes: number) => ArrayBuffer,
  ): TelopsFrameParts {
    const { blockId, missing, packetBytes, bytes, receivedAtNs, leader } = block
    const header = this.#frames.load(bytes, (into) => block.copy(into))
    if (leader) this.#setSize(leader.width, leader.height - HEADER_ROWS)
    else if (header) this.#setSize(header[5]!, header[6]!)
    const { width, height } = this.#size
    const parts = {
      blockId,
      missing,
      packetBytes,
      bytes,
      width,
      height,
      timestampNs,
      capturedAtNs,
      receivedAtNs,
    }
    if (!header || bytes !== rawBytes(width, height) || rawGaps(parts).length > 0) {
      const buffer = bufferOf(Math.max(bytes, rawBytes(width, height)))
      // It may be a recycled one.
      new Uint8Array(buffer).fill(0, bytes)
      block.copy(new Uint8Array(buffer, 0, bytes))
      return { ...parts, buffer, holds: 'raw', header }
    }
    const unit = this.#convert ? unitOf(header) : 'counts'
    const values = width * height
    const buffer = bufferOf(values * (unit === 'counts' ? BYTES_PER_PIXEL : Float32Array.BYTES_PER_ELEMENT))
    if (unit === 'counts') this.#frames.counts(width, new Uint16Array(buffer, 0, values))
    else this.#frames.physical(width, new Float32Array(buffer, 0, values))
    const range = this.#measures ? this.#frames.range(width, values, unit !== 'counts') : undefined
    return { ...parts, buffer, holds: unit, header, range }
  }

  /** What no camera has is not believed. */
  #setSize(width: number, height: number): void {
    if (height > 0 && rawBytes(width, height) <= MOST_BYTES) this.#size = { width, height }
  }
}

/** What values the header makes of the counts. */
export function unitOf(header: Float64Array): PixelUnit {
  const [, dataOffset, dataExp, , mode] = header
  if (dataOffset === 0 && dataExp === 0) return 'counts'
  return mode === CalibrationMode.RT ? 'degC' : 'physical'
}

/** What a capture worker makes of the blocks of Telops cameras. */
export const TELOPS_MAKERS: FrameMakers = {
  'telops-counts': ({ telops }, { recorded }) => new TelopsMaker(telops, false, recorded),
  'telops-physical': ({ telops }, { recorded }) => new TelopsMaker(telops, true, recorded),
}
