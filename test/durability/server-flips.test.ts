import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { verifyStore } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import { DirectoryStore } from '../../ts/store/directory-store.js'
import { random } from '../interop/images.js'
import { checkerOn, goldenShard, makeShard, pattern } from '../unit/store/shards.js'

/** Flips, spread evenly over the files. */
const FLIPS = process.env.FRAMEWIRE_SOAK ? 20_000 : 700

async function* body(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The folder of a stream with whole, short, replaced and missing chunks, one of them without checksums. */
async function storedStream(): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), 'framewire-flips-'))
  onTestFinished(() => rmSync(place, { recursive: true, force: true }))
  const store = await DirectoryStore.open(place, checkerOn(nodeDisk))
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
  return join(place, id)
}

describe('verify', () => {
  it(`finds each of ${FLIPS} flipped bits in any file of a stream`, { timeout: 3_600_000 }, async () => {
    const folder = await storedStream()
    expect(await verifyStore(folder)).toMatchObject({ ok: true, storedFrames: 24 })
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
    const kinds = new Set(files.map((path) => relative(folder, path).replaceAll(/\d+/g, 'N')))
    expect([...kinds].sort()).toEqual([
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
    const next = random(5)
    for (let flip = 0; flip < FLIPS; flip++) {
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
  })
})
