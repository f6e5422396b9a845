import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import type { StreamJournal } from '../../ts/journal/place.js'
import { describeWithMount, fill, smallDisk } from '../disk/small-disk.js'
import {
  bytesOf,
  chunkOf,
  code,
  type Frames,
  filesOf,
  frameSession,
  framesOf,
  keptPlaceIn,
  keptSession,
  placeIn,
  pointsOf,
  seriesSession,
  temporaryFolder,
} from './journals.js'
import { soundStore, whole } from './kept.js'
import { keptShards } from './kept-store.js'

const LENGTH = 100_000

async function put(journal: StreamJournal, index: number): Promise<void> {
  const { entry, body } = chunkOf(index, LENGTH)
  await journal.put(entry, body())
}

const isWhole = async (journal: StreamJournal, index: number) =>
  Buffer.compare(await bytesOf(await journal.body(index)), chunkOf(index, LENGTH).bytes) === 0

describeWithMount('a journal whose disk is full', () => {
  it('refuses the chunk, keeps nothing of it and all before it, and goes on when there is space', async () => {
    const disk = smallDisk(1_000_000)
    const place = placeIn(disk)
    const journal = await place.create(frameSession())
    await put(journal, 0)
    const folder = join(disk, 'stream-1')
    let refused = 0
    // From no space at all to enough: each fails at another step.
    for (let left = 0; left <= LENGTH + 8192; left += 4096) {
      const names = readdirSync(folder)
      const free = fill(disk, left)
      const result = await put(journal, 1).then(
        () => 'kept',
        (error: unknown) => error,
      )
      if (result !== 'kept') {
        refused++
        expect([left, result]).toEqual([left, expect.objectContaining(code('journal/full'))])
        expect(readdirSync(folder)).toEqual(names)
      }
      expect(await isWhole(journal, 0)).toBe(true)
      expect(await place.verify('stream-1')).toEqual([])
      free()
      if (result === 'kept') await journal.append({ type: 'stored', item: 1, proof: 'md5' })
    }
    expect(refused).toBeGreaterThanOrEqual(20)
    await put(journal, 2)
    const before = structuredClone(journal.state)
    await journal.close()
    const again = await place.open('stream-1')
    expect(again.state).toEqual(before)
    expect(await isWhole(again, 2)).toBe(true)
    await again.close()
  })

  it('refuses frames that are to wait, keeps nothing of them and all before them', async () => {
    const disk = smallDisk(1_000_000)
    const place = placeIn(disk)
    const journal = await place.create(frameSession())
    const before = framesOf(0, { frames: 1, bytesPerFrame: LENGTH })
    const after = framesOf(0, { frames: 1, bytesPerFrame: LENGTH, seed: 7 })
    const spill = ({ entry, pieces }: Frames) => journal.spill(entry, pieces(10_007))
    const folder = join(disk, 'stream-1')
    let refused = 0
    for (let left = 0; left <= LENGTH + 8192; left += 4096) {
      await spill(before)
      const names = readdirSync(folder)
      const free = fill(disk, left)
      const result = await spill(after).then(
        () => 'kept',
        (error: unknown) => error,
      )
      if (result !== 'kept') {
        refused++
        expect([left, result]).toEqual([left, expect.objectContaining(code('journal/full'))])
        expect(readdirSync(folder)).toEqual(names)
      }
      const { bytes } = result === 'kept' ? after : before
      expect(Buffer.compare(await journal.spilled(0), bytes)).toBe(0)
      expect(await place.verify('stream-1')).toEqual([])
      free()
    }
    expect(refused).toBeGreaterThanOrEqual(20)
    await put(journal, 0)
    expect(filesOf(folder).length).toBe(2)
    await journal.close()
  })

  it('can be kept when there is space, wherever there was none before', async () => {
    const disk = smallDisk(4_000_000)
    const place = keptPlaceIn(disk)
    let refused = 0
    for (let left = 0; ; left += 4096) {
      const id = `kept-${left}`
      const folder = join(disk, id)
      const journal = await whole(place, keptSession(id))
      const { state } = journal
      const free = fill(disk, left)
      const result = await journal.keep().catch((error: unknown) => error)
      if (result === folder) {
        free()
        break
      }
      refused++
      expect([left, result]).toEqual([left, expect.objectContaining(code('journal/full'))])
      // Nothing that was begun lies about, and as a journal it is what it was.
      expect(
        readdirSync(folder, { recursive: true }).filter((name) => /part|commit/.test(String(name))),
      ).toEqual([])
      expect(await place.verify(id)).toEqual([])
      const again = await place.open(id)
      expect(again.state).toEqual(state)
      await expect(again.keep()).rejects.toMatchObject(code('journal/full'))
      free()
      await (await place.open(id)).keep()
      await keptShards(nodeDisk, folder)
      await soundStore(folder)
      await place.remove(id)
    }
    expect(refused).toBeGreaterThanOrEqual(20)
  })

  it('refuses what does not fit in the log, wherever the last page ends, and takes the next', async () => {
    const disk = smallDisk(1_000_000)
    const place = placeIn(disk)
    const journal = await place.create(seriesSession())
    let next = 0
    let refused = 0
    while (refused < 25) {
      const free = fill(disk, 0)
      const kept = [...journal.state.points.keys()]
      for (let full = false; !full; next++) {
        const entry = { ...pointsOf(next), body: 'x'.repeat(37 * (next % 50)) }
        const result = await journal.append({ type: 'points', entry }).then(
          () => 'kept',
          (error: unknown) => error,
        )
        full = result !== 'kept'
        if (full) {
          expect(result).toMatchObject(code('journal/full'))
          expect((await place.look('series-1')).state).toEqual(journal.state)
          refused++
        } else kept.push(next)
      }
      expect([...journal.state.points.keys()]).toEqual(kept)
      free()
      await journal.append({ type: 'points', entry: pointsOf(next++) })
    }
    const before = structuredClone(journal.state)
    await journal.close()
    const again = await place.open('series-1')
    expect(again.state).toEqual(before)
    await again.close()
  })

  it('begins no stream, and leaves nothing of it', async () => {
    const disk = smallDisk(1_000_000)
    const place = placeIn(disk)
    const free = fill(disk, 0)
    await expect(place.create(frameSession())).rejects.toMatchObject(code('journal/full'))
    expect(await place.list()).toEqual([])
    free()
    const journal = await place.create(frameSession())
    await put(journal, 0)
    await journal.close()
  })
})

