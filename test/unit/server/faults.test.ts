import { beforeAll, describe, expect, it } from 'vitest'
import { DirectoryStore } from '../../../ts/store/directory-store.js'
import type { ChunkClaim, SeriesChunk } from '../../../ts/store/store.js'
import { ForgetfulDisk } from '../../disk/forgetful-disk.js'
import { readZarr } from '../../disk/zarr.js'
import { checkerOn, makeShard, pattern } from '../store/shards.js'
import { sha256 } from './client.js'

const STORE = '/store'

const claim = (index: number, frames: number): ChunkClaim => ({
  index,
  chunkSize: 4,
  frames,
  height: 6,
  width: 10,
  fps: 4,
  startUnixMs: 0,
})
const shard = (frames: number, k: number) => makeShard(pattern(frames, 6, 10, k), frames, 6, 10)
async function* body(bytes: Uint8Array) {
  yield bytes
}

/** A store with one stream of each kind, each with something in it, that is copied for every step. */
let template: { disk: ForgetfulDisk; frames: string; series: string }

beforeAll(async () => {
  const disk = new ForgetfulDisk()
  const store = await DirectoryStore.open(STORE, checkerOn(disk), disk)
  const traits = { name: 'x', fps: 4, rotationsPerMin: 0, rotationalPeriod: null }
  const frames = (await store.create({ kind: 'frames', ...traits })).id
  const series = (await store.create({ kind: 'series', name: null, pointsPerChunk: 100 })).id
  await store.frames(frames).put(claim(0, 4), body(shard(4, 0)))
  await store.frames(frames).put(claim(1, 2), body(shard(2, 1)))
  await store.series(series).put({ index: 1, channels: { T: { timestamps: [1, 2], values: [1, 2] } } })
  await store.close()
  template = { disk, frames, series }
})

interface Prepared {
  store: DirectoryStore
  disk: ForgetfulDisk
  frames: string
  series: string
}

/** Open the store on a disk. */
async function opened(disk: ForgetfulDisk): Promise<Prepared> {
  return { ...template, disk, store: await DirectoryStore.open(STORE, checkerOn(disk), disk) }
}

/** What a store must hold, before or after one of the changes. */
interface Change {
  name: string
  make(at: Prepared): Promise<unknown>
  /** Chunks by index with the hash of their shard, and the pixels; then the channel. */
  before: State
  after: State
}
interface State {
  hashes: Record<number, string>
  pixels: Uint8Array[]
  values: number[]
}

const zeros = (frames: number) => new Uint8Array(frames * 60)
const base: State = {
  hashes: { 0: sha256(shard(4, 0)), 1: sha256(shard(2, 1)) },
  pixels: [pattern(4, 6, 10, 0), pattern(2, 6, 10, 1)],
  values: [1, 2],
}
const put = (of: ChunkClaim, k: number) => (at: Prepared) =>
  at.store.frames(at.frames).put(of, body(shard(of.frames, k)))
const points = (chunk: SeriesChunk) => (at: Prepared) => at.store.series(at.series).put(chunk)

const CHANGES: Change[] = [
  {
    name: 'a chunk behind the last',
    make: put(claim(3, 3), 7),
    before: base,
    after: {
      ...base,
      hashes: { ...base.hashes, 3: sha256(shard(3, 7)) },
      pixels: [...base.pixels, zeros(2), zeros(4), pattern(3, 6, 10, 7)],
    },
  },
  {
    name: 'a chunk in place of another',
    make: put(claim(1, 4), 8),
    before: base,
    after: {
      ...base,
      hashes: { ...base.hashes, 1: sha256(shard(4, 8)) },
      pixels: [base.pixels[0]!, pattern(4, 6, 10, 8)],
    },
  },
  {
    name: 'points behind the last',
    make: points({ index: 2, channels: { T: { timestamps: [3], values: [3] } } }),
    before: base,
    after: { ...base, values: [1, 2, 3] },
  },
  {
    name: 'points before the first',
    make: points({ index: 0, channels: { T: { timestamps: [0], values: [0] } } }),
    before: base,
    after: { ...base, values: [0, 1, 2] },
  },
]

