import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { originOf, parseOrigin, reopened } from '../../ts/cli/origin.js'
import { chunkIndexes, recordedChunks } from '../../ts/cli/recorded-chunks.js'
import { type FileOptions, openFile } from '../../ts/cli/recording.js'
import type { Json } from '../../ts/journal/records.js'
import { folder, npy } from './command.js'

const PICTURE = fileURLToPath(new URL('../fixtures/recordings/gray8.png', import.meta.url))

/** What a journal would say of a recording. */
async function kept(path: string, options: FileOptions = {}) {
  const source = await openFile(path, options)
  await source.close()
  return originOf(path, options, source, 1000)
}

function recording(frames = 9): string {
  const path = join(folder(), 'growth.npy')
  writeFileSync(
    path,
    npy(
      '|u1',
      [frames, 4, 5],
      Uint8Array.from({ length: frames * 20 }, (_, at) => at),
    ),
  )
  return path
}

function shots(): string {
  const path = join(folder(), 'shots')
  mkdirSync(path)
  for (const name of ['1.png', '2.png', '3.png']) {
    copyFileSync(PICTURE, join(path, name))
    utimesSync(join(path, name), 2, 2)
  }
  return path
}

describe('what a journal says of a recording', () => {
  it('is the same when it was JSON', async () => {
    const path = join(folder(), 'camera.raw')
    writeFileSync(path, new Uint8Array(8 + 3 * 40))
    const origin = await kept(path, { shape: [4, 5], dtype: '<u2', offset: 8 })
    expect(parseOrigin(JSON.parse(JSON.stringify(origin)))).toEqual(origin)
    expect(origin).toMatchObject({ path, frames: 3, height: 4, width: 5, captureStartMs: 1000 })
    const again = await reopened(origin)
    expect(again).toMatchObject({ frames: 3, dtype: 'uint16' })
    await again.close()
  })

  it('is nothing where somebody else wrote it, whatever that is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(parseOrigin(json as Json)).toBeUndefined()
      }),
    )
    expect(parseOrigin(undefined)).toBeUndefined()
  })

  it.each<[string, (path: string) => void]>([
    ['size', (path) => writeFileSync(path, npy('|u1', [10, 4, 5], new Uint8Array(200)))],
    ['time of change', (path) => utimesSync(path, 1, 1)],
    [
      'shape, at the same size and time',
      (path) => {
        const { atime, mtime } = statSync(path)
        writeFileSync(path, readFileSync(path, 'latin1').replace('(9, 4, 5,)', '(9, 5, 4,)'), 'latin1')
        utimesSync(path, atime, mtime)
      },
    ],
  ])('tells a file of another %s', async (_, change) => {
    const path = recording()
    utimesSync(path, 2, 2)
    const origin = await kept(path)
    await (await reopened(origin)).close()
    change(path)
    await expect(reopened(origin)).rejects.toMatchObject({ code: 'frames/file-format', details: { path } })
  })

  it.each<[string, (path: string) => void]>([
    ['one file has changed', (path) => utimesSync(join(path, '2.png'), 1, 1)],
    ['a file has another name', (path) => renameSync(join(path, '1.png'), join(path, '4.png'))],
    ['a file has come', (path) => copyFileSync(PICTURE, join(path, '0.png'))],
  ])('tells a folder in which %s', async (_, change) => {
    const path = shots()
    const origin = await kept(path)
    change(path)
    await expect(reopened(origin)).rejects.toMatchObject({ code: 'frames/file-format', details: { path } })
  })

  it('is not disturbed by what is no part of the recording', async () => {
    const path = shots()
    const origin = await kept(path)
    for (const name of ['.DS_Store', '._1.png', 'notes.txt']) writeFileSync(join(path, name), '')
    symlinkSync('/nowhere', join(path, 'link'))
    expect((await reopened(origin)).frames).toBe(3)
  })
})

describe('chunks of a recording', () => {
  it('have the same frames and times whoever reads them, in whatever order', async () => {
    const path = recording(41)
    const source = await openFile(path, {})
    const bytes = Buffer.from(readFileSync(path).subarray(-41 * 20))
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.float({ min: Math.fround(0.1), max: 1000, noNaN: true }),
        async (chunkSize, fps) => {
          const indexes = chunkIndexes(41, chunkSize)
          const found = new Map<number, Uint8Array>()
          const cut = { chunkSize, fps, captureStartMs: 5000 }
          const shuffled = [...indexes].reverse()
          for await (const item of recordedChunks(source, cut, shuffled)) {
            const [stack, startMs] = item as unknown as [{ data: Uint8Array }, number]
            const index = shuffled[found.size]!
            expect(startMs).toBe(Math.round(5000 + (index * chunkSize * 1000) / fps))
            found.set(index, stack.data)
          }
          const whole = Buffer.concat(indexes.map((index) => found.get(index)!))
          expect(Buffer.compare(whole, bytes)).toBe(0)
        },
      ),
      { numRuns: 30 },
    )
    await source.close()
  })
})
