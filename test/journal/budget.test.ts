import { describe, expect, it } from 'vitest'
import { bytesOf, chunkOf, code, filesOf, frameSession, journaled, put } from './journals.js'

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
