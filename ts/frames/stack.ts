import type { PixelFormat } from '../core/core.js'
import { FramewireError } from '../errors.js'
import { unsupportedDtype } from './dtype.js'
import { axesOf, spell, stridesOf } from './layout.js'

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

/** Frames that were checked, and the one way to get at the bytes of each, however they lie in memory. */
export interface FrameRun {
  /** Number of frames, at least 1. */
  readonly frames: number
  readonly height: number
  readonly width: number
  /** 1 for gray; 3 or 4 for colour. */
  readonly channels: 1 | 3 | 4
  /** How the bytes of a copied frame are to be read. */
  readonly format: PixelFormat
  /** Bytes of one copied frame. */
  readonly bytesPerFrame: number
  /** Significant bits of a value: 8, or 9 to 16. */
  readonly bits: number
  /** Whether each frame already lies in memory as it is copied: then a copy is one block move. */
  readonly isContiguousFrame: boolean
  /**
   * Write frame `i` as C-contiguous bytes to the start of `into`, which may be longer (a recycled buffer).
   * Throws `frames/layout` where there is no such frame or `into` is too short.
   */
  copyFrame(i: number, into: Uint8Array): void
}

const dtypeOfArray: Readonly<Record<string, Dtype>> = {
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Uint16Array: 'uint16',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
  Float32Array: 'float32',
  Float64Array: 'float64',
}

/**
 * Check frames before anything is done with them.
 *
 * Throws `frames/dtype` (neither uint8 nor uint16), `frames/rank`, `frames/empty`, `frames/layout` (data, shape,
 * strides and options do not fit each other) and, within an array of frames, `frames/size-changed`.
 * The data is not copied: it must stay as it is until the last `copyFrame`.
 */
export function frameRun(frames: Frames): FrameRun {
  return Array.isArray(frames) ? runOfFrames(frames as readonly Stack[]) : runOfStack(frames as Stack)
}

/** A run over an array of single frames: the description of the first, which the others must share. */
function runOfFrames(frames: readonly Stack[]): FrameRun {
  if (frames.length === 0) {
    throw new FramewireError('frames/empty', 'The array of frames is empty. Push at least one frame.', {
      shape: [0],
    })
  }
  const runs = frames.map((frame, i) => runOfStack(frame, `Frame ${i} of the array`))
  const first = runs[0]!
  runs.forEach((run, i) => {
    const { shape } = frames[i]!
    if (shape.length !== (run.channels === 1 ? 2 : 3)) {
      throw new FramewireError(
        'frames/rank',
        `Frame ${i} of the array has the shape ${spell(shape)}. An array holds single frames, (H, W) or (H, W, C); push a stack by itself.`,
        { shape },
      )
    }
    if (spell(shape) !== spell(frames[0]!.shape)) {
      throw new FramewireError(
        'frames/size-changed',
        `Frame ${i} of the array has the shape ${spell(shape)}, the first has ${spell(frames[0]!.shape)}. A stream keeps one frame size: crop or pad, or start a second stream.`,
        { expected: frames[0]!.shape, actual: shape },
      )
    }
    if (run.format !== first.format || run.bits !== first.bits) {
      throw new FramewireError(
        'frames/layout',
        `Frame ${i} of the array is ${run.format} of ${run.bits} bits, the first is ${first.format} of ${first.bits}. Give all frames of an array one pixel type.`,
        { reason: 'the pixel type changes within the array' },
      )
    }
  })
  return {
    ...first,
    frames: runs.length,
    isContiguousFrame: runs.every((run) => run.isContiguousFrame),
    copyFrame(i, into) {
      checkCopy(i, runs.length, into, first.bytesPerFrame)
      runs[i]!.copyFrame(0, into)
    },
  }
}

function runOfStack(stack: Stack, subject = 'The stack'): FrameRun {
  if (!Array.isArray(stack?.shape)) {
    throw new FramewireError(
      'frames/rank',
      `${subject} has no shape. Give the pixels with their axes: \`{ data, shape: [n, height, width] }\`.`,
      { shape: [] },
    )
  }
  const itemBytes = checkPixels(stack, subject)
  const { data, shape } = stack
  const { frames, height, width, channels } = axesOf(shape, stack.channels, subject)
  const bits = checkBits(stack, itemBytes, subject)
  const strides = checkStrides(stack, subject)

  // The four axes of any stack; an axis that is not there has length 1, and its step is never taken.
  const [x, c] = stack.channels ? [-2, -1] : [-1, shape.length]
  const stepX = strides.at(x)!
  const stepY = strides.at(x - 1)!
  const stepC = strides.at(c) ?? 1
  const stepN = frames > 1 ? strides[0]! : 0

  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const rowElements = width * channels
  const isContiguousRow = (channels === 1 || stepC === 1) && (width === 1 || stepX === channels)
  const isContiguousFrame = isContiguousRow && (height === 1 || stepY === rowElements)
  const bytesPerFrame = height * rowElements * itemBytes

  return {
    frames,
    height,
    width,
    channels,
    format: formatOf(channels, itemBytes, stack.byteOrder ?? 'little'),
    bytesPerFrame,
    bits,
    isContiguousFrame,
    copyFrame(i, into) {
      checkCopy(i, frames, into, bytesPerFrame)
      const start = i * stepN
      if (isContiguousFrame) {
        into.set(bytes.subarray(start * itemBytes, start * itemBytes + bytesPerFrame))
        return
      }
      let k = 0
      for (let y = 0; y < height; y++) {
        const row = start + y * stepY
        if (isContiguousRow) {
          into.set(bytes.subarray(row * itemBytes, (row + rowElements) * itemBytes), k)
          k += rowElements * itemBytes
          continue
        }
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < channels; c++) {
            const from = (row + x * stepX + c * stepC) * itemBytes
            into[k++] = bytes[from]!
            if (itemBytes === 2) into[k++] = bytes[from + 1]!
          }
        }
      }
    },
  }
}

