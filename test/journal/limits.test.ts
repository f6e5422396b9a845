import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StreamJournal } from '../../ts/journal/place.js'
import { describeWithMount, fill, smallDisk } from '../disk/small-disk.js'
import {
  bytesOf,
  chunkOf,
  code,
  frameSession,
  placeIn,
  pointsOf,
  seriesSession,
  temporaryFolder,
} from './journals.js'

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
    await journal.close()
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
    expect((await place.list()).map(({ dataId }) => dataId)).toEqual(['stream-1'])
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