describeWithMount('a journal on a disk that cannot be written to', () => {
  it('says so, and can still be read', async () => {
    const disk = smallDisk(1_000_000)
    const place = placeIn(disk)
    const journal = await place.create(frameSession())
    await put(journal, 0)
    await journal.spill(framesOf(1).entry, framesOf(1).pieces(400))
    await journal.close()
    const series = await place.create(seriesSession())
    await series.append({ type: 'points', entry: pointsOf(3) })
    await series.close()
    execFileSync('mount', ['-o', 'remount,ro', disk])
    for (const call of [
      () => place.open('stream-1'),
      () => place.create(frameSession('b')),
      () => place.remove('stream-1'),
    ]) {
      const error = await call().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'journal/disk', details: { reason: 'EROFS' } })
      expect((error as Error).message).toMatch(/cannot be written to \(EROFS\)\. Choose another folder/)
    }
    expect(await place.verify('stream-1')).toEqual([])
    const view = await place.look('stream-1')
    expect((await bytesOf(await view.body(0))).length).toBe(LENGTH)
    expect(await bytesOf([await view.spilled(1)])).toEqual(framesOf(1).bytes)
    expect(await (await place.look('series-1')).request(3)).toBe(pointsOf(3).body)
    expect((await place.list()).map(({ dataId }) => dataId)).toEqual(['series-1', 'stream-1'])
  })
})

it('says that a file is no folder', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, '')
  for (const place of [placeIn(path), placeIn(`${path}/journal`)]) {
    await expect(place.create(frameSession())).rejects.toMatchObject({
      code: 'journal/disk',
      details: { reason: 'ENOTDIR' },
    })
  }
})

describe('a journal whose folder vanishes', () => {
  it('says so to whoever puts, appends or reads, and confirms nothing more', async () => {
    const path = temporaryFolder()
    const place = placeIn(path)
    for (const [how, vanish] of [
      ['removed', (folder: string) => rmSync(folder, { recursive: true })],
      ['moved', (folder: string) => renameSync(folder, `${path}/elsewhere`)],
    ] as const) {
      const journal = await place.create(frameSession(how))
      await put(journal, 0)
      const before = structuredClone(journal.state)
      vanish(join(path, how))
      await expect(put(journal, 1)).rejects.toMatchObject(code('journal/vanished'))
      await expect(bytesOf(await journal.body(0))).rejects.toMatchObject(code('journal/vanished'))
      await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('journal/vanished'))
      await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('journal/vanished'))
      expect(journal.state).toEqual(before)
      await journal.close()
    }
    // What was moved is brought back.
    renameSync(`${path}/elsewhere`, `${path}/moved`)
    const again = await place.open('moved')
    expect(await isWhole(again, 0)).toBe(true)
    await again.close()
  })

  it('cannot be removed once more, and lets go of it', async () => {
    const path = temporaryFolder()
    const place = placeIn(path)
    const journal = await place.create(frameSession())
    rmSync(join(path, 'stream-1'), { recursive: true })
    await expect(journal.remove()).rejects.toMatchObject(code('journal/vanished'))
    await (await place.create(frameSession())).close()
  })
})
