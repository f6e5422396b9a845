import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeDisk } from '../../../ts/disk/disk-node.js'
import { DirectoryStore } from '../../../ts/store/directory-store.js'
import { POINTS_PER_FILE } from '../../../ts/store/series-arrays.js'
import type { ChunkClaim, SeriesChunk } from '../../../ts/store/store.js'
import { readWithZarrita } from '../../interop/zarrita.js'
import { temporaryFolder } from '../server/client.js'
import { checkerOn, goldenShard, makeShard, pattern } from './shards.js'

async function openStore(path = temporaryFolder()) {
  const store = await DirectoryStore.open(path, checkerOn(nodeDisk))
  onTestFinished(() => store.close())
  return { store, path }
}

async function newFrames(fps: number | null = 4) {
  const { store, path } = await openStore()
  const traits = { name: 'x', fps, rotationsPerMin: 0, rotationalPeriod: null }
  const { id } = await store.create({ kind: 'frames', ...traits })
  const zarr = join(path, id, 'frames.zarr')
  return {
    path,
    id,
    zarr,
    put: async (claim: ChunkClaim, shard: Uint8Array) =>
      (await store.frames(id).put(claim, body(shard))).outcome,
    async read() {
      const [frames, present, times] = await Promise.all(
        ['frames', 'present', 'time_unix_ms'].map((name) => readWithZarrita(zarr, name)),
      )
      return { ...frames!, present: [...Array.from(present!.data)], times: [...Array.from(times!.data)] }
    },
  }
}

