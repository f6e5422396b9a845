/** Typed arrays that pixels may come in. */
export type PixelData =
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** Names of pixel types, as numpy spells them. Only `uint8` and `uint16` can be streamed. */
export type Dtype =
  | 'uint8'
  | 'uint16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint32'
  | 'float32'
  | 'float64'
  | 'bool'

/**
 * Frames of one shape: `(H, W)`, `(N, H, W)`, or with a last axis of 3 (RGB) or 4 (RGBA) where `channels`
 * is given: `(H, W, C)`, `(N, H, W, C)`.
 */
export interface Stack {
  data: PixelData
  /** Lengths of the axes, in pixels. */
  shape: readonly number[]
  /** Default: what the typed array says (`Uint16Array` is `uint16`). `bool` must be stated. */
  dtype?: Dtype
  /** Elements (not bytes) from one index to the next along each axis. Default: C order. */
  strides?: readonly number[]
  /** `'F'` for Fortran order (first axis fastest); `strides` overrides it. */
  order?: 'C' | 'F'
  /** Byte order of 16-bit pixels in `data`. Default: little-endian. */
  byteOrder?: 'little' | 'big'
  /** Present when the last axis is colour. */
  channels?: 3 | 4
  /** Significant bits of 16-bit data, 9 to 16: what `full` takes as its upper end. Default 16. */
  bits?: number
}

/** What `push` takes: a stack, or an array of single frames of one shape. */
export type Frames = Stack | readonly Stack[]
