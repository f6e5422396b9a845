import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Core } from '../../../ts/core/core.js'
import { loadCore } from '../../../ts/core/load.js'
import type { WorkerFiles } from '../../../ts/core/thread.js'
import { nodeThreads } from '../../../ts/core/threads-node.js'
import { frameRun } from '../../../ts/frames/stack.js'
import { PackingPool } from '../../../ts/packing/pool.js'
import { SealingLine } from '../../../ts/sealing/line.js'
import type { Sealed } from '../../../ts/sealing/sealer.js'
import { built, crashing } from './crashing-worker.js'

const H = 37
const W = 53

/** Frames of a moving pattern, part of it noise from a small generator, so that packed sizes differ. */
function movie(frames: number, seed = 1): Uint8Array {
  const data = new Uint8Array(frames * H * W)
  let state = seed
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const frame = Math.floor(i / (H * W))
    data[i] = frame % 3 === 0 ? frame : ((i % W) + frame + (state >>> 30)) & 255
  }
  return data
}

let core: Core
beforeAll(async () => {
  core = await loadCore(String(built.wasmUrl))
})

/** The bytes of a sealed shard as one. */
function shardOf({ body }: Sealed): Uint8Array {
  return Buffer.concat(body as Uint8Array[])
}

function unpack(sealed: Sealed): Uint8Array[] {
  const shard = shardOf(sealed)
  const index = core.readIndex(shard, sealed.frames, shard.byteLength)
  return index.map((entry, frame) =>
    core.unpack(
      shard.subarray(entry!.offset, entry!.offset + entry!.length),
      frame,
      sealed.height,
      sealed.width,
    ),
  )
}

async function withLine<T>(
  files: WorkerFiles,
  workers: number,
  work: (line: SealingLine) => Promise<T>,
): Promise<T> {
  const threads = nodeThreads(files)
  const pool = new PackingPool(threads, workers)
  const line = new SealingLine(threads, pool)
  try {
    return await work(line)
  } finally {
    await line.close()
    await pool.close()
  }
}

describe('SealingLine', () => {
  it('gives back every frame, in order, with hashes of the shard', async () => {
    const data = movie(11)
    const sealed = await withLine(built, 2, (line) => line.seal(4, frameRun({ data, shape: [11, H, W] }), {}))
    expect(sealed).toMatchObject({ index: 4, frames: 11, height: H, width: W, clamped: 0 })
    const shard = shardOf(sealed)
    expect(shard.byteLength).toBe(sealed.bytes)
    expect(sealed.md5).toBe(createHash('md5').update(shard).digest('hex'))
    expect(sealed.sha256).toBe(createHash('sha256').update(shard).digest('hex'))
    expect(Buffer.concat(unpack(sealed)).equals(data)).toBe(true)
  })

  it('keeps the shard as its parts, each with a buffer of its own', async () => {
    const { body } = await withLine(built, 2, (line) =>
      line.seal(0, frameRun({ data: movie(5), shape: [5, H, W] }), {}),
    )
    const parts = body as Uint8Array[]
    // Five frames and the index: an entry of 16 bytes each, and its CRC.
    expect(parts.map(({ byteLength }) => byteLength).at(-1)).toBe(5 * 16 + 4)
    expect(parts).toHaveLength(6)
    expect(new Set(parts.map(({ buffer }) => buffer)).size).toBe(6)
    for (const { buffer, byteLength } of parts) expect(buffer.byteLength).toBe(byteLength)
  })

  it('makes the same bytes with 1 worker and with 8', async () => {
    const run = frameRun({ data: movie(24), shape: [24, H, W] })
    const [one, eight] = await Promise.all([
      withLine(built, 1, (line) => line.seal(0, run, {})),
      withLine(built, 8, (line) => line.seal(0, run, {})),
    ])
    expect(one.sha256).toBe(eight.sha256)
    expect(one.xxh64).toBe(eight.xxh64)
  })

  it('keeps many chunks in flight apart', async () => {
    const movies = Array.from({ length: 12 }, (_, k) => movie(1 + (k % 5), k + 1))
    const sealed = await withLine(built, 2, (line) =>
      Promise.all(movies.map((data, k) => line.seal(k, frameRun({ data, shape: [1 + (k % 5), H, W] }), {}))),
    )
    for (const [k, chunk] of sealed.entries()) {
      expect(Buffer.concat(unpack(chunk)).equals(movies[k]!), `chunk ${k}`).toBe(true)
    }
  })

  it('seals nothing once it was closed', async () => {
    const run = frameRun({ data: movie(1), shape: [1, H, W] })
    const [line] = await withLine(built, 1, async (line) => {
      await line.start()
      return [line]
    })
    await expect(line.seal(0, run, {})).rejects.toMatchObject({ code: 'stream/closed' })
  })

  it('measures least and greatest over all frames', async () => {
    const data = Uint16Array.from({ length: 3 * H * W }, (_, i) => 300 + (i % 1000))
    data[2 * H * W + 5] = 65000
    data[7] = 12
    const measured = await withLine(built, 2, (line) =>
      line.measure(frameRun({ data, shape: [3, H, W] }), undefined),
    )
    expect(measured).toEqual({ min: 12, max: 65000 })
  })

  it('counts clamped pixels of a stated range', async () => {
    const data = Uint16Array.from({ length: H * W }, (_, i) => i)
    const sealed = await withLine(built, 1, (line) =>
      line.seal(0, frameRun({ data, shape: [H, W] }), { range: { lo: 100, hi: 355 } }),
    )
    // 100 values lie below the range; those from 356 to H * W - 1 above it.
    expect(sealed.clamped).toBe(100 + (H * W - 356))
    const [pixels] = unpack(sealed)
    expect([pixels![0], pixels![100], pixels![227], pixels![355], pixels![1000]]).toEqual([
      0, 0, 127, 255, 255,
    ])
  })
})

describe('a packing worker that is lost', () => {
  const data = movie(9)
  const run = frameRun({ data, shape: [9, H, W] })

  it('is replaced and its frames are packed again', async () => {
    const sealed = await withLine(crashing('packing', 'xxh64', 2, 1), 2, (line) => line.seal(0, run, {}))
    expect(Buffer.concat(unpack(sealed)).equals(data)).toBe(true)
    const sound = await withLine(built, 1, (line) => line.seal(0, run, {}))
    expect(sealed.sha256).toBe(sound.sha256)
  })

  it('fails the chunk with a typed error when it is lost again', async () => {
    await expect(
      withLine(crashing('packing', 'xxh64', 1, 1000), 1, (line) => line.seal(5, run, {})),
    ).rejects.toMatchObject({ name: 'FramewireError', code: 'packing/worker-lost', cause: expect.any(Error) })
  })
})

describe('a sealing worker that is lost', () => {
  const data = movie(6)
  const run = frameRun({ data, shape: [6, H, W] })

  it('is replaced and its chunks are packed again', async () => {
    const sealed = await withLine(crashing('sealing', 'frame', 3, 1), 2, (line) =>
      Promise.all([line.seal(0, run, {}), line.seal(1, run, {})]),
    )
    for (const chunk of sealed) expect(Buffer.concat(unpack(chunk)).equals(data)).toBe(true)
  })

  it('fails its chunks with a typed error when it is lost again', async () => {
    await expect(
      withLine(crashing('sealing', 'frame', 1, 1000), 2, (line) => line.seal(7, run, {})),
    ).rejects.toMatchObject({ code: 'sealing/worker-lost', details: { chunk: 7 } })
  })
})
