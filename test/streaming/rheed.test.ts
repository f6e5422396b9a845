import { join } from 'node:path'
import type { Stack } from 'framewire'
import { readFrames } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { embedded } from './embedded.js'

const H = 24
const W = 40
const STREAM = { fps: 2, rotationsPerMin: 0, chunkSize: 4 }

const { store, streaming } = embedded()

/** Frames whose every pixel tells frame and place; `seed` tells chunks apart. */
function stack(frames: number, seed: number): Stack & { data: Uint8Array } {
  const data = Uint8Array.from(
    { length: frames * H * W },
    (_, i) => (i * 7 + Math.floor(i / (H * W)) * 31 + seed * 13) & 255,
  )
  return { data, shape: [frames, H, W] }
}

const stored = (dataId: string, start: number, count: number) => readFrames(join(store, dataId), start, count)

describe('push', () => {
  it('gives promises of each state, and the frames arrive as they were', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const first = stack(4, 1)
    const handle = s.push(dataId, 0, first)
    expect(handle.index).toBe(0)
    expect(handle).not.toHaveProperty('then')
    await handle.packaged
    await handle.journaled
    await handle.stored
    expect(await stored(dataId, 0, 4)).toEqual(first.data)
    const receipt = await s.finalize(dataId)
    expect(receipt).toMatchObject({
      finalized: true,
      skipped: [],
      refused: [],
      totals: { chunks: 1, stored: 1, frames: 4 },
    })
    expect(receipt.chunks[0]).toMatchObject({
      state: 'stored',
      proof: 'md5',
      tries: 1,
      frames: 4,
      height: H,
      width: W,
    })
  })

  it('takes the buffers over with transfer, and lends them without', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const lent = stack(4, 2)
    const taken = stack(4, 3)
    const copy = taken.data.slice()
    await s.push(dataId, 0, lent).packaged
    expect(lent.data).toHaveLength(4 * H * W)
    lent.data.fill(0)
    s.push(dataId, 1, taken, { transfer: true })
    expect(taken.data).toHaveLength(0)
    await s.finalize(dataId)
    expect(await stored(dataId, 0, 4)).toEqual(stack(4, 2).data)
    expect(await stored(dataId, 4, 4)).toEqual(copy)
  })

  it('takes one buffer over that several frames share', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const { data } = stack(4, 10)
    const frames = [3, 1, 2, 0].map((f) => ({
      data: data.subarray(f * H * W, (f + 1) * H * W),
      shape: [H, W],
    }))
    s.push(dataId, 0, frames, { transfer: true })
    expect([data, ...frames.map((frame) => frame.data)].map(({ length }) => length)).toEqual([0, 0, 0, 0, 0])
    await s.finalize(dataId)
    const sent = stack(4, 10).data
    for (const [at, f] of [3, 1, 2, 0].entries())
      expect(await stored(dataId, at, 1)).toEqual(sent.subarray(f * H * W, (f + 1) * H * W))
  })

  it('throws at once for a buffer that cannot be taken over, and holds no memory for it', async () => {
    const s = streaming({ memoryBudgetBytes: 5 * H * W })
    const dataId = await s.initialize(STREAM)
    const shared = { data: new Uint8Array(new SharedArrayBuffer(4 * H * W)), shape: [4, H, W] }
    for (let times = 0; times < 2; times++)
      expect(() => s.push(dataId, 0, shared, { transfer: true })).toThrow(
        expect.objectContaining({ code: 'frames/layout' }),
      )
    s.push(dataId, 0, stack(4, 11), { transfer: true })
    // Held from the moment of the push, though the pixels are still on their way.
    expect(() => s.push(dataId, 1, stack(4, 12), { transfer: true })).toThrow(
      expect.objectContaining({ code: 'stream/memory-budget' }),
    )
    expect(await s.finalize(dataId)).toMatchObject({ totals: { chunks: 1, stored: 1 } })
    expect(await stored(dataId, 0, 4)).toEqual(stack(4, 11).data)
  })

  it('sends a single frame, arrays of frames, Fortran order and strides as what they are', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const c = stack(4, 4)
    const [n, h, w] = [4, H, W]
    const fortran = new Uint8Array(c.data.length)
    const padded = new Uint8Array(n * h * (w + 3)).fill(99)
    for (let f = 0; f < n; f++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          const value = c.data[(f * h + y) * w + x]!
          fortran[f + n * (y + h * x)] = value
          padded[(f * h + y) * (w + 3) + x] = value
        }
    s.push(dataId, 0, { data: fortran, shape: [n, h, w], order: 'F' })
    s.push(dataId, 1, { data: padded, shape: [n, h, w], strides: [h * (w + 3), w + 3, 1] })
    s.push(
      dataId,
      2,
      [0, 1, 2, 3].map((f) => ({ data: c.data.subarray(f * h * w, (f + 1) * h * w), shape: [h, w] })),
    )
    s.push(dataId, 3, { data: c.data.subarray(0, h * w), shape: [h, w] })
    await s.finalize(dataId)
    for (const start of [0, 4, 8]) expect(await stored(dataId, start, 4)).toEqual(c.data)
    expect(await stored(dataId, 12, 1)).toEqual(c.data.subarray(0, h * w))
  })

  it('never leaves a black frame out', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, { data: new Uint8Array(4 * H * W), shape: [4, H, W] })
    const receipt = await s.finalize(dataId)
    expect(receipt.totals).toMatchObject({ stored: 1, framesStored: 4 })
    expect(await stored(dataId, 0, 4)).toEqual(new Uint8Array(4 * H * W))
  })

  it('throws at once past the memory budget, with nothing taken', async () => {
    const s = streaming({ memoryBudgetBytes: 5 * H * W })
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, stack(4, 5))
    expect(() => s.push(dataId, 1, stack(4, 6))).toThrow(
      expect.objectContaining({ code: 'stream/memory-budget' }),
    )
    const receipt = await s.finalize(dataId)
    expect(receipt.chunks.map(({ index }) => index)).toEqual([0])
  })
})

