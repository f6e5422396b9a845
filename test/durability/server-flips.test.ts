import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { verifyStore } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import { DirectoryStore } from '../../ts/store/directory-store.js'
import type { SeriesChunk } from '../../ts/store/store.js'
import { random } from '../interop/images.js'
import { checkerOn, goldenShard, makeShard, pattern } from '../unit/store/shards.js'

/** Flips, spread evenly over the files of a stream. Those of channels cost less. */
const FLIPS = process.env.FRAMEWIRE_SOAK ? { frames: 20_000, series: 20_000 } : { frames: 700, series: 1_000 }

async function* body(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** A place for a store. */
function place(): string {
  const path = mkdtempSync(join(tmpdir(), 'framewire-flips-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The folder of a stream with whole, short, replaced and missing chunks, one of them without checksums. */
async function storedFrames(): Promise<string> {
  const path = place()
  const store = await DirectoryStore.open(path, checkerOn(nodeDisk))
  const traits = { name: 'x', fps: 4, rotationsPerMin: 0, rotationalPeriod: null, projectId: 'p' }
  const { id } = await store.create({ kind: 'frames', ...traits })
  const put = (index: number, frames: number, shard: Uint8Array) => {
    const claim = { index, chunkSize: 8, frames, height: 32, width: 48, fps: 4, startUnixMs: 1000 * index }
    return store.frames(id).put(claim, body(shard))
  }
  const shard = (frames: number, k: number) => makeShard(pattern(frames, 32, 48, k), frames, 32, 48)
  await put(0, 8, shard(8, 0))
  await put(1, 2, shard(2, 1))
  await put(1, 3, shard(3, 2))
  await put(2, 8, goldenShard('rheed-all-options', 'put-0011.bin'))
  await put(4, 5, shard(5, 3))
  await store.linkTags(id, ['a'])
  await store.end(id)
  await store.close()
  return join(path, id)
}

/**
 * The folder of a stream of channels, some chunks of which came again, or late. One that is still open has no mark:
 * nothing says how long its log must be.
 */
async function storedSeries({ ended }: { ended: boolean }): Promise<string> {
  const path = place()
  const store = await DirectoryStore.open(path, checkerOn(nodeDisk))
  const { id } = await store.create({ kind: 'series', name: 'heater', pointsPerChunk: 100, projectId: 'p' })
  const points = (count: number, k: number, units?: string) => ({
    timestamps: Array.from({ length: count }, (_, i) => 1.7e9 + k + i / 10),
    values: Array.from({ length: count }, (_, i) => (i % 9 === 4 ? null : Math.sin(k + i))),
    ...(units && { units }),
  })
  const put = (index: number, channels: SeriesChunk['channels']) => store.series(id).put({ index, channels })
  await put(0, { T: points(100, 0, 'C'), 'p / mbar': points(30, 1) })
  await put(2, { T: points(4090, 200) })
  await put(1, { T: points(50, 100), 'p / mbar': points(20, 2, 'mbar') })
  await put(0, { T: points(7, 3) })
  await store.linkTags(id, ['a'])
  if (ended) {
    await store.end(id)
    // An open one is not closed either: that would write the mark.
    await store.close()
  }
  return join(path, id)
}

/** Flip bits of files in a folder, one at a time; each must be found. Answers the kinds of files there are. */
async function flipBits(folder: string, flips: number): Promise<string[]> {
  expect(await verifyStore(folder)).toMatchObject({ ok: true })
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
  const next = random(5)
  for (let flip = 0; flip < flips; flip++) {
    const path = files[flip % files.length]!
    const sound = readFileSync(path)
    const bit = Math.floor(next() * 8 * sound.length)
    const damaged = Buffer.from(sound)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(path, damaged)
    const found = await verifyStore(folder).then(
      ({ ok }) => (ok ? 'nothing' : 'a problem'),
      (error: { code?: string }) => error.code,
    )
    expect(['a problem', 'server/verify'], `flip ${flip}: bit ${bit} of ${path}`).toContain(found)
    writeFileSync(path, sound)
  }
  expect(await verifyStore(folder)).toMatchObject({ ok: true })
  return [...new Set(files.map((path) => relative(folder, path).replaceAll(/\d+/g, 'N')))].sort()
}

describe('verify', { timeout: 3_600_000 }, () => {
  it(`finds each of ${FLIPS.frames} flipped bits in any file of a stream of frames`, async () => {
    const folder = await storedFrames()
    expect(await verifyStore(folder)).toMatchObject({ storedFrames: 24 })
    expect(await flipBits(folder, FLIPS.frames)).toEqual([
      'chunks/N.json',
      'frames.zarr/frames/c/N/N/N',
      'frames.zarr/frames/zarr.json',
      'frames.zarr/present/c/N',
      'frames.zarr/present/zarr.json',
      'frames.zarr/time_unix_ms/c/N',
      'frames.zarr/time_unix_ms/zarr.json',
      'frames.zarr/zarr.json',
      'stream.json',
    ])
  })

  it.each([
    ['an ended', true],
    ['an open', false],
  ])(`finds each of ${FLIPS.series} flipped bits in any file of %s stream of channels`, async (_, ended) => {
    const folder = await storedSeries({ ended })
    expect(await verifyStore(folder)).toMatchObject({ storedPoints: 4197, tornBytes: 0 })
    const channel = (name: string) => [
      `series.zarr/${name}/timestamps/c/N`,
      `series.zarr/${name}/timestamps/zarr.json`,
      `series.zarr/${name}/values/c/N`,
      `series.zarr/${name}/values/zarr.json`,
      `series.zarr/${name}/zarr.json`,
    ]
    expect(await flipBits(folder, FLIPS.series)).toEqual([
      'series.jsonl',
      ...(ended ? ['series.mark'] : []),
      ...channel('T'),
      ...channel('p~N~NF~Nmbar'),
      'series.zarr/zarr.json',
      'stream.json',
    ])
  })
})
