import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunksOf } from '../../../../ts/telops/download/chunks.js'
import type { DownloadedFrame } from '../../../../ts/telops/download/ordered-frames.js'

/** The frame with this index, taken so many and a quarter ms after the first. */
function frame(index: number): DownloadedFrame {
  return {
    index,
    data: Uint16Array.of(index),
    shape: [1, 1],
    dtype: 'uint16',
    unit: 'counts',
    complete: true,
    header: { takenAt: 1_700_000_000_000 + index * 10.25 } as DownloadedFrame['header'],
  }
}

async function* frames(count: number): AsyncGenerator<DownloadedFrame, void, void> {
  for (let index = 0; index < count; index++) yield frame(index)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('chunks of a download', () => {
  it('have every frame once, in order, and the time of their first one in whole ms', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(50), fc.integer({ min: 1, max: 20 }), async (count, size) => {
        const chunks = await all(chunksOf(frames(count), size))
        expect(chunks.flatMap(([chunk]) => chunk)).toEqual(
          Array.from({ length: count }, (_, at) => frame(at)),
        )
        expect(chunks.slice(0, -1).every(([chunk]) => chunk.length === size)).toBe(true)
        expect(chunks.map(([, start]) => start)).toEqual(
          chunks.map((_, at) => Math.round(frame(at * size).header.takenAt)),
        )
      }),
    )
  })

  it('are not read ahead: there is one in memory', async () => {
    let read = 0
    async function* counted() {
      for await (const one of frames(10)) {
        read++
        yield one
      }
    }
    const chunks = chunksOf(counted(), 4)
    await chunks.next()
    expect(read).toBe(4)
    await chunks.return()
    expect(read).toBe(4)
  })

  it.each([0, -1, 1.5, Number.NaN])('are not of %d frames', async (size) => {
    await expect(all(chunksOf(frames(1), size))).rejects.toThrow(RangeError)
  })
})