describe('16 bit and colour', () => {
  const wide = (frames: number, seed: number): Stack & { data: Uint16Array } => ({
    data: Uint16Array.from({ length: frames * H * W }, (_, i) => 200 + ((i * 17 + seed * 1001) % 3800)),
    shape: [frames, H, W],
    bits: 12,
  })
  const scaled = (data: Uint16Array, lo: number, hi: number) =>
    Uint8Array.from(data, (v) => Math.min(255, Math.max(0, Math.floor(((v - lo) * 255) / (hi - lo)))))

  it('is refused without a stated conversion, before anything is sent', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    expect(() => s.push(dataId, 0, wide(4, 0))).toThrow(
      expect.objectContaining({ code: 'frames/scale-required' }),
    )
    const rgb: Stack = { data: new Uint8Array(H * W * 3), shape: [H, W, 3], channels: 3 }
    expect(() => s.push(dataId, 0, rgb)).toThrow(expect.objectContaining({ code: 'frames/gray-required' }))
    expect((await s.finalize(dataId)).chunks).toEqual([])
  })

  it('measures the range on the first chunk and keeps it; clamped pixels are counted', async () => {
    const s = streaming()
    const dataId = await s.initialize({ ...STREAM, scale: 'measured' })
    const first = wide(4, 1)
    const second = wide(4, 2)
    second.data[0] = 65535
    second.data[1] = 0
    const lo = Math.min(...first.data)
    const hi = Math.max(...first.data)
    s.push(dataId, 0, first)
    s.push(dataId, 1, second)
    const receipt = await s.finalize(dataId)
    expect(receipt.range).toEqual({ lo, hi })
    expect(await stored(dataId, 0, 4)).toEqual(scaled(first.data, lo, hi))
    expect(await stored(dataId, 4, 4)).toEqual(scaled(second.data, lo, hi))
    const outside = [...second.data].filter((v) => v < lo || v > hi).length
    expect(outside).toBeGreaterThanOrEqual(2)
    expect(receipt.totals.clampedPixels).toBe(outside)
  })

  it('measures the chunk that was pushed first, though its pixels come later than those of the next', async () => {
    const s = streaming()
    const dataId = await s.initialize({ ...STREAM, scale: 'measured' })
    const first = wide(4, 1)
    const copy = first.data.slice()
    const second = wide(4, 2)
    second.data.fill(9, 0, 5)
    s.push(dataId, 0, first, { transfer: true })
    s.push(dataId, 1, second)
    const [lo, hi] = [Math.min(...copy), Math.max(...copy)]
    expect((await s.finalize(dataId)).range).toEqual({ lo, hi })
    expect(await stored(dataId, 0, 4)).toEqual(scaled(copy, lo, hi))
  })

  it('warns once of the scale that destroys trends', async () => {
    const said: string[] = []
    const say = (message: string) => said.push(message)
    const s = streaming({
      verbosity: 1,
      logger: { error: say, warn: say, info: say, debug: say, trace: say },
    })
    const dataId = await s.initialize({ ...STREAM, scale: 'max' })
    s.push(dataId, 0, wide(4, 1))
    s.push(dataId, 1, wide(4, 2))
    await s.finalize(dataId)
    expect(said.filter((message) => message.includes('trends'))).toHaveLength(1)
  })

  it('turns colour to the mean of its channels', async () => {
    const s = streaming()
    const dataId = await s.initialize({ ...STREAM, gray: 'mean' })
    const data = Uint8Array.from({ length: H * W * 3 }, (_, i) => (i * 37) & 255)
    s.push(dataId, 0, { data, shape: [H, W, 3], channels: 3 })
    await s.finalize(dataId)
    const gray = Uint8Array.from({ length: H * W }, (_, i) =>
      Math.floor((data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!) / 3),
    )
    expect(await stored(dataId, 0, 1)).toEqual(gray)
  })
})

