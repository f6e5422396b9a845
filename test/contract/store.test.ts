import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import { DirectoryStore } from '../../ts/store/directory-store.js'
import type { ChunkClaim, NewStream, Points, Store } from '../../ts/store/store.js'
import { ForgetfulDisk } from '../disk/forgetful-disk.js'
import { md5, sha256 } from '../unit/server/client.js'
import { checkerOn, makeShard, pattern } from '../unit/store/shards.js'

/** Every implementation of the seam; each call of `make` is a new place, that is opened again and again. */
const IMPLEMENTATIONS: { name: string; make: () => () => Promise<Store> }[] = [
  {
    name: 'in a directory',
    make() {
      const place = mkdtempSync(join(tmpdir(), 'framewire-contract-'))
      onTestFinished(() => rmSync(place, { recursive: true, force: true }))
      return () => DirectoryStore.open(place, checkerOn(nodeDisk))
    },
  },
  {
    name: 'in a directory of a disk that keeps no more than was synced',
    make() {
      let disk = new ForgetfulDisk()
      return () => {
        disk = disk.afterCrash()
        return DirectoryStore.open('/store', checkerOn(disk), disk)
      }
    },
  },
]

const FRAMES: NewStream = {
  kind: 'frames',
  name: 'Growth',
  fps: 4,
  rotationsPerMin: 15,
  rotationalPeriod: 16,
  azimuth: '100',
  projectId: 'p',
}
const SERIES: NewStream = { kind: 'series', name: null, pointsPerChunk: 100 }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function claimed(index: number, frames = 4, size: [number, number] = [6, 10]): ChunkClaim {
  return { index, chunkSize: 4, frames, height: size[0], width: size[1], fps: 4, startUnixMs: 1000 * index }
}

function shardOf({ frames, height, width }: ChunkClaim, k: number): Uint8Array {
  return makeShard(pattern(frames, height, width, k), frames, height, width)
}

/** A body as it comes from the network: in pieces. */
async function* body(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
}

function points(...values: (number | null)[]): Points {
  return { timestamps: values.map((_, at) => at), values }
}

