import type { PacketRange } from '../gige-vision/reassembler.js'
import type { ImageLayout } from './image-layout.js'
import type { PixelFormat } from './pixel-format.js'

/** What a frame is made of. */
export interface FrameParts {
  buffer: ArrayBuffer
  layout: ImageLayout
  blockId: bigint
  complete: boolean
  missing: readonly PacketRange[]
  /** Bytes of image in each packet but the last. */
  packetBytes: number
  /** Bytes of image as sent. */
  bytes: number
  timestampNs: bigint
  capturedAtNs: bigint
  receivedAtNs: bigint
}

/**
 * One image of a camera. Its data belongs to whoever has the frame; giving it back by `[Symbol.dispose]()` as soon as it
 * is done with spares the allocation of another one, and is optional.
 */
export class GigeFrame {
  /**
   * Values in C order, 8 bit as `Uint8Array`, more as `Uint16Array`, low bits first: a 12-bit value is 0 to 4095.
   * Of a format that is not known here: bytes as the camera sent them. Empty once the frame was given back.
   */
  readonly data: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
  /** `[height, width]`; with a third axis for colours; `[bytes]` for a format that is not known here. */
  readonly shape: readonly number[]
  readonly dtype: 'uint8' | 'uint16'
  readonly pixelFormat: PixelFormat
  /** The camera's number of it; ids that it leaves out are frames that it lost. 16-bit ones go from 65,535 to 1. */
  readonly blockId: bigint
  /** When it was taken by the camera's clock, in ns; 0 where it has none. */
  readonly timestampNs: bigint
  /**
   * When it was taken by this host's clock, in ms since 1970 as `Date.now()` has it, with fractions: from the camera's
   * clock, its drift taken out. Where it has none, when the first packet was received.
   */
  readonly capturedAt: number
  /** When its last packet was received by this host's kernel, in ms since 1970 with fractions. */
  readonly receivedAt: number
  /** Every packet of it came. */
  readonly complete: boolean
  /** Packets that never came, both ends included: 0 is the leader, the last one the trailer. Empty where it is complete. */
  readonly missing: readonly PacketRange[]
  readonly #layout: ImageLayout
  readonly #packetBytes: number
  readonly #bytes: number
  #giveBack: ((buffer: ArrayBuffer) => void) | undefined

  /** @internal */
  constructor(parts: FrameParts, giveBack: (buffer: ArrayBuffer) => void) {
    const { buffer, layout } = parts
    this.shape = layout.shape
    this.dtype = layout.format.dtype
    this.pixelFormat = layout.format
    const values = layout.shape.reduce((product, axis) => product * axis, 1)
    this.data =
      this.dtype === 'uint16' ? new Uint16Array(buffer, 0, values) : new Uint8Array(buffer, 0, values)
    this.blockId = parts.blockId
    this.timestampNs = parts.timestampNs
    this.capturedAt = milliseconds(parts.capturedAtNs)
    this.receivedAt = milliseconds(parts.receivedAtNs)
    this.complete = parts.complete
    this.missing = parts.missing
    this.#layout = layout
    this.#packetBytes = parts.packetBytes
    this.#bytes = parts.bytes
    this.#giveBack = giveBack
  }

  /**
   * Bytes of the image as the camera sent it that are missing, `[from, to)` each, in order. In `data` their values are 0.
   */
  gaps(): [from: number, to: number][] {
    return byteGaps(this.missing, this.#packetBytes, this.#bytes)
  }

  /** Which pixels came: `height * width` bytes, 0 for one that is missing or in part so, 1 for others. */
  mask(): Uint8Array<ArrayBuffer> {
    return gapMask(this.#layout, this.gaps())
  }

  /** Give its memory back; afterwards `data` is empty. Giving it back again does nothing. */
  [Symbol.dispose](): void {
    this.#giveBack?.(this.data.buffer)
    this.#giveBack = undefined
  }
}

/** How images come from any camera: made by `ImageMaker` in the capture worker. */
export const IMAGES = {
  maker: 'image',
  headerRows: 0,
  make: (parts: FrameParts, giveBack: (buffer: ArrayBuffer) => void) => new GigeFrame(parts, giveBack),
}

/** The bytes of image that missing packets would have brought. */
export function byteGaps(
  missing: readonly PacketRange[],
  packetBytes: number,
  bytes: number,
): [from: number, to: number][] {
  return missing
    .map(([first, last]): [number, number] => [
      Math.min(bytes, Math.max(0, first - 1) * packetBytes),
      Math.min(bytes, last * packetBytes),
    ])
    .filter(([from, to]) => from < to)
}

/** Pixels of which each bit came, as 1. */
export function gapMask(
  { height, width, rowBits, format }: ImageLayout,
  gaps: readonly (readonly [from: number, to: number])[],
): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(height * width).fill(1)
  for (const [from, to] of gaps) {
    const firstRow = Math.floor((from * 8) / rowBits)
    const lastRow = Math.min(height - 1, Math.floor((to * 8 - 1) / rowBits))
    for (let row = firstRow; row <= lastRow; row++) {
      const first = Math.max(0, Math.floor((from * 8 - row * rowBits) / format.bitsPerPixel))
      const end = Math.min(width, Math.ceil((to * 8 - row * rowBits) / format.bitsPerPixel))
      if (first < end) mask.fill(0, row * width + first, row * width + end)
    }
  }
  return mask
}

/** Of a time in ns: ms, with fractions. */
export function milliseconds(ns: bigint): number {
  return Number(ns / 1000n) / 1000
}
