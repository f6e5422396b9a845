import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import Zstd from 'numcodecs/zstd'
import { describe, expect, it } from 'vitest'
import type { Conversion, PixelFormat } from '../../ts/core/core.js'
import { createCore } from '../../ts/core/wasm.js'
import { type ErrorCode, type ErrorDetails, hasCode } from '../../ts/errors.js'

const module = new WebAssembly.Module(
  readFileSync(new URL('../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url)),
)
const core = createCore(module)
/** A decoder of zstd that is not ours. */
const zstd = Zstd.fromConfig({ id: 'zstd', level: 1 })

/** Numbers from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A bright spot on dark ground with noise of about `sd` counts. */
function picture(height: number, width: number, sd: number, seed = 1): Uint8Array<ArrayBuffer> {
  const next = random(seed)
  const pixels = Uint8ClampedArray.from({ length: height * width }, (_, at) => {
    const y = Math.floor(at / width) - height / 3
    const x = (at % width) - width / 2
    const noise = (next() + next() + next() + next() - 2) * Math.sqrt(3) * sd
    return 8 + 200 * Math.exp(-(y * y + x * x) / 3000) + noise
  })
  return new Uint8Array(pixels.buffer)
}

function failure<C extends ErrorCode>(code: C, call: () => unknown): ErrorDetails[C] {
  try {
    call()
  } catch (error) {
    if (hasCode(error, code)) return error.details
    throw error
  }
  throw new Error(`nothing was thrown where ${code} was expected`)
}

const u16 = (values: number[], little = true) => {
  const bytes = new DataView(new ArrayBuffer(2 * values.length))
  values.forEach((value, at) => {
    bytes.setUint16(2 * at, value, little)
  })
  return new Uint8Array(bytes.buffer)
}

/** The 8-bit pixels that a frame is packed as, read by the other decoder. */
async function prepared(
  frame: Uint8Array,
  format: PixelFormat,
  dims: [number, number],
  conversion?: Conversion,
) {
  const { data, clamped } = core.pack(frame, format, ...dims, conversion)
  return { pixels: [...(await zstd.decode(data))], clamped }
}

describe('pack', () => {
  it.each([
    ['clean', picture(519, 694, 0)],
    ['slightly noisy', picture(519, 694, 0.7)],
    ['noisy', picture(519, 694, 4)],
    ['very noisy', picture(519, 694, 60)],
    ['black', new Uint8Array(519 * 694)],
    ['white', new Uint8Array(519 * 694).fill(255)],
    ['formula', Uint8Array.from({ length: 519 * 694 }, (_, at) => (at * at) >> 3)],
  ])('a %s frame is read back by another decoder and by ours', async (_, pixels) => {
    const packed = core.pack(pixels, 'u8', 519, 694)
    expect(Buffer.compare(await zstd.decode(packed.data), pixels)).toBe(0)
    expect(Buffer.compare(core.unpack(packed.data, 0, 519, 694), pixels)).toBe(0)
    expect(core.verify(packed.data, 0, 519, 694)).toBe(packed.xxh64)
    expect(core.xxh64(pixels)).toBe(packed.xxh64)
  })

  it('reads back frames of any content and size by the other decoder', async () => {
    const dims = fc.integer({ min: 1, max: 400 })
    await fc.assert(
      fc.asyncProperty(
        dims,
        dims,
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.nat(),
        async (h, w, sd, s) => {
          const pixels = picture(h, w, sd, s)
          expect(Buffer.compare(await zstd.decode(core.pack(pixels, 'u8', h, w).data), pixels)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives the same bytes whatever the core saw before', () => {
    const frames = [0, 4, 0.7, 9, 1.5].map((sd, k) => picture(400, 400, sd, k))
    const fresh = frames.map((frame) => createCore(module).pack(frame, 'u8', 400, 400).data)
    const next = random(8)
    for (let k = 0; k < 20; k++) {
      const at = Math.floor(next() * frames.length)
      expect(Buffer.compare(core.pack(frames[at]!, 'u8', 400, 400).data, fresh[at]!)).toBe(0)
    }
  })

  it('gives buffers of their own, which outlive later calls and a growing memory', () => {
    const small = picture(64, 96, 2)
    const packed = core.pack(small, 'u8', 64, 96)
    expect(packed.data.byteOffset).toBe(0)
    expect(packed.data.buffer.byteLength).toBe(packed.data.byteLength)
    const moved = structuredClone(packed.data, { transfer: [packed.data.buffer] })
    core.pack(picture(3000, 4000, 3), 'u8', 3000, 4000)
    expect(core.unpack(moved, 0, 64, 96)).toEqual(small)
  })

  it('takes a view into a larger buffer and leaves it as it was', () => {
    const buffer = picture(10, 30, 5)
    const before = buffer.slice()
    const packed = core.pack(buffer.subarray(7, 7 + 200), 'u8', 10, 20)
    expect(core.unpack(packed.data, 0, 10, 20)).toEqual(before.slice(7, 207))
    expect(buffer).toEqual(before)
  })

  it('ranges wide pixels in either byte order and counts what it clamps', async () => {
    const values = [0, 99, 100, 500, 899, 900, 901, 65535]
    const pixels = [0, 0, 0, 127, 254, 255, 255, 255]
    const range = { lo: 100, hi: 900 }
    expect(await prepared(u16(values), 'u16le', [2, 4], { range })).toEqual({ pixels, clamped: 4 })
    expect(await prepared(u16(values, false), 'u16be', [2, 4], { range })).toEqual({ pixels, clamped: 4 })
    expect(await prepared(u16([0, 10, 500, 1000]), 'u16le', [4, 1], { range: 'max' })).toEqual({
      pixels: [0, 2, 127, 255],
      clamped: 0,
    })
  })

  it('makes gray of colours and unpacks packed formats', async () => {
    const gray = (conversion: Conversion) =>
      prepared(Uint8Array.of(255, 0, 0, 10, 20, 32), 'rgb8', [1, 2], conversion)
    expect((await gray({ gray: 'mean' })).pixels).toEqual([85, 20])
    expect((await gray({ gray: 'luma' })).pixels).toEqual([76, 18])
    const range = { lo: 0, hi: 4095 }
    const packed = await prepared(Uint8Array.of(0xff, 0x0f, 0x80), 'mono12p', [1, 2], { range })
    expect(packed.pixels).toEqual([255, Math.floor((0x800 * 255) / 4095)])
  })
})

describe('measure', () => {
  it('finds least and greatest value, after colour to gray', () => {
    expect(core.measure(u16([7, 65535, 9]), 'u16le', 1, 3)).toEqual({ min: 7, max: 65535 })
    expect(core.measure(Uint8Array.of(3, 3, 3, 0, 90, 91, 92, 0), 'rgba8', 2, 1, 'mean')).toEqual({
      min: 3,
      max: 91,
    })
  })
})

describe('what is refused', () => {
  it('a frame that does not fit its dims', () => {
    expect(
      failure('frames/layout', () => core.pack(new Uint8Array(5), 'u16le', 1, 3, { range: 'max' })),
    ).toEqual({
      expectedBytes: 6,
      actualBytes: 5,
    })
    expect(failure('frames/layout', () => core.measure(new Uint8Array(5), 'mono10p', 1, 5))).toEqual({
      expectedBytes: 7,
      actualBytes: 5,
    })
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32, 2 ** 32 + 1])('dims of %d', (axis) => {
    const frame = new Uint8Array(1)
    for (const call of [
      () => core.pack(frame, 'u8', axis, 1),
      () => core.measure(frame, 'u8', 1, axis),
      () => core.unpack(frame, 0, axis, 1),
      () => core.verify(frame, 0, 1, axis),
    ]) {
      expect(failure('frames/layout', call).reason).toContain(String(axis))
    }
  })

  it('a format that nobody knows', () => {
    failure('frames/layout', () => core.pack(new Uint8Array(1), 'mono8' as PixelFormat, 1, 1))
  })

  it.each<[string, PixelFormat, Conversion | undefined]>([
    ['a wide frame without a range', 'u16le', undefined],
    ['lo above hi', 'u16le', { range: { lo: 9, hi: 8 } }],
    ['a range that is not whole', 'u16le', { range: { lo: 0, hi: 1.5 } }],
    ['a range beyond 16 bit', 'u16le', { range: { lo: 0, hi: 65536 } }],
    ['a negative range', 'u16le', { range: { lo: -1, hi: 5 } }],
    ['a range of nothing', 'u16le', { range: { lo: Number.NaN, hi: 5 } }],
    ['colours without a way to gray', 'rgb8', { range: 'max' }],
    ['a way to gray that nobody knows', 'rgb8', { gray: 'red' as 'mean' }],
  ])('%s, showing what was given', (_, format, conversion) => {
    const frame = new Uint8Array(format === 'rgb8' ? 12 : 8)
    expect(failure('frames/conversion', () => core.pack(frame, format, 2, 2, conversion))).toEqual({
      given: conversion,
    })
  })
})

describe('unpack and verify', () => {
  const pixels = picture(40, 50, 3)
  const { data } = core.pack(pixels, 'u8', 40, 50)

  it('name the frame that is damaged', () => {
    const cut = data.subarray(0, data.length - 1)
    expect(failure('shard/frame', () => core.unpack(cut, 17, 40, 50)).frame).toBe(17)
    const flipped = data.slice()
    flipped[data.length - 1]! ^= 1
    expect(failure('shard/frame', () => core.verify(flipped, 3, 40, 50))).toEqual({
      frame: 3,
      reason: 'its content differs from its checksum',
    })
  })

  it('tell both sizes where the dims lie', () => {
    expect(failure('shard/frame-size', () => core.unpack(data, 1, 40, 51))).toEqual({
      frame: 1,
      expectedBytes: 2040,
      actualBytes: 2000,
    })
  })

  it('refuse a claim of ten gigabytes, and go on', () => {
    const claim = new Uint8Array(17)
    claim.set([0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000])
    new DataView(claim.buffer).setBigUint64(5, 10_000_000_000n, true)
    claim.set([0x03, 0, 0x10, 0], 13)
    expect(failure('shard/frame-size', () => core.unpack(claim, 0, 40, 50)).actualBytes).toBe(10_000_000_000)
    expect(failure('shard/frame', () => core.unpack(claim, 0, 100_000, 100_000)).frame).toBe(0)
    expect(core.unpack(data, 0, 40, 50)).toEqual(pixels)
  })

  it('answer garbage with an error that names the frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(failure('shard/frame', () => core.unpack(garbage, 5, 40, 50)).frame).toBe(5)
      }),
    )
  })
})

describe('index', () => {
  it('is read as it was written', () => {
    const entries = [
      { offset: 5, length: 10 },
      null,
      { offset: 0, length: 5 },
      { offset: 15, length: 2 ** 40 },
    ]
    const index = core.writeIndex(entries)
    expect(core.readIndex(index, 4, 15 + 2 ** 40 + index.length)).toEqual(entries)
  })

  it('names what is wrong with it', () => {
    const index = core.writeIndex([
      { offset: 0, length: 8 },
      { offset: 4, length: 9 },
    ])
    expect(failure('shard/index-entry', () => core.readIndex(index, 2, 13 + 36))).toEqual({
      frame: 1,
      offset: 4,
      length: 9,
    })
    expect(failure('shard/truncated', () => core.readIndex(index.subarray(1), 2, 100))).toEqual({
      bytes: 35,
      needed: 36,
    })
    const stored = new DataView(index.buffer).getUint32(32, true)
    index[0]! ^= 1
    const { expected, actual } = failure('shard/index-crc', () => core.readIndex(index, 2, 100))
    expect(expected).toBe(stored)
    expect(actual).not.toBe(stored)
  })
})

describe('hashes', () => {
  it('are those that other programs take', () => {
    const { md5, sha256 } = { md5: createHash('md5'), sha256: createHash('sha256') }
    const hasher = core.hasher()
    for (const length of [0, 1, 63, 64, 65, 100_000]) {
      const part = picture(1, length, 50, length)
      hasher.update(part)
      md5.update(part)
      sha256.update(part)
    }
    expect(hasher.finish()).toEqual({ md5: md5.digest('hex'), sha256: sha256.digest('hex') })
    expect(core.hasher().finish().md5).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(core.xxh64(new TextEncoder().encode('abc'))).toBe(0x44bc2cf5ad770999n)
  })
})