describe.each(IMPLEMENTATIONS)('the store $name', ({ make }) => {
  /** An open store, and a way to close it and open it again. */
  async function fresh() {
    const open = make()
    let store = await open()
    onTestFinished(() => store.close())
    return {
      store,
      async reopen() {
        await store.close()
        store = await open()
        return store
      },
    }
  }

  it('makes streams under ids of its own, and has them after it was closed', async () => {
    const { store, reopen } = await fresh()
    const first = await store.create(FRAMES)
    const second = await store.create(SERIES)
    expect(first).toMatchObject({ ...FRAMES, tagIds: [] })
    expect(first.id).toMatch(UUID)
    expect(second).toMatchObject({ ...SERIES, processedDataId: expect.stringMatching(UUID) })
    expect(new Set([first.id, second.id]).size).toBe(2)
    for (const each of [store, await reopen()]) {
      expect(each.streams()).toEqual([first, second])
      expect(each.stream(second.id)).toEqual(second)
      expect(each.stream('../../etc')).toBeUndefined()
    }
  })

  it('makes one stream for one idempotency key, however often and whenever it is asked', async () => {
    const { store, reopen } = await fresh()
    const keyed = { ...FRAMES, idempotencyKey: 'k' }
    const made = await Promise.all([store.create(keyed), store.create(keyed), store.create(FRAMES)])
    expect(made[1].id).toBe(made[0].id)
    expect(made[2].id).not.toBe(made[0].id)
    const again = await (await reopen()).create(keyed)
    expect(again.id).toBe(made[0].id)
  })

  it('ends a stream once, and keeps its links', async () => {
    const { store, reopen } = await fresh()
    const { id } = await store.create(FRAMES)
    await store.end(id)
    const ended = store.stream(id)?.endedAt
    expect(Date.parse(ended!)).toBeGreaterThan(0)
    await store.end(id)
    await Promise.all([store.linkSample(id, 's'), store.linkTags(id, ['a', 'b'])])
    await store.linkTags(id, ['b', 'c'])
    for (const each of [store, await reopen()]) {
      expect(each.stream(id)).toMatchObject({ endedAt: ended, sampleId: 's', tagIds: ['a', 'b', 'c'] })
    }
  })

  it('makes one sample or tag of one name, ignoring case', async () => {
    const { store, reopen } = await fresh()
    const [sample, same, tag] = await Promise.all([
      store.addNamed('sample', 'GaN-001'),
      store.addNamed('sample', ' gan-001'),
      store.addNamed('tag', 'GaN-001'),
    ])
    expect(same).toEqual(sample)
    expect(tag.id).not.toBe(sample.id)
    await store.track('project', sample.id, true)
    const again = await reopen()
    expect(again.named('sample')).toEqual([{ id: sample.id, name: 'GaN-001' }])
    expect(again.named('tag')).toEqual([{ id: tag.id, name: 'GaN-001' }])
  })

  it('keeps chunks that come in any order, and what was received of each', async () => {
    const { store, reopen } = await fresh()
    const { id } = await store.create(FRAMES)
    const order = [3, 0, 5, 1]
    const shards = new Map(order.map((index) => [index, shardOf(claimed(index), index)]))
    await Promise.all(order.map((index) => store.frames(id).put(claimed(index), body(shards.get(index)!))))
    for (const each of [store, await reopen()]) {
      const chunks = await each.frames(id).chunks()
      expect(chunks.map(({ index }) => index)).toEqual([0, 1, 3, 5])
      for (const chunk of chunks) {
        const shard = shards.get(chunk.index)!
        expect(chunk).toMatchObject({
          ...claimed(chunk.index),
          dataId: id,
          bytes: shard.length,
          md5: md5(shard),
          sha256: sha256(shard),
          leftOut: [],
          replaced: 0,
        })
      }
    }
  })

  it('takes the same chunk again for nothing new, and other bytes in its place', async () => {
    const { store, reopen } = await fresh()
    const { id } = await store.create(FRAMES)
    const [claim, short] = [claimed(2), claimed(2, 3)]
    const [first, other] = [shardOf(claim, 1), shardOf(short, 2)]
    const put = async (of: ChunkClaim, shard: Uint8Array) =>
      (await store.frames(id).put(of, body(shard))).outcome
    expect(await put(claim, first)).toBe('stored')
    expect(await put(claim, first)).toBe('repeated')
    expect(await put(short, other)).toBe('replaced')
    expect(await put(claim, first)).toBe('replaced')
    expect(await put(short, other)).toBe('replaced')
    const chunks = await (await reopen()).frames(id).chunks()
    expect(chunks).toMatchObject([{ frames: 3, md5: md5(other), replaced: 3 }])
  })

  it('stores one chunk once, when it comes twice at the same time', async () => {
    const { store } = await fresh()
    const { id } = await store.create(FRAMES)
    const shard = shardOf(claimed(0), 0)
    const put = () => store.frames(id).put(claimed(0), body(shard))
    const outcomes = (await Promise.all([put(), put(), put()])).map(({ outcome }) => outcome)
    expect(outcomes.sort()).toEqual(['repeated', 'repeated', 'stored'])
  })

  it('refuses what its grid cannot hold, before and while it is sent', async () => {
    const { store } = await fresh()
    const { id } = await store.create(FRAMES)
    const frames = store.frames(id)
    await expect(frames.admit({ ...claimed(0), frames: 5 })).rejects.toMatchObject({
      code: 'frames/too-many',
    })
    const [big, small] = [claimed(0), claimed(1, 4, [5, 5])]
    const racing = await Promise.allSettled(
      [big, small].map((claim) => frames.put(claim, body(shardOf(claim, 0)))),
    )
    const failed = racing.filter((result) => result.status === 'rejected')
    expect(failed).toMatchObject([{ reason: { code: 'frames/size-changed' } }])
    const [stored] = await frames.chunks()
    const loser = stored!.index === 0 ? small : big
    await expect(frames.admit(loser)).rejects.toMatchObject({ code: 'frames/size-changed' })
    await expect(frames.admit({ ...claimed(7), chunkSize: 9 })).rejects.toMatchObject({
      code: 'stream/option',
    })
    await frames.admit({ ...claimed(7, 2), height: stored!.height, width: stored!.width })
  })

  it('keeps nothing of a chunk that is damaged, or that broke off', async () => {
    const { store, reopen } = await fresh()
    const { id } = await store.create(FRAMES)
    const shard = shardOf(claimed(0), 0)
    const damaged = shard.slice()
    damaged[shard.length - 10]! ^= 1
    await expect(store.frames(id).put(claimed(0), body(damaged))).rejects.toMatchObject({
      code: 'shard/index-crc',
    })
    await expect(store.frames(id).put(claimed(0), body(shard.subarray(0, 50)))).rejects.toMatchObject({
      code: expect.stringMatching(/^shard\//),
    })
    async function* broken() {
      yield shard.subarray(0, 300)
      throw new Error('the connection broke')
    }
    await expect(store.frames(id).put(claimed(0), broken())).rejects.toThrow('the connection broke')
    expect(await store.frames(id).chunks()).toEqual([])
    expect(await (await reopen()).frames(id).chunks()).toEqual([])
  })

  it('keeps the former chunk where the one to replace it is damaged', async () => {
    const { store } = await fresh()
    const { id } = await store.create(FRAMES)
    const shard = shardOf(claimed(0), 0)
    const { chunk } = await store.frames(id).put(claimed(0), body(shard))
    await expect(store.frames(id).put(claimed(0), body(shard.subarray(1)))).rejects.toMatchObject({
      code: expect.stringMatching(/^shard\//),
    })
    expect(await store.frames(id).chunks()).toEqual([chunk])
  })

  it('keeps points by channel and index, whatever their order and however often they come', async () => {
    const { store, reopen } = await fresh()
    const { id } = await store.create(SERIES)
    const series = store.series(id)
    await series.put({ index: 4, channels: { T: { ...points(1, 2), units: 'C' }, 'a/b': points() } })
    await series.put({ index: 0, channels: { T: points(3, null, 5) } })
    await series.put({ index: 4, channels: { T: points(6) } })
    await series.put({ index: 4, channels: { T: points(6) } })
    const expected = [
      {
        name: 'T',
        units: 'C',
        chunks: [
          { index: 0, points: 3 },
          { index: 4, points: 1 },
        ],
      },
      { name: 'a/b', units: undefined, chunks: [{ index: 4, points: 0 }] },
    ]
    for (const each of [store, await reopen()]) expect(await each.series(id).channels()).toEqual(expected)
  })
})
