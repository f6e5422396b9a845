import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FrameRun, frameRun, type Stack } from '../../../ts/frames/stack.js'
import { expectCode, valuesOf } from './recordings.js'

/** All frames of a run, copied one after the other into a recycled buffer that is longer than a frame. */
function copied(run: FrameRun): number[] {
  const recycled = new Uint8Array(run.bytesPerFrame + 3).fill(0xee)
  const bytes: number[] = []
  for (let i = 0; i < run.frames; i++) {
    run.copyFrame(i, recycled)
    expect([...recycled.subarray(run.bytesPerFrame)]).toEqual([0xee, 0xee, 0xee])
    bytes.push(...recycled.subarray(0, run.bytesPerFrame))
  }
  return bytes
}

/** What a copy of these values must be, byte by byte. */
function bytesOf(stack: Stack): number[] {
  const values = valuesOf({ ...stack, byteOrder: 'little' })
  return stack.data.BYTES_PER_ELEMENT === 1 ? values : values.flatMap((v) => [v & 255, v >> 8])
}

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** Any stack: single frame or not, gray or colour, 8 or 16 bit, C, Fortran, or cut out of a larger array by strides. */
const anyStack: fc.Arbitrary<Stack> = fc
  .record({
    frames: fc.integer({ min: 0, max: 4 }),
    height: fc.integer({ min: 1, max: 5 }),
    width: fc.integer({ min: 1, max: 5 }),
    channels: fc.constantFrom(undefined, 3 as const, 4 as const),
    wide: fc.boolean(),
    kind: fc.constantFrom('C' as const, 'F' as const, 'strided' as const, 'permuted' as const),
    gaps: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    lead: fc.integer({ min: 0, max: 3 }),
    seed: fc.integer(),
  })
  .map(({ frames, height, width, channels, wide, kind, gaps, lead, seed }) => {
    const shape = [...(frames ? [frames] : []), height, width, ...(channels ? [channels] : [])]
    // Lay the axes with gaps between rows and frames, from the last axis or (permuted) from the first outward.
    const strides = new Array<number>(shape.length)
    let step = 1
    for (let k = 0; k < shape.length; k++) {
      const axis = kind === 'permuted' ? k : shape.length - 1 - k
      strides[axis] = step
      step *= shape[axis]! + gaps[k]!
    }
    const length = kind === 'C' || kind === 'F' ? count(shape) : step
    const all = wide ? new Uint16Array(lead + length) : new Uint8Array(lead + length)
    for (let i = 0; i < all.length; i++) all[i] = Math.imul(i + seed, 0x9e3779b1) >>> 16
    const data = all.subarray(lead)
    return {
      data,
      shape,
      ...(channels ? { channels } : {}),
      ...(kind === 'C' || kind === 'F' ? { order: kind } : { strides }),
    }
  })

describe('frames of a stack', () => {
  it('are copied as plain index arithmetic says, however they lie', () => {
    fc.assert(
      fc.property(anyStack, (stack) => {
        expect(copied(frameRun(stack))).toEqual(bytesOf(stack))
      }),
      { numRuns: 500 },
    )
  })

  it('are copied in one move where each lies as it is sent', () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => i)
    expect(frameRun({ data, shape: [2, 3, 4] }).isContiguousFrame).toBe(true)
    // Frames apart from each other, or one frame for all: still whole frames.
    expect(frameRun({ data, shape: [2, 2, 4], strides: [16, 4, 1] }).isContiguousFrame).toBe(true)
    expect(frameRun({ data, shape: [3, 2, 4], strides: [0, 4, 1] }).isContiguousFrame).toBe(true)
    expect(frameRun({ data, shape: [2, 3, 4], order: 'F' }).isContiguousFrame).toBe(false)
    expect(frameRun({ data, shape: [2, 3, 2], strides: [12, 4, 1] }).isContiguousFrame).toBe(false)
  })

  it.each([
    [{ data: new Uint8Array(6), shape: [2, 3] }, 'u8', 8, 6],
    [{ data: new Uint8ClampedArray(6), shape: [1, 2, 3] }, 'u8', 8, 6],
    [{ data: Buffer.alloc(6), shape: [2, 3] }, 'u8', 8, 6],
    [{ data: new Uint8Array(new SharedArrayBuffer(6)), shape: [2, 3] }, 'u8', 8, 6],
    [{ data: new Uint16Array(6), shape: [2, 3] }, 'u16le', 16, 12],
    [{ data: new Uint16Array(6), shape: [2, 3], byteOrder: 'big' as const, bits: 12 }, 'u16be', 12, 12],
    [{ data: new Uint8Array(18), shape: [2, 3, 3], channels: 3 as const }, 'rgb8', 8, 18],
    [{ data: new Uint8Array(24), shape: [1, 2, 3, 4], channels: 4 as const }, 'rgba8', 8, 24],
    [{ data: new Uint16Array(18), shape: [2, 3, 3], channels: 3 as const }, 'rgb16le', 16, 36],
    [
      { data: new Uint16Array(24), shape: [2, 3, 4], channels: 4 as const, byteOrder: 'big' as const },
      'rgba16be',
      16,
      48,
    ],
  ])('are described: %o', (stack, format, bits, bytesPerFrame) => {
    expect(frameRun(stack)).toMatchObject({ frames: 1, height: 2, width: 3, format, bits, bytesPerFrame })
  })

  it('come as an array of single frames, each laid in its own way', () => {
    const c = Uint8Array.from([1, 2, 3, 4, 5, 6])
    const f = Uint8Array.from([1, 4, 2, 5, 3, 6])
    const run = frameRun([
      { data: c, shape: [2, 3] },
      { data: f, shape: [2, 3], order: 'F' },
    ])
    expect(run).toMatchObject({ frames: 2, height: 2, width: 3, isContiguousFrame: false })
    expect(copied(run)).toEqual([...c, ...c])
  })
})

