import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  bytesOf,
  chunkOf,
  code,
  filesOf,
  frameSession,
  framesOf,
  journaled,
  keptSession,
  placeIn,
  pointsOf,
  put,
  seriesSession,
  temporaryFolder,
} from './journals.js'

describe('the budget of journals in a folder', () => {
  it('refuses the chunk that is too much, with the numbers, and none before it', async () => {
    const sizes = [0, 1, 2].map((index) => chunkOf(index).bytes.length)
    const budgetBytes = sizes[0]! + sizes[1]! + 10
    const { place, journal, folder } = await journaled([0], { budgetBytes })
    const other = await place.create(frameSession('other'))
    await put(other, 1)
    await expect(put(journal, 2)).rejects.toMatchObject({
      code: 'journal/budget',
      details: { budgetBytes, heldBytes: sizes[0]! + sizes[1]!, chunkBytes: sizes[2] },
    })
    expect(filesOf(folder)).toEqual(['0-0.shard', 'log'])
    expect(await bytesOf(await journal.body(0))).toEqual(chunkOf(0).bytes)
    // There is room again when a chunk is stored, when its index comes again, and when its journal is closed.
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    await put(journal, 0)
    await expect(put(journal, 2)).rejects.toMatchObject(code('journal/budget'))
    await other.close()
    await put(journal, 1)
    // What lies there from before counts.
    const again = await place.open('other')
    await expect(put(journal, 2)).rejects.toMatchObject({
      details: { heldBytes: sizes[0]! + 2 * sizes[1]! },
    })
    await again.remove()
    await journal.close()
  })

  it('counts frames that wait, until their chunk is put', async () => {
    const frames = [0, 1].map((index) => framesOf(index, { frames: 2, bytesPerFrame: 200 }))
    const sizes = [0, 1].map((index) => chunkOf(index).bytes.length)
    const budgetBytes = 400 + sizes[1]! + 50
    const { place, journal, folder } = await journaled([], { budgetBytes })
    const spill = (index: number) => journal.spill(frames[index]!.entry, frames[index]!.pieces(64))
    await spill(0)
    await put(journal, 1)
    const before = structuredClone(journal.state)
    await expect(spill(1)).rejects.toMatchObject({
      code: 'journal/budget',
      details: { budgetBytes, heldBytes: budgetBytes - 50, chunkBytes: 400 },
    })
    // Also those that are to take the place of others: until they do, both are there.
    await expect(spill(0)).rejects.toMatchObject(code('journal/budget'))
    expect(journal.state).toEqual(before)
    expect(filesOf(folder)).toEqual(['0-0.frames', '1-1.shard', 'log'])
    await journal.close()
    const again = await place.open('stream-1')
    await expect(put(again, 2)).rejects.toMatchObject({ details: { heldBytes: budgetBytes - 50 } })
    // They were accepted, so their chunk is; they go with it.
    await put(again, 0)
    await expect(put(again, 2)).rejects.toMatchObject({ details: { heldBytes: sizes[0]! + sizes[1]! } })
    await again.append({ type: 'stored', item: 1, proof: 'md5' })
    await expect(put(again, 0)).rejects.toMatchObject({ details: { heldBytes: sizes[0] } })
    await again.remove()
    await (await place.create(frameSession())).close()
  })

  it('forgets frames that were refused, or are not as long as they were said to be', async () => {
    const { entry, pieces } = framesOf(0, { frames: 2, bytesPerFrame: 200 })
    const { journal, folder } = await journaled([], { budgetBytes: 900 })
    for (let turn = 0; turn < 3; turn++) {
      const few = journal.spill(entry, framesOf(0, { frames: 1, bytesPerFrame: 200 }).pieces(100))
      await expect(few).rejects.toMatchObject(code('core/internal'))
    }
    // Those that come again take the place of those before.
    for (let turn = 0; turn < 3; turn++) await journal.spill(entry, pieces(100))
    expect(filesOf(folder).length).toBe(2)
    await journal.close()
  })

  it('counts points as long as the log is there, as it is never cut', async () => {
    const path = temporaryFolder()
    const place = placeIn(path, { budgetBytes: 20_000 })
    const journal = await place.create(seriesSession())
    let kept = 0
    const next = () =>
      journal.append({ type: 'points', entry: { ...pointsOf(kept), body: `"${'"\\x'.repeat(300)}` } })
    const refused = await (async () => {
      for (; ; kept++) await next()
    })().catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'journal/budget', details: { budgetBytes: 20_000 } })
    expect(kept).toBeGreaterThan(5)
    expect([...journal.state.points.keys()]).toEqual([...Array(kept).keys()])
    // What is on disk is not more, but for the notes on what became of the points.
    const { size } = statSync(`${path}/series-1/log`)
    expect(size).toBeLessThan(21_000)
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    await expect(next()).rejects.toMatchObject(code('journal/budget'))
    await journal.close()
    // It is had again by others, and counts when it is opened.
    const other = await place.create(frameSession())
    await put(other, 0, 1)
    await other.remove()
    const again = await place.open('series-1')
    const entry = pointsOf(kept)
    await expect(
      again.append({ type: 'points', entry: { ...entry, body: 'x'.repeat(4000) } }),
    ).rejects.toMatchObject(code('journal/budget'))
    expect(await again.request(1)).toContain('"\\x')
    await again.close()
  })

  it('counts the chunks of a journal that is kept also when they are stored', async () => {
    const sizes = [0, 1].map((index) => chunkOf(index).bytes.length)
    const place = placeIn(temporaryFolder(), { budgetBytes: sizes[0]! + 10 })
    const journal = await place.create(keptSession())
    await put(journal, 0)
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    await expect(put(journal, 1)).rejects.toMatchObject({ details: { heldBytes: sizes[0] } })
    await journal.close()
    await (await place.create(frameSession())).close()
    const again = await place.open('kept-1')
    await expect(put(again, 1)).rejects.toMatchObject({ details: { heldBytes: sizes[0] } })
    await again.close()
  })

  it('counts chunks that are on their way, and forgets those that fail', async () => {
    const { entry, body } = chunkOf(0)
    const { journal } = await journaled([], { budgetBytes: entry.bytes * 1.5 })
    const both = await Promise.allSettled([journal.put(entry, body()), journal.put(entry, body())])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    for (let turn = 0; turn < 3; turn++) {
      await expect(journal.put(entry, [])).rejects.toMatchObject(code('core/internal'))
    }
    await journal.put(entry, body())
    await journal.close()
  })
})
