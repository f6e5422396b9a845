import { describe, expect, it } from 'vitest'
import { MemoryPlace } from '../../ts/journal/memory-place.js'
import { chunkOf, frameSession } from './journals.js'

describe('a journal in memory', () => {
  it('gives the same parts again and again, and frees them when they are stored, and no others', async () => {
    const journal = await new MemoryPlace(Date.now).create(frameSession())
    const parts = [0, 1].map((index) => chunkOf(index).body())
    for (const index of [0, 1]) await journal.put(chunkOf(index).entry, parts[index]!)
    for (let turn = 0; turn < 2; turn++) expect(await journal.body(0)).toBe(parts[0])
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    expect(parts[0]!.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, 0])
    expect(parts[1]!.every(({ buffer }) => buffer.byteLength > 0)).toBe(true)
  })

  it('keeps and drops a Blob', async () => {
    const journal = await new MemoryPlace(Date.now).create(frameSession())
    const { entry, body } = chunkOf(0)
    const blob = new Blob(body())
    await journal.put(entry, blob)
    expect(await journal.body(0)).toBe(blob)
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    await expect(journal.body(0)).rejects.toMatchObject({ code: 'core/internal' })
  })

  it('is not disturbed by one that was closed before', async () => {
    const place = new MemoryPlace(Date.now)
    const first = await place.create(frameSession())
    await first.close()
    const second = await place.open('stream-1')
    await first.close()
    await expect(first.append({ type: 'finalize' })).rejects.toMatchObject({ code: 'core/internal' })
    await expect(place.open('stream-1')).rejects.toMatchObject({
      code: 'journal/locked',
      details: { path: 'memory:stream-1' },
    })
    await second.append({ type: 'finalize' })
    await second.remove()
    expect(await place.list()).toEqual([])
  })
})
