import { byteGaps, milliseconds } from '../gige/frame.js'
import type { PacketRange } from '../gige-vision/reassembler.js'
import { type FrameHeader, frameHeader } from './header.js'

/** What the pixels of a frame are: as the detector counts, temperatures, or what else the camera's mode calls physical. */
export type PixelUnit = 'counts' | 'degC' | 'physical'

/** What a frame is made of. */
export interface TelopsFrameParts {
  buffer: ArrayBuffer
  /** What the buffer holds: pixels, or, of a frame that is not whole, all that came, header rows included. */
  holds: PixelUnit | 'raw'
  /** Numbers of the header; undefined where it did not come. */
  header: Float64Array<ArrayBuffer> | undefined
  /** Least, greatest and mean value of a whole frame of a recording. */
  range?: Float64Array<ArrayBuffer> | undefined
  /** Usable pixels. */
  width: number
  height: number
  blockId: bigint
  missing: readonly PacketRange[]
  /** Bytes of image in each packet but the last. */
  packetBytes: number
  /** Bytes of image as sent, the header rows included. */
  bytes: number
  timestampNs: bigint
  capturedAtNs: bigint
  receivedAtNs: bigint
}

/** How many rows the camera puts above the pixels. */
export const HEADER_ROWS = 2
const BYTES_PER_PIXEL = 2

/** Bytes of a frame as the camera sends it. */
export function rawBytes(width: number, height: number): number {
  return width * (height + HEADER_ROWS) * BYTES_PER_PIXEL
}

/**
 * One image of a Telops camera, without its header rows. Its data belongs to whoever has the frame; giving it back by
 * `[Symbol.dispose]()` as soon as it is done with spares the allocation of another one, and is optional.
 */
export class TelopsFrame {
  /** Pixels in C order. Empty once the frame was given back. */
  readonly data: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  /** `[height, width]`. */
  readonly shape: readonly [height: number, width: number]
  /** `uint16` for counts, `float32` for physical values. A frame that is not whole comes as counts. */
  readonly dtype: 'uint16' | 'float32'
  readonly unit: PixelUnit
  /** The camera's number of it in this stream; ids that it leaves out are frames that it lost. */
  readonly blockId: bigint
  /** When it was taken by the clock of the camera's network interface, in ns; 0 where it has none. */
  readonly timestampNs: bigint
  /** When it was taken by this host's clock, in ms since 1970 with fractions. */
  readonly capturedAt: number
  /** When its last packet was received by this host's kernel, in ms since 1970 with fractions. */
  readonly receivedAt: number
  /** Every packet of it came. */
  readonly complete: boolean
  /** Packets that never came, both ends included: 0 is the leader, the last one the trailer. */
  readonly missing: readonly PacketRange[]
  readonly #parts: TelopsFrameParts
  #header: FrameHeader | undefined
  #giveBack: ((buffer: ArrayBuffer) => void) | undefined

  /** @internal */
  constructor(parts: TelopsFrameParts, giveBack: (buffer: ArrayBuffer) => void) {
    const { buffer, holds, width, height } = parts
    this.shape = [height, width]
    this.dtype = holds === 'counts' || holds === 'raw' ? 'uint16' : 'float32'
    this.unit = holds === 'raw' ? 'counts' : holds
    this.data =
      this.dtype === 'float32'
        ? new Float32Array(buffer, 0, width * height)
        : new Uint16Array(buffer, holds === 'raw' ? this.#headerBytes(width) : 0, width * height)
    this.blockId = parts.blockId
    this.timestampNs = parts.timestampNs
    this.capturedAt = milliseconds(parts.capturedAtNs)
    this.receivedAt = milliseconds(parts.receivedAtNs)
    this.missing = parts.missing
    this.complete = parts.missing.length === 0 && holds !== 'raw'
    this.#parts = parts
    this.#giveBack = giveBack
  }

  /** What the camera says of it; undefined where the packet that holds it is missing. */
  get header(): FrameHeader | undefined {
    const { header } = this.#parts
    if (header) this.#header ??= frameHeader(header)
    return this.#header
  }

  /** Which pixels came: `height * width` bytes, 0 for one that is missing, 1 for others. */
  mask(): Uint8Array<ArrayBuffer> {
    const { width, height } = this.#parts
    const mask = new Uint8Array(width * height).fill(1)
    const above = HEADER_ROWS * width
    for (const [from, to] of this.rawGaps()) {
      const pixel = (byte: number) => Math.max(0, byte / BYTES_PER_PIXEL - above)
      mask.fill(0, Math.floor(pixel(from)), Math.ceil(pixel(to)))
    }
    return mask
  }

  /**
   * Bytes of the image as it was sent, header rows included, that are missing.
   * @internal
   */
  rawGaps(): [from: number, to: number][] {
    return rawGaps(this.#parts)
  }

  /**
   * The frame as it was sent, header rows included, missing bytes zero; undefined where it is whole.
   * @internal
   */
  get raw(): Uint8Array<ArrayBuffer> | undefined {
    const { holds, buffer, width, height } = this.#parts
    return holds === 'raw' ? new Uint8Array(buffer, 0, rawBytes(width, height)) : undefined
  }

  /**
   * Least, greatest and mean value of a whole frame of a recording.
   * @internal
   */
  get range(): Float64Array<ArrayBuffer> | undefined {
    return this.#parts.range
  }

  /**
   * The header as numbers.
   * @internal
   */
  get headerNumbers(): Float64Array<ArrayBuffer> | undefined {
    return this.#parts.header
  }

  /** Give its memory back; afterwards `data` is empty. Giving it back again does nothing. */
  [Symbol.dispose](): void {
    this.#giveBack?.(this.data.buffer)
    this.#giveBack = undefined
  }

  #headerBytes(width: number): number {
    return HEADER_ROWS * width * BYTES_PER_PIXEL
  }
}

/** Bytes that are missing of a frame of this size. What lies behind the last byte that was heard of is missing, too. */
export function rawGaps({
  missing,
  packetBytes,
  bytes,
  width,
  height,
}: Pick<TelopsFrameParts, 'missing' | 'packetBytes' | 'bytes' | 'width' | 'height'>): [number, number][] {
  const whole = rawBytes(width, height)
  const gaps = byteGaps(missing, packetBytes, Math.min(bytes, whole))
  if (bytes >= whole) return gaps
  const last = gaps.at(-1)
  if (last?.[1] === bytes) last[1] = whole
  else gaps.push([bytes, whole])
  return gaps
}