describe('indexes', () => {
  it('takes the same chunk again as a repetition, and names another one under its index', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, stack(4, 7))
    await s.push(dataId, 0, stack(4, 7)).stored
    await expect(s.push(dataId, 0, stack(4, 8)).stored).rejects.toMatchObject({ code: 'stream/chunk-reused' })
    await expect(s.finalize(dataId)).rejects.toMatchObject({
      code: 'upload/incomplete',
      details: {
        missing: [],
        receipt: { refused: [{ index: 0, frames: 4 }], totals: { chunks: 1, stored: 1 }, losses: { app: 4 } },
      },
    })
    expect(await stored(dataId, 0, 4)).toEqual(stack(4, 7).data)
  })

  it('names an index that was skipped', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, stack(4, 1))
    s.push(dataId, 3, stack(4, 2))
    expect(await s.finalize(dataId)).toMatchObject({ skipped: [1, 2], totals: { stored: 2 } })
  })
})

describe('run', () => {
  it('streams an async iterable, with capture times where they are given', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    async function* chunks() {
      yield stack(4, 1)
      yield [stack(4, 2), 1_700_000_000_000] as const
      yield stack(2, 3)
    }
    await s.run(dataId, chunks(), { pace: 'none' })
    const { chunks: list } = await s.finalize(dataId)
    expect(list.map(({ frames }) => frames)).toEqual([4, 4, 2])
    expect(list[1]).toMatchObject({ captureStartMs: 1_700_000_000_000, captureEndMs: 1_700_000_002_000 })
    // Where no time is given, an unpaced chunk follows the frames before it: 8 of them at 2 frames a second.
    expect(list[2]!.captureStartMs - list[0]!.captureStartMs).toBe(4_000)
    expect(await stored(dataId, 8, 2)).toEqual(stack(2, 3).data)
  })

  it('lets a producer use one buffer again and again', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    function* reusing() {
      const buffer = new Uint8Array(4 * H * W)
      for (let seed = 0; seed < 6; seed++) {
        buffer.set(stack(4, seed).data)
        yield { data: buffer, shape: [4, H, W] }
      }
    }
    await s.run(dataId, reusing(), { pace: 'none' })
    await s.finalize(dataId)
    for (let seed = 0; seed < 6; seed++)
      expect(await stored(dataId, 4 * seed, 4), `chunk ${seed}`).toEqual(stack(4, seed).data)
  })

  it('waits for memory where push would throw', async () => {
    const s = streaming({ memoryBudgetBytes: 5 * H * W })
    const dataId = await s.initialize(STREAM)
    await s.run(
      dataId,
      Array.from({ length: 8 }, (_, seed) => stack(4, seed)),
      { pace: 'none', transfer: true },
    )
    expect(await s.finalize(dataId)).toMatchObject({ totals: { stored: 8, framesStored: 32 } })
  })

  it('passes on what the iterable throws, and keeps the chunks before it', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    function* breaking() {
      yield stack(4, 1)
      throw new Error('the camera went away')
    }
    await expect(s.run(dataId, breaking(), { pace: 'none' })).rejects.toThrow('the camera went away')
    expect(await s.finalize(dataId)).toMatchObject({ totals: { stored: 1 } })
  })

  it('ends at its signal', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const abort = new AbortController()
    s.addEventListener('progress', () => abort.abort(), { once: true })
    const endless = (function* () {
      for (;;) yield stack(4, 1)
    })()
    await expect(s.run(dataId, endless, { signal: abort.signal })).rejects.toMatchObject({
      code: 'stream/aborted',
    })
  })
})
