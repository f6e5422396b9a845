import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blobFolder } from '../../../ts/frames/blob.js'
import { openPath } from '../../../ts/frames/file-node.js'
import { openRecording } from '../../../ts/frames/open.js'
import { expectCode, fixture, fixtureBytes, rough, value, valuesOf } from './recordings.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framewire-folder-'))
})
afterEach(() => rm(folder, { recursive: true }))

const put = (from: string, to: string) => copyFile(fixture(from), join(folder, to))
const frame = (n: number, dtype: 'uint8' | 'uint16' = 'uint8') =>
  Array.from({ length: 37 * 53 }, (_, i) => value(dtype, n, Math.floor(i / 53), i % 53))

describe('a folder of pictures', () => {
  it('is one movie, its numbers taken as numbers, a TIFF giving all its pages', async () => {
    // Frames: 0 | 0 1 2 | 0. As text, "10" would come before "2".
    await put('gray8.png', 'shot 1.PNG')
    await put('u8-strips.tif', 'shot 2.tiff')
    await put('gray8.png', 'shot 10.png')
    // Left out: notes, the shadow files of another system, folders are never looked into.
    await writeFile(join(folder, 'notes.txt'), 'RHEED')
    await put('rough8.png', '._shot 1.png')
    await mkdir(join(folder, 'more'))

    const source = await openPath(folder)
    expect(source).toMatchObject({
      frames: 5,
      height: 37,
      width: 53,
      dtype: 'uint8',
      channels: 1,
      name: folder,
    })
    const whole = await source.read(0, 5)
    expect(whole.shape).toEqual([5, 37, 53])
    expect(valuesOf(whole)).toEqual([0, 0, 1, 2, 0].flatMap((n) => frame(n)))
    expect(valuesOf(await source.read(2, 2))).toEqual([...frame(1), ...frame(2)])
    expect(valuesOf(await source.read(4, 1))).toEqual(frame(0))
    await expectCode('frames/layout', () => source.read(4, 2))
    await source.close()
  })

  it('is sorted as people count', async () => {
    const names = ['a10.png', 'a9.png', 'a09.png', 'a1.png', 'b1.png', 'a1-2.png', 'a1-10.png', 'a100.png']
    const order: string[] = []
    const bytes = await fixtureBytes('gray8.png')
    const files = names.map((name) => new File([bytes], name))
    const { files: named } = blobFolder(files)
    const source = await openRecording({
      name: 'chosen',
      files: named.map((file) => ({
        name: file.name,
        open: () => {
          order.push(file.name)
          return file.open()
        },
      })),
    })
    order.length = 0
    await source.read(0, names.length)
    expect(order).toEqual([
      'a1-2.png',
      'a1-10.png',
      'a1.png',
      'a09.png',
      'a9.png',
      'a10.png',
      'a100.png',
      'b1.png',
    ])
  })

  it('of both byte orders', async () => {
    await put('gray16.png', '1.png')
    await put('u16le-tiles-deflate.tif', '2.tif')
    await put('u16be-deflate.tif', '3.tif')
    const source = await openPath(folder)
    expect(source).toMatchObject({ frames: 7, dtype: 'uint16', bits: 16 })
    const expected = [0, 0, 1, 2, 0, 1, 2].flatMap((n) => frame(n, 'uint16'))
    expect(valuesOf(await source.read(0, 7))).toEqual(expected)
  })

  it('of files that a person dropped on a page', async () => {
    const files = await Promise.all(
      ['average8.png', 'rough8.png', 'unfiltered8.png'].map(
        async (name) => new File([await fixtureBytes(name)], name),
      ),
    )
    const source = await openRecording(blobFolder(files))
    expect(source.frames).toBe(3)
    expect(valuesOf(await source.read(0, 3))).toEqual([...rough(), ...rough(), ...rough()])
  })

  it('is refused where it does not fit together, before a frame is read', async () => {
    await put('gray8.png', '1.png')
    await put('rough8.png', '2.png')
    const sizes = await expectCode('frames/size-changed', () => openPath(folder), /2\.png.*\(64, 96, 1\)/)
    expect(sizes.details).toEqual({ expected: [37, 53, 1], actual: [64, 96, 1] })
    await put('rgb8.png', '2.png')
    await expectCode('frames/size-changed', () => openPath(folder), /\(37, 53, 3\)/)
    await put('gray16.png', '2.png')
    await expectCode('frames/dtype', () => openPath(folder), /2\.png is uint16/)
    await writeFile(join(folder, '2.png'), 'no picture')
    await expectCode('frames/file-truncated', () => openPath(folder), /2\.png/)
    await rm(join(folder, '2.png'))
    await rm(join(folder, '1.png'))
    await expectCode('frames/file-unsupported', () => openPath(folder), /no PNG or TIFF/)
  })

  it('is refused where a file changes or goes after it was opened', async () => {
    await put('gray8.png', '1.png')
    await put('gray8.png', '2.png')
    const source = await openPath(folder)
    await put('rough8.png', '2.png')
    await expectCode('frames/size-changed', () => source.read(0, 2))
    await rm(join(folder, '2.png'))
    await expectCode('frames/file-missing', () => source.read(0, 2))
  })
})
