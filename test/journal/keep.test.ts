import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import type { StreamJournal } from '../../ts/journal/place.js'
import { DirectoryStore } from '../../ts/store/directory-store.js'
import { ForgetfulDisk } from '../disk/forgetful-disk.js'
import { readWithZarrita } from '../interop/zarrita.js'
import { checkerOn } from '../unit/store/shards.js'
import { IMPLEMENTATIONS } from './implementations.js'
import {
  bytesOf,
  code,
  filesOf,
  frameSession,
  framesOf,
  keptPlaceIn,
  keptSession,
  PLACE,
  placeOn,
  shardOf,
  temporaryFolder,
} from './journals.js'
import { SHARDS, soundStore, whole } from './kept.js'

const stored = (item: number) => ({ type: 'stored' as const, item, proof: 'md5' as const })

describe.each(IMPLEMENTATIONS)('journals in $name', ({ keeps, make }) => {
  it('are made stores only where they are whole, and were begun to be', async () => {
    const place = make()
    const journal = await place.create(keptSession())
    const refused = () => expect(journal.keep()).rejects.toMatchObject(code('core/internal'))
    const { entry, body } = shardOf(0)
    const frames = framesOf(1)
    const put = journal.put(entry, body())
    await refused()
    await put
    await refused()
    await journal.append({ type: 'given-up', item: 0, error: { code: 'upload/rejected', message: 'no' } })
    await refused()
    await journal.append(stored(0))
    await journal.spill(frames.entry, frames.pieces(400))
    await refused()
    const { entry: last, body: lastBody } = shardOf(1)
    await journal.put(last, lastBody())
    await journal.append(stored(1))
    const other = await place.create(frameSession())
    await expect(other.keep()).rejects.toMatchObject(code('core/internal'))
    // What was refused did nothing.
    await other.append({ type: 'finalize' })
    await journal.append({ type: 'finalize' })
    if (!keeps) await refused()
    await journal.close()
    await other.close()
  })

  if (!keeps) return

  it('are no journals any more once they are kept, and can be taken away', async () => {
    const place = make()
    const journal = await place.create(keptSession())
    const { entry, body } = shardOf(0)
    await journal.put(entry, body())
    await journal.append(stored(0))
    const path = await journal.keep()
    await journal.close()
    await expect(journal.keep()).rejects.toMatchObject(code('core/internal'))
    await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('core/internal'))
    const told = { code: 'journal/kept', details: { path } }
    for (const call of ['open', 'look', 'verify'] as const)
      await expect(place[call]('kept-1')).rejects.toMatchObject(told)
    expect(await place.list()).toEqual([{ dataId: 'kept-1', path, error: expect.objectContaining(told) }])
    await expect(place.create(keptSession())).rejects.toMatchObject(code('journal/exists'))
    await place.remove('kept-1')
    expect(await place.list()).toEqual([])
    await expect(place.open('kept-1')).rejects.toMatchObject(code('journal/missing'))
    await (await place.create(keptSession())).close()
  })
})

