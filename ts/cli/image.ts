/** One image in memory. */
export interface Image {
  /** Values in C order. */
  data: Uint8Array | Uint16Array | Float32Array
  /** `[height, width]`; with a third axis of 3 (RGB) or 4 (RGBA); other shapes are arrays of numbers and no pictures. */
  shape: readonly number[]
}

const BITS: Readonly<Record<number, Picture['bits']>> = { 1: 8, 2: 16, 4: 32 }

/** What makes a picture of an array. */
export interface Picture {
  height: number
  width: number
  channels: 1 | 3 | 4
  /** 32: floats. */
  bits: 8 | 16 | 32
}

/** The array as a picture; undefined where it is none. */
export function pictureOf({ data, shape }: Image): Picture | undefined {
  const [height, width, channels = 1] = shape
  if (height === undefined || width === undefined || shape.length > 3) return undefined
  if (channels !== 1 && channels !== 3 && channels !== 4) return undefined
  return { height, width, channels, bits: BITS[data.BYTES_PER_ELEMENT]! }
}

/** The values as bytes: a view, little-endian. */
export function bytesOf({ buffer, byteOffset, byteLength }: Image['data']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