async function* body(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function claimed(index: number, frames: number, chunkSize = 4, fps: number | null = 4): ChunkClaim {
  return { index, chunkSize, frames, height: 6, width: 10, fps, startUnixMs: 10_000 * (index + 1) }
}

function shard(frames: number, k: number): Uint8Array {
  return makeShard(pattern(frames, 6, 10, k), frames, 6, 10)
}

const ms = (index: number, frame: number) => 10_000 * (index + 1) + frame * 250
const missing = (frames: number) => new Array<number>(frames).fill(Number.NaN)
const pixels = (...parts: Uint8Array[]) => Array.from(Buffer.concat(parts))

describe('the frames of a stream in its folder', () => {
  it('are a Zarr array that another reader sees grow, with its gaps', async () => {
    const { put, read } = await newFrames()
    await put(claimed(2, 4), shard(4, 2))
    const gap = new Uint8Array(4 * 60)
    const alone = await read()
    expect(alone.shape).toEqual([12, 6, 10])
    expect(Array.from(alone.data)).toEqual(pixels(gap, gap, pattern(4, 6, 10, 2)))
    expect(alone.present).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    expect(alone.times).toEqual([...missing(8), ms(2, 0), ms(2, 1), ms(2, 2), ms(2, 3)])

    // A short chunk in the middle, then a short one at the end.
    await put(claimed(0, 3), shard(3, 0))
    await put(claimed(3, 1), shard(1, 3))
    const all = await read()
    expect(all.shape).toEqual([13, 6, 10])
    expect(Array.from(all.data)).toEqual(
      pixels(pattern(3, 6, 10, 0), new Uint8Array(60), gap, pattern(4, 6, 10, 2), pattern(1, 6, 10, 3)),
    )
    expect(all.present).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    expect(all.times.slice(0, 5)).toEqual([ms(0, 0), ms(0, 1), ms(0, 2), ...missing(2)])
    expect(all.times[12]).toBe(ms(3, 0))
  })

  it('follow a chunk that is replaced by a longer or a shorter one', async () => {
    const { put, read } = await newFrames()
    await put(claimed(1, 2), shard(2, 1))
    expect(await put(claimed(1, 4), shard(4, 5))).toBe('replaced')
    expect((await read()).shape).toEqual([8, 6, 10])
    expect(await put(claimed(1, 1), shard(1, 6))).toBe('replaced')
    const { shape, data, present } = await read()
    expect(shape).toEqual([5, 6, 10])
    expect(Array.from(data).slice(240)).toEqual(pixels(pattern(1, 6, 10, 6)))
    expect(present).toEqual([0, 0, 0, 0, 1])
  })

  it('have no times where the rate or the start makes no sense', async () => {
    const { put, read } = await newFrames(null)
    await put(claimed(0, 4, 4, null), shard(4, 0))
    await put({ ...claimed(1, 4), startUnixMs: null }, shard(4, 1))
    expect((await read()).times).toEqual(missing(8))
  })

  it('say of a frame that the other client left out that it is no loss, but no pixels either', async () => {
    const { put, zarr } = await newFrames()
    const claim = { ...claimed(0, 4), height: 32, width: 48 }
    await put(claim, goldenShard('rheed-stationary-defaults', 'put-0006.bin'))
    const present = await readWithZarrita(zarr, 'present')
    expect(Array.from(present.data)).toEqual([1, 2, 1, 1])
  })

  it('lie where a Zarr reader looks, and leave nothing else behind', async () => {
    const { put, path, id, zarr } = await newFrames()
    const whole = shard(4, 0)
    await put(claimed(0, 4), whole)
    await put(claimed(1, 2), shard(2, 1))
    // A full chunk is kept as it was received; a short one gets 2 more pairs in its index.
    expect(readFileSync(join(zarr, 'frames/c/0/0/0'))).toEqual(Buffer.from(whole))
    expect(statSync(join(zarr, 'frames/c/1/0/0')).size).toBe(shard(2, 1).length + 2 * 16)
    expect(JSON.parse(readFileSync(join(zarr, 'zarr.json'), 'utf8'))).toMatchObject({
      zarr_format: 3,
      node_type: 'group',
      attributes: { data_id: id, fps: 4 },
    })
    expect(readdirSync(join(path, '.framewire/incoming'))).toEqual([])
    expect(readdirSync(zarr).sort()).toEqual(['frames', 'present', 'time_unix_ms', 'zarr.json'])
  })
})

describe('the channels of a stream in its folder', () => {
  async function newSeries() {
    const { store, path } = await openStore()
    const { id } = await store.create({ kind: 'series', name: null, pointsPerChunk: 100 })
    const zarr = join(path, id, 'series.zarr')
    return {
      store,
      id,
      zarr,
      put: (chunk: SeriesChunk) => store.series(id).put(chunk),
      async read(channel: string) {
        const { shape } = JSON.parse(readFileSync(join(zarr, channel, 'values/zarr.json'), 'utf8')) as {
          shape: number[]
        }
        // The reader cannot read an array of length 0.
        if (shape[0] === 0) return { timestamps: [], values: [] }
        const [timestamps, values] = await Promise.all(
          ['timestamps', 'values'].map((name) => readWithZarrita(zarr, `${channel}/${name}`)),
        )
        return { timestamps: Array.from(timestamps!.data), values: Array.from(values!.data) }
      },
    }
  }

  it('are what was sent, by index, whatever was sent again and in which order', async () => {
    const { put, read } = await newSeries()
    let seed = 0
    const chunk = fc.record({ index: fc.nat(6), count: fc.integer({ min: 0, max: 3000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 12 }), async (chunks) => {
        const channel = `run${seed++}`
        const model = new Map<number, number[]>()
        for (const [at, { index, count }] of chunks.entries()) {
          const values = Array.from({ length: count }, (_, i) => 1000 * at + i)
          model.set(index, values)
          const timestamps = values.map((value) => value / 10)
          await put({ index, channels: { [channel]: { timestamps, values } } })
        }
        const expected = [...model].sort(([a], [b]) => a - b).flatMap(([, values]) => values)
        const stored = await read(channel)
        expect(stored.values).toEqual(expected)
        expect(stored.timestamps).toEqual(expected.map((value) => value / 10))
      }),
      { numRuns: 25 },
    )
  })

  it('hold NaN where there was no number, and units where there were some', async () => {
    const { put, read, zarr } = await newSeries()
    await put({ index: 0, channels: { T: { timestamps: [1, null], values: [null, 2], units: 'C' } } })
    await put({ index: 1, channels: { T: { timestamps: [3], values: [4] } } })
    expect(await read('T')).toEqual({ timestamps: [1, Number.NaN, 3], values: [Number.NaN, 2, 4] })
    const attributes = (folder: string) =>
      JSON.parse(readFileSync(join(zarr, folder, 'zarr.json'), 'utf8')).attributes as object
    expect(attributes('T')).toEqual({ channel_name: 'T', units: 'C' })
    expect(attributes('T/values')).toEqual({ units: 'C' })
  })

  it('stay in the folder of the stream, whatever they are called', async () => {
    const { put, read, zarr } = await newSeries()
    const names = ['..', '../../out', '/tmp/framewire-out', 'a/b', '', '.', '__proto__x', 'zarr.json']
    const channels = names.map((name, at) => [name, { timestamps: [at], values: [at] }] as const)
    await put({ index: 0, channels: Object.fromEntries(channels) })
    expect(readdirSync(zarr)).toHaveLength(names.length + 1)
    expect(readdirSync(join(zarr, '../..')).filter((name) => name.includes('out'))).toEqual([])
    expect(existsSync('/tmp/framewire-out')).toBe(false)
    expect((await read('~2E~2E')).values).toEqual([0])
    expect((await read('~2Ftmp~2Fframewire-out')).values).toEqual([2])
  })

  it('go over many files', async () => {
    const { put, read } = await newSeries()
    const values = Array.from({ length: 2.5 * POINTS_PER_FILE }, (_, at) => at)
    await put({ index: 1, channels: { long: { timestamps: values, values } } })
    await put({ index: 0, channels: { long: { timestamps: [-1], values: [-1] } } })
    expect((await read('long')).values).toEqual([-1, ...values])
  })
})
