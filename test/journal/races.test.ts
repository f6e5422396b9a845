import { readdirSync, renameSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  bytesOf,
  chunkOf,
  code,
  filesOf,
  framesOf,
  journaled,
  keptPlaceIn,
  temporaryFolder,
} from './journals.js'
import { SHARDS, soundStore, whole } from './kept.js'

/** Frames whose last piece comes when `go` is called, or never whole when that is told of an error. */
function waiting(index: number) {
  const { entry, bytes } = framesOf(index)
  let go = (_error?: Error) => {}
  const gate = new Promise<Error | undefined>((resolve) => {
    go = resolve
  })
  const pieces = async function* () {
    yield bytes.subarray(0, 500)
    const error = await gate
    if (error) throw error
    yield bytes.subarray(500)
  }
  return { entry, bytes, pieces, go }
}

describe('a journal that is closed while files are on their way into it', () => {
  it('takes them first, and nothing new; until then it is nobody else’s', async () => {
    const { place, journal, folder } = await journaled([0])
    const { entry, bytes, pieces, go } = waiting(1)
    const asked = [journal.spill(entry, pieces()), journal.put(chunkOf(2).entry, chunkOf(2).body())]
    let closed = false
    const closing = journal.close().then(() => {
      closed = true
    })
    await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('core/internal'))
    await expect(journal.put(chunkOf(3).entry, chunkOf(3).body())).rejects.toMatchObject(
      code('core/internal'),
    )
    await asked[1]
    await expect(place.open('stream-1')).rejects.toMatchObject(code('journal/locked'))
    expect(closed).toBe(false)
    go()
    await Promise.all([...asked, closing, journal.close()])
    expect(filesOf(folder)).toEqual(['0-0.shard', '1-1.frames', '2-2.shard', 'log'])
    const again = await place.open('stream-1')
    expect(again.state).toEqual(journal.state)
    expect(await bytesOf([await again.spilled(1)])).toEqual(bytes)
    await again.close()
  })

  it('has nothing of those that fail', async () => {
    const { place, journal, folder } = await journaled([0])
    const { entry, pieces, go } = waiting(1)
    const spilling = journal.spill(entry, pieces())
    const closing = journal.close()
    const unplugged = new Error('the camera was unplugged')
    go(unplugged)
    await expect(spilling).rejects.toBe(unplugged)
    await closing
    expect(filesOf(folder)).toEqual(['0-0.shard', 'log'])
    await (await place.open('stream-1')).close()
  })

  it('is gone whole when it is removed', async () => {
    const { path, journal } = await journaled([0])
    const { entry, pieces, go } = waiting(1)
    const spilling = journal.spill(entry, pieces())
    const removing = journal.remove()
    go()
    await Promise.all([spilling, removing, journal.close()])
    expect(readdirSync(path)).toEqual([])
  })
})

it('a journal is closed when it could not be kept, and kept when it is opened again by the same process', async () => {
  const path = temporaryFolder()
  const place = keptPlaceIn(path)
  const journal = await whole(place)
  // Its last chunk is away for a while.
  renameSync(`${path}/kept-1/3-3.shard`, `${path}/3-3.shard`)
  const keeping = journal.keep()
  const closing = journal.close()
  await expect(keeping).rejects.toMatchObject(code('journal/vanished'))
  await closing
  await journal.close()
  for (const late of [journal.keep(), journal.remove(), journal.append({ type: 'finalize' })])
    await expect(late).rejects.toMatchObject(code('core/internal'))
  renameSync(`${path}/3-3.shard`, `${path}/kept-1/3-3.shard`)
  const again = await place.open('kept-1')
  const { index } = SHARDS[3]!.entry
  expect(await bytesOf(await again.body(index))).toEqual(SHARDS[3]!.bytes)
  await again.keep()
  await soundStore(`${path}/kept-1`)
})
