import { describe, expect, it } from 'vitest'
import type { SealedChunk } from '../../../ts/journal/journal.js'
import { memoryJournal } from '../../../ts/journal/memory.js'

const chunk = (index: number): SealedChunk => ({
  index,
  frames: 1,
  height: 1,
  width: 1,
  bytes: 5,
  md5: '',
  sha256: '',
  xxh64: '',
  clamped: 0,
})

describe('the journal in memory', () => {
  it('gives the same parts again and again, and frees every one when they are stored', async () => {
    const journal = memoryJournal()
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5)]
    const others = [Uint8Array.of(6)]
    await journal.put(chunk(0), parts)
    await journal.put(chunk(1), others)
    for (let tries = 0; tries < 2; tries++) expect(await journal.body(0)).toBe(parts)
    expect(parts.map(({ byteLength }) => byteLength)).toEqual([2, 1, 2])
    await journal.stored(0)
    expect(parts.map(({ buffer }) => buffer.byteLength)).toEqual([0, 0, 0])
    await expect(journal.body(0)).rejects.toMatchObject({ code: 'core/internal' })
    expect(await journal.body(1)).toEqual([Uint8Array.of(6)])
  })

  it('keeps and drops a Blob', async () => {
    const journal = memoryJournal()
    const blob = new Blob([Uint8Array.of(1, 2)])
    await journal.put(chunk(0), blob)
    expect(await journal.body(0)).toBe(blob)
    await journal.stored(0)
    await expect(journal.body(0)).rejects.toMatchObject({ code: 'core/internal' })
  })
})