/** Bytes of one value. By the array's own name, so that arrays of another realm (a frame, a worker) are known too. */
function checkPixels({ data, dtype, byteOrder }: Stack, subject: string): 1 | 2 {
  const name = Object.prototype.toString.call(data).slice(8, -1)
  const ofArray = dtypeOfArray[name]
  const stated = dtype ?? ofArray
  if (stated !== 'uint8' && stated !== 'uint16') throw unsupportedDtype(stated ?? name, subject)
  if (stated !== ofArray) {
    throw new FramewireError(
      'frames/dtype',
      `${subject} says dtype ${stated}, but its data is a ${name}. Pass the data as a ${stated === 'uint8' ? 'Uint8Array' : 'Uint16Array'}.`,
      { dtype: ofArray ?? name },
    )
  }
  if (byteOrder !== undefined && byteOrder !== 'little' && byteOrder !== 'big') {
    throw new FramewireError(
      'frames/layout',
      `${subject} has an unknown \`byteOrder\`: give 'little' or 'big'.`,
      {
        reason: `unknown byte order ${String(byteOrder)}`,
      },
    )
  }
  return stated === 'uint8' ? 1 : 2
}

function checkBits({ bits }: Stack, itemBytes: 1 | 2, subject: string): number {
  const isKnown =
    bits === undefined || (itemBytes === 1 ? bits === 8 : Number.isInteger(bits) && bits > 8 && bits <= 16)
  if (!isKnown) {
    throw new FramewireError(
      'frames/layout',
      `${subject} has \`bits: ${bits}\`: 8-bit data has 8, 16-bit data 9 to 16 significant bits.`,
      { reason: `impossible number of bits ${bits}` },
    )
  }
  return bits ?? itemBytes * 8
}

/** The strides, checked to stay inside of the data. */
function checkStrides({ data, shape, strides, order }: Stack, subject: string): readonly number[] {
  if (strides === undefined) {
    if (order !== undefined && order !== 'C' && order !== 'F') {
      throw new FramewireError('frames/layout', `${subject} has an unknown \`order\`: give 'C' or 'F'.`, {
        reason: `unknown order ${String(order)}`,
      })
    }
    const elements = shape.reduce((product, length) => product * length, 1)
    if (data.length !== elements) {
      const hint = data.length === 0 ? ' Was its buffer transferred elsewhere?' : ''
      throw new FramewireError(
        'frames/layout',
        `${subject} of shape ${spell(shape)} needs ${elements} values, but its data has ${data.length}.${hint}`,
        {
          expectedBytes: elements * data.BYTES_PER_ELEMENT,
          actualBytes: data.byteLength,
          reason: 'the data does not fit the shape',
        },
      )
    }
    return stridesOf(shape, order ?? 'C')
  }
  if (strides.length !== shape.length || !strides.every(Number.isSafeInteger)) {
    throw new FramewireError(
      'frames/layout',
      `${subject} of shape ${spell(shape)} needs one whole stride (in values, not bytes) for each axis; it has ${spell(strides)}.`,
      { reason: 'the strides do not fit the shape' },
    )
  }
  const reach = strides.map((stride, axis) => stride * (shape[axis]! - 1))
  const lowest = reach.reduce((sum, r) => sum + Math.min(r, 0), 0)
  const highest = reach.reduce((sum, r) => sum + Math.max(r, 0), 0)
  if (lowest < 0 || highest >= data.length) {
    throw new FramewireError(
      'frames/layout',
      `${subject} of shape ${spell(shape)} with strides ${spell(strides)} reaches from value ${lowest} to ${highest}, outside of its ${data.length} values. Strides start at data[0]: pass a subarray, and copy what is mirrored.`,
      {
        expectedBytes: (highest + 1) * data.BYTES_PER_ELEMENT,
        actualBytes: data.byteLength,
        reason: 'the strides leave the data',
      },
    )
  }
  return strides
}

function checkCopy(i: number, frames: number, into: Uint8Array, bytesPerFrame: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= frames) {
    throw new FramewireError('frames/layout', `There is no frame ${i} in a run of ${frames}.`, {
      reason: 'no such frame',
    })
  }
  if (into.length < bytesPerFrame) {
    throw new FramewireError(
      'frames/layout',
      `A frame of ${bytesPerFrame} bytes needs a buffer of that size.`,
      {
        expectedBytes: bytesPerFrame,
        actualBytes: into.length,
        reason: 'the buffer is too short',
      },
    )
  }
}

function formatOf(channels: 1 | 3 | 4, itemBytes: 1 | 2, byteOrder: 'little' | 'big'): PixelFormat {
  const colour = channels === 1 ? '' : channels === 3 ? 'rgb' : 'rgba'
  if (itemBytes === 1) return colour ? `${colour}8` : 'u8'
  const end = byteOrder === 'big' ? 'be' : 'le'
  return colour ? `${colour}16${end}` : `u16${end}`
}