describe('refused before anything is sent', () => {
  const ok = new Uint8Array(24)
  it.each<[string, Parameters<typeof frameRun>[0] | unknown, Parameters<typeof expectCode>[0], RegExp]>([
    ['float32', { data: new Float32Array(6), shape: [2, 3] }, 'frames/dtype', /float32.*Scale it/],
    ['float64', { data: new Float64Array(6), shape: [2, 3] }, 'frames/dtype', /float64/],
    ['int16', { data: new Int16Array(6), shape: [2, 3] }, 'frames/dtype', /int16.*cast it/],
    ['uint32', { data: new Uint32Array(6), shape: [2, 3] }, 'frames/dtype', /uint32/],
    ['bool', { data: new Uint8Array(6), shape: [2, 3], dtype: 'bool' }, 'frames/dtype', /bool.*255/],
    ['a plain array', { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }, 'frames/dtype', /Uint8Array/],
    ['no data', { shape: [2, 3] }, 'frames/dtype', /Uint8Array/],
    [
      'another dtype than the data',
      { data: ok, shape: [24, 1], dtype: 'uint16' },
      'frames/dtype',
      /Uint16Array/,
    ],
    ['no shape', ok, 'frames/rank', /no shape/],
    ['nothing', undefined, 'frames/rank', /no shape/],
    ['one axis', { data: ok, shape: [24] }, 'frames/rank', /\(24,\).*\(H, W\)/],
    ['four axes', { data: ok, shape: [2, 2, 2, 3] }, 'frames/rank', /channels: 3/],
    [
      'colour that is not said',
      { data: new Uint8Array(20 * 30 * 3), shape: [20, 30, 3] },
      'frames/rank',
      /channels: 3/,
    ],
    ['colour of another length', { data: ok, shape: [2, 3, 4], channels: 3 }, 'frames/rank', /\(2, 3, 4\)/],
    ['two channels', { data: ok, shape: [2, 6, 2], channels: 2 }, 'frames/rank', /3 \(RGB\) or 4/],
    ['an empty stack', { data: new Uint8Array(0), shape: [0, 4, 6] }, 'frames/empty', /\(0, 4, 6\)/],
    ['an empty frame', { data: new Uint8Array(0), shape: [4, 0] }, 'frames/empty', /\(4, 0\)/],
    ['an empty array', [], 'frames/empty', /at least one/],
    ['a fractional axis', { data: ok, shape: [2, 1.5, 8] }, 'frames/layout', /whole numbers/],
    ['a negative axis', { data: ok, shape: [2, -3, -4] }, 'frames/layout', /whole numbers/],
    ['an impossible shape', { data: ok, shape: [2 ** 31, 2 ** 31] }, 'frames/layout', /impossible/],
    ['too little data', { data: ok, shape: [2, 3, 5] }, 'frames/layout', /needs 30 values.* 24/],
    ['too much data', { data: ok, shape: [2, 3, 3] }, 'frames/layout', /needs 18 values.* 24/],
    [
      'strides past the end',
      { data: ok, shape: [2, 3, 4], strides: [13, 4, 1] },
      'frames/layout',
      /to 24, outside/,
    ],
    ['negative strides', { data: ok, shape: [2, 3, 4], strides: [12, -4, 1] }, 'frames/layout', /mirrored/],
    ['too few strides', { data: ok, shape: [2, 3, 4], strides: [4, 1] }, 'frames/layout', /one whole stride/],
    [
      'fractional strides',
      { data: ok, shape: [2, 3, 4], strides: [12, 4, 0.5] },
      'frames/layout',
      /one whole stride/,
    ],
    ['an unknown order', { data: ok, shape: [2, 3, 4], order: 'A' }, 'frames/layout', /order/],
    ['an unknown byte order', { data: ok, shape: [2, 3, 4], byteOrder: 'BE' }, 'frames/layout', /byteOrder/],
    ['8 bits of 16', { data: new Uint16Array(6), shape: [2, 3], bits: 8 }, 'frames/layout', /9 to 16/],
    ['12 bits of 8', { data: ok, shape: [4, 6], bits: 12 }, 'frames/layout', /8-bit data has 8/],
    ['a stack in an array', [{ data: ok, shape: [1, 4, 6] }], 'frames/rank', /single frames/],
  ])('%s', async (_, frames, code, message) => {
    await expectCode(code, () => frameRun(frames as Stack), message)
  })

  it('a transferred buffer, with the likely reason', async () => {
    const data = new Uint8Array(6)
    structuredClone(data, { transfer: [data.buffer] })
    await expectCode('frames/layout', () => frameRun({ data, shape: [2, 3] }), /transferred/)
  })

  it('a frame of another size or type within an array', async () => {
    const frame = { data: new Uint8Array(6), shape: [2, 3] }
    const turned = await expectCode('frames/size-changed', () =>
      frameRun([frame, frame, { data: new Uint8Array(6), shape: [3, 2] }]),
    )
    expect(turned.details).toEqual({ expected: [2, 3], actual: [3, 2] })
    await expectCode(
      'frames/layout',
      () => frameRun([frame, { data: new Uint16Array(6), shape: [2, 3] }]),
      /Frame 1/,
    )
  })

  it('a copy that does not fit', async () => {
    const run = frameRun({ data: new Uint8Array(24), shape: [2, 3, 4] })
    await expectCode('frames/layout', () => run.copyFrame(0, new Uint8Array(11)))
    for (const i of [-1, 2, 0.5])
      await expectCode('frames/layout', () => run.copyFrame(i, new Uint8Array(12)))
  })
})