describe('a journal that is kept', () => {
  const ID = '11111111-2222-4333-8444-555555555555'

  it('is a stream of a store, which its server takes for one of its own', async () => {
    const path = temporaryFolder()
    const place = keptPlaceIn(path)
    const journal = await whole(place, {
      ...keptSession(ID),
      startedAtMs: Date.parse('2026-02-03T04:05:06Z'),
    })
    await journal.append({ type: 'finalized' })
    const { finalizedAtMs } = journal.state
    for (const name of ['9-9.shard', '9-10.frames']) writeFileSync(`${path}/${ID}/${name}`, 'never confirmed')
    expect(await journal.keep()).toBe(`${path}/${ID}`)
    expect(filesOf(path)).toEqual([ID])
    expect(filesOf(`${path}/${ID}`)).toEqual(['chunks', 'frames.zarr', 'stream.json'])
    expect(await soundStore(`${path}/${ID}`)).toMatchObject({
      storedFrames: 13,
      missingFrames: 2,
      shape: [15, 10, 20],
    })
    const { data, shape } = await readWithZarrita(`${path}/${ID}/frames.zarr`, 'frames')
    const gap = new Uint8Array(2 * 200)
    const [a, b, c, d] = SHARDS.map(({ pixels }) => pixels)
    expect([shape, Buffer.compare(Buffer.concat([a!, b!, gap, c!, d!]), data as Uint8Array)]).toEqual([
      [15, 10, 20],
      0,
    ])

    const store = await DirectoryStore.open(path, checkerOn(nodeDisk))
    expect(store.streams()).toEqual([
      {
        kind: 'frames',
        id: ID,
        name: 'Growth “7”',
        createdAt: '2026-02-03T04:05:06.000Z',
        endedAt: new Date(finalizedAtMs!).toISOString(),
        tagIds: [],
        fps: 4,
        rotationsPerMin: 15,
        rotationalPeriod: 16,
      },
    ])
    const chunks = await store.frames(ID).chunks()
    expect(chunks).toEqual(
      SHARDS.map(({ entry: { index, frames, bytes, md5, sha256, xxh64 } }) =>
        expect.objectContaining({
          index,
          frames,
          bytes,
          md5,
          sha256,
          xxh64,
          startUnixMs: 1000 * index,
          fps: 4,
          dataId: ID,
          leftOut: [],
          replaced: 0,
        }),
      ),
    )
    await store.close()
  })

  it('may have no frames at all', async () => {
    const disk = new ForgetfulDisk()
    const journal = await placeOn(disk).create(keptSession())
    await journal.keep()
    expect((await disk.list(`${PLACE}/kept-1`)).map(({ name }) => name).sort()).toEqual([
      'chunks',
      'frames.zarr',
      'stream.json',
    ])
  })

  it('holds the later chunk of an index that came again after a keep that was cut short', async () => {
    const path = temporaryFolder()
    const place = keptPlaceIn(path)
    const folder = `${path}/kept-1`
    const journal = await whole(place)
    const { entry, body } = shardOf(0, 4, 8)
    await journal.put(entry, body())
    await journal.append(stored(0))
    await cutShort(journal, folder)
    // Two of four are the store's already, one of them of the last name that was given.
    expect(filesOf(folder).filter((name) => name.endsWith('.shard'))).toEqual(['2-2.shard', '3-3.shard'])
    expect(await place.verify('kept-1')).toEqual([])
    const again = await place.open('kept-1')
    const second = shardOf(0, 4, 9)
    await again.put(second.entry, second.body())
    expect(await bytesOf(await again.body(0))).toEqual(second.bytes)
    await again.append(stored(0))
    await again.keep()
    await soundStore(folder, [second, ...SHARDS.slice(1)])
  })

  it('can be verified, looked at and removed where the keep was cut short', async () => {
    const path = temporaryFolder()
    const place = keptPlaceIn(path)
    const folder = `${path}/kept-1`
    await cutShort(await whole(place), folder)
    const again = await place.open('kept-1')
    await again.put(shardOf(7).entry, shardOf(7).body())
    await again.close()
    writeFileSync(`${folder}/2-2.shard`, 'other bytes')
    rmSync(`${folder}/7-4.shard`)
    // What the store has is no fault, but what is nowhere is.
    expect(await place.verify('kept-1')).toMatchObject([
      { chunk: 2, error: code('journal/damaged') },
      { chunk: 7, error: code('journal/vanished') },
    ])
    expect((await place.list())[0]?.state?.chunks.size).toBe(5)
    await expect(place.create(keptSession())).rejects.toMatchObject(code('journal/exists'))
    await place.remove('kept-1')
    expect(readdirSync(path)).toEqual([])
  })

  it('stays a journal where a chunk is damaged, and says so', async () => {
    const path = temporaryFolder()
    const place = keptPlaceIn(path)
    for (const [index, { bytes }] of SHARDS.entries()) {
      // A pixel, and the index of the shard.
      for (const at of [bytes.length >> 1, bytes.length - 7]) {
        const id = `damaged-${index}-${at}`
        const journal = await whole(place, keptSession(id))
        const file = `${path}/${id}/${index}-${index}.shard`
        const good = readFileSync(file)
        const bad = Buffer.from(good)
        bad[at]! ^= 4
        writeFileSync(file, bad)
        await expect(journal.keep()).rejects.toMatchObject({
          code: 'journal/damaged',
          details: { path: file, chunk: index },
        })
        expect(await place.verify(id)).toMatchObject([{ chunk: index, error: code('journal/damaged') }])
        writeFileSync(file, good)
        await (await place.open(id)).keep()
        await soundStore(`${path}/${id}`)
      }
    }
  })

  it('is not made anew where what was made of it is damaged', async () => {
    const path = temporaryFolder()
    const place = keptPlaceIn(path)
    const folder = `${path}/kept-1`
    await cutShort(await whole(place), folder)
    const record = `${folder}/chunks/0.json`
    writeFileSync(record, readFileSync(record, 'utf8').replace('"height":10', '"height":11'))
    await expect((await place.open('kept-1')).keep()).rejects.toMatchObject({
      code: 'journal/damaged',
      details: { path: folder },
    })
  })

  it.each(['removed', 'moved'])(
    'cannot be where its folder was %s, and none is made in its place',
    async (how) => {
      const path = temporaryFolder()
      const place = keptPlaceIn(path)
      const journal = await whole(place)
      if (how === 'removed') rmSync(`${path}/kept-1`, { recursive: true })
      else renameSync(`${path}/kept-1`, `${path}/elsewhere`)
      await expect(journal.keep()).rejects.toMatchObject(code('journal/vanished'))
      expect(readdirSync(path)).toEqual(how === 'removed' ? [] : ['elsewhere'])
      if (how === 'removed') return
      renameSync(`${path}/elsewhere`, `${path}/kept-1`)
      await (await place.open('kept-1')).keep()
      await soundStore(`${path}/kept-1`)
    },
  )
})

/** A keep that cannot place chunk 2, whose file is away for a while. */
async function cutShort(journal: StreamJournal, folder: string): Promise<void> {
  renameSync(`${folder}/2-2.shard`, `${folder}/away`)
  await expect(journal.keep()).rejects.toMatchObject(code('journal/vanished'))
  renameSync(`${folder}/away`, `${folder}/2-2.shard`)
}