/** What a store holds, as its own inventory and another reader of its arrays say. */
async function stateOf({ store, disk, frames, series }: Prepared) {
  const chunks = await store.frames(frames).chunks()
  const read = await readZarr(disk, `${STORE}/${frames}/frames.zarr`, '/frames')
  const values = await readZarr(disk, `${STORE}/${series}/series.zarr`, '/T/values')
  return flat({
    hashes: Object.fromEntries(chunks.map((chunk) => [chunk.index, chunk.sha256])),
    pixels: [read.data as Uint8Array],
    values: Array.from(values.data),
  })
}

/** Nothing is left of what was not stored. */
async function incoming({ disk }: Prepared): Promise<unknown> {
  return disk.list(`${STORE}/.framewire/incoming`)
}

function flat({ hashes, pixels, values }: State) {
  return { hashes, pixels: Buffer.concat(pixels).toString('hex'), values }
}

/** How many operations a change takes. */
async function stepsOf(change: Change): Promise<number> {
  const at = await opened(template.disk.afterCrash())
  const before = at.disk.operations
  await change.make(at)
  return at.disk.operations - before
}

/** What making a change threw. */
function faultOf(change: Change, at: Prepared): Promise<unknown> {
  return change.make(at).then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe.each(CHANGES)('$name', (change) => {
  it('is there whole or not at all when the process is killed at any step', async () => {
    const steps = await stepsOf(change)
    expect(steps).toBeGreaterThan(5)
    for (let step = 0; step <= steps; step++) {
      const dead = await opened(template.disk.afterCrash())
      dead.disk.crashAt(dead.disk.operations + step)
      const error = await faultOf(change, dead)
      const next = await opened(dead.disk.afterKill())
      const found = await stateOf(next)
      expect(await incoming(next), `step ${step}`).toEqual([])
      if (error === undefined) expect(found, `step ${step}`).toEqual(flat(change.after))
      else expect([flat(change.before), flat(change.after)], `step ${step}`).toContainEqual(found)
      // It can be made again, and then it is there.
      await change.make(next)
      expect(await stateOf(next), `step ${step}`).toEqual(flat(change.after))
    }
  })

  it('is refused as a whole where the disk is full at any step', async () => {
    const steps = await stepsOf(change)
    let refused = 0
    for (let step = 0; step < steps; step++) {
      const at = await opened(template.disk.afterCrash())
      at.disk.fullAt(at.disk.operations + step)
      const error = await faultOf(change, at)
      const found = await stateOf(at)
      if (error === undefined) {
        expect(found, `step ${step}`).toEqual(flat(change.after))
        continue
      }
      refused++
      expect(error, `step ${step}`).toMatchObject({ code: 'server/full' })
      // Points are kept by the log, and may be in it already; the arrays follow with the next points.
      if (!change.name.startsWith('points')) expect(found, `step ${step}`).toEqual(flat(change.before))
      expect(await incoming(at), `step ${step}`).toEqual([])
      at.disk.fullAt(Number.POSITIVE_INFINITY)
      await change.make(at)
      expect(await stateOf(at), `step ${step}`).toEqual(flat(change.after))
    }
    expect(refused).toBeGreaterThan(3)
  })

  it('can be made after any one operation failed, and is on disk then', async () => {
    const steps = await stepsOf(change)
    for (let step = 0; step < steps; step++) {
      const at = await opened(template.disk.afterCrash())
      at.disk.failAt(at.disk.operations + step)
      const error = await faultOf(change, at)
      if (error !== undefined) expect(error, `step ${step}`).toMatchObject({ code: 'server/store' })
      await change.make(at)
      expect(await stateOf(at), `step ${step}`).toEqual(flat(change.after))
      const next = await opened(at.disk.afterCrash())
      expect(await stateOf(next), `step ${step}`).toEqual(flat(change.after))
      expect(await incoming(next), `step ${step}`).toEqual([])
    }
  })
})
