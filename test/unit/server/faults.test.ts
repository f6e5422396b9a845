import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Checker, ShardChecker } from '../../../ts/server/checker.js'
import { DirectoryStore } from '../../../ts/server/directory-store.js'
import type { ChunkClaim, SeriesChunk } from '../../../ts/server/store.js'
import { readWithZarrita } from '../../interop/zarrita.js'
import { sha256 } from './client.js'
import { type Fault, fileSystem } from './failing-fs.js'
import { core, makeShard, pattern } from './shards.js'

vi.mock('node:fs/promises', async (original) => {
  const { failing } = await import('./failing-fs.js')
  return failing(await original())
})

const checker: Checker = {
  check: async (path, claim) => new ShardChecker(core).check(path, claim),
  close: async () => {},
}
afterEach(() => fileSystem.heal())

/** Thousands of syncs are made here; in memory they cost nothing. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

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
let template: { path: string; frames: string; series: string }

beforeAll(async () => {
  const path = mkdtempSync(join(SCRATCH, 'framewire-faults-'))
  const store = await DirectoryStore.open(path, checker)
  const traits = { name: 'x', fps: 4, rotationsPerMin: 0, rotationalPeriod: null }
  const frames = (await store.create({ kind: 'frames', ...traits })).id
  const series = (await store.create({ kind: 'series', name: null, pointsPerChunk: 100 })).id
  await store.frames(frames).put(claim(0, 4), body(shard(4, 0)))
  await store.frames(frames).put(claim(1, 2), body(shard(2, 1)))
  await store.series(series).put({ index: 1, channels: { T: { timestamps: [1, 2], values: [1, 2] } } })
  await store.close()
  template = { path, frames, series }
})
afterAll(() => rmSync(template.path, { recursive: true, force: true }))

interface Prepared {
  store: DirectoryStore
  path: string
  frames: string
  series: string
}

/** Open a copy of a store for as long as `use` takes. */
async function withCopy(from: string, use: (at: Prepared) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(SCRATCH, 'framewire-copy-'))
  try {
    cpSync(from, path, { recursive: true })
    const store = await DirectoryStore.open(path, checker)
    await use({ ...template, path, store })
    await store.close().catch(() => {})
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
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
async function stateOf({ store, path, frames, series }: Prepared) {
  const chunks = await store.frames(frames).chunks()
  const read = await readWithZarrita(join(path, frames, 'frames.zarr'), 'frames')
  const values = await readWithZarrita(join(path, series, 'series.zarr'), 'T/values')
  return flat({
    hashes: Object.fromEntries(chunks.map((chunk) => [chunk.index, chunk.sha256])),
    pixels: [read.data as Uint8Array],
    values: Array.from(values.data),
  })
}

function flat({ hashes, pixels, values }: State) {
  return { hashes, pixels: Buffer.concat(pixels).toString('hex'), values }
}

/** How many steps a change takes. */
async function stepsOf(change: Change): Promise<number> {
  let steps = 0
  await withCopy(template.path, async (at) => {
    fileSystem.steps = 0
    await change.make(at)
    steps = fileSystem.steps
  })
  return steps
}

/** Make the change with a fault at a step; answers what it threw. */
async function makeWith(change: Change, at: Prepared, kind: Fault, step: number): Promise<unknown> {
  fileSystem.failAt(kind, step)
  try {
    await change.make(at)
    return undefined
  } catch (error) {
    return error
  } finally {
    fileSystem.heal()
  }
}

describe.each(CHANGES)('$name', (change) => {
  it('is there whole or not at all after a crash at any step', async () => {
    const steps = await stepsOf(change)
    expect(steps).toBeGreaterThan(5)
    for (let step = 0; step <= steps; step++) {
      await withCopy(template.path, async (dead) => {
        const error = await makeWith(change, dead, 'crash', step)
        // The folder as the dead process left it, its lock with it, opened by the next one.
        await withCopy(dead.path, async (next) => {
          const found = await stateOf(next)
          expect(readdirSync(join(next.path, '.framewire/incoming')), `step ${step}`).toEqual([])
          if (error === undefined) expect(found, `step ${step}`).toEqual(flat(change.after))
          else expect([flat(change.before), flat(change.after)], `step ${step}`).toContainEqual(found)
          // It can be made again, and then it is there.
          await change.make(next)
          expect(await stateOf(next), `step ${step}`).toEqual(flat(change.after))
        })
      })
    }
  })

  it('is refused as a whole where the disk is full at any step', async () => {
    const steps = await stepsOf(change)
    let refused = 0
    for (let step = 0; step < steps; step++) {
      await withCopy(template.path, async (at) => {
        const error = await makeWith(change, at, 'full', step)
        const found = await stateOf(at)
        if (error === undefined) {
          expect(found, `step ${step}`).toEqual(flat(change.after))
          return
        }
        refused++
        expect(error, `step ${step}`).toMatchObject({ code: 'server/full' })
        // Points are kept by the log, and may be in it already; the arrays follow with the next points.
        if (!change.name.startsWith('points')) expect(found, `step ${step}`).toEqual(flat(change.before))
        expect(readdirSync(join(at.path, '.framewire/incoming')), `step ${step}`).toEqual([])
        await change.make(at)
        expect(await stateOf(at), `step ${step}`).toEqual(flat(change.after))
      })
    }
    expect(refused).toBeGreaterThan(3)
  })
})
