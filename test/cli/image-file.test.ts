import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Image } from '../../ts/cli/image.js'
import { imageFiles } from '../../ts/cli/image-file.js'
import { openPath } from '../../ts/frames/file-node.js'
import { describeWithPython, runPython } from '../interop/python.js'
import { folder } from './command.js'

/** Images whose every value states its place. */
function image(shape: readonly number[], bits: 8 | 16): Image {
  const length = shape.reduce((product, axis) => product * axis, 1)
  const values = Array.from({ length }, (_, i) => (i * 7919 + 258) % 2 ** bits)
  return { data: bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values), shape }
}

/** Floats, none of which is a whole number. */
function floats(shape: readonly number[]): Image {
  const { data } = image(shape, 16)
  return { data: Float32Array.from(data, (value) => value / 64 - 100.3), shape }
}

async function written(path: string, images: readonly Image[], count = images.length): Promise<string[]> {
  const files = await imageFiles(path, count)
  for (const one of images) await files.write(one)
  return files.close()
}

/** The values of a recording, as our own readers have them. */
async function read(path: string) {
  const source = await openPath(path, {})
  const { data, byteOrder } = await source.read(0, source.frames)
  await source.close()
  const { frames, height, width, channels, dtype } = source
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const value = (i: number) => (byteOrder === 'big' ? bytes.readUInt16BE(2 * i) : bytes.readUInt16LE(2 * i))
  const values = dtype === 'uint16' ? Array.from({ length: data.length }, (_, i) => value(i)) : [...bytes]
  return { frames, height, width, channels, dtype, values }
}

const BITS = fc.constantFrom(8 as const, 16 as const)
const AXIS = fc.integer({ min: 1, max: 40 })

describe('files of images', () => {
  it.each([['png'], ['tif']])('.%s holds gray and colours of 8 and 16 bits', async (ending) => {
    const channels = fc.constantFrom(1, 3, 4)
    let made = 0
    const at = folder()
    await fc.assert(
      fc.asyncProperty(AXIS, AXIS, channels, BITS, async (height, width, colours, bits) => {
        const one = image(colours === 1 ? [height, width] : [height, width, colours], bits)
        const [path] = await written(join(at, `${made++}.${ending}`), [one])
        expect(await read(path!)).toEqual({
          frames: 1,
          height,
          width,
          channels: colours,
          dtype: `uint${bits}`,
          values: [...one.data],
        })
      }),
      { numRuns: 40 },
    )
  })

  it('.npy holds a stack of what came', async () => {
    const path = join(folder(), 'shot.npy')
    const images = [image([3, 5], 16), image([3, 5], 16)]
    expect(await written(path, images, 7)).toEqual([path])
    const stack = { frames: 2, height: 3, width: 5, dtype: 'uint16' }
    expect(await read(path)).toMatchObject({ ...stack, values: images.flatMap(({ data }) => [...data]) })
  })

  it('are numbered where there may be several, in the order of their names', async () => {
    const at = folder()
    const images = Array.from({ length: 11 }, (_, i) => image([1, i + 1], 8))
    const paths = await written(join(at, 'shot.PNG'), images)
    expect(readdirSync(at).sort()).toEqual(paths.map((path) => path.slice(at.length + 1)))
    expect(paths.slice(9)).toEqual([join(at, 'shot-09.PNG'), join(at, 'shot-10.PNG')])
    expect((await read(paths[10]!)).width).toBe(11)
  })

  it('are not made before there is an image', async () => {
    const path = join(folder(), 'shot.npy')
    expect(await written(path, [], 3)).toEqual([])
    expect(existsSync(path)).toBe(false)
  })

  it('write nothing over', async () => {
    for (const ending of ['npy', 'png', 'tif', 'csv']) {
      const path = join(folder(), `shot.${ending}`)
      await written(path, [image([2, 2], 8)])
      await expect(imageFiles(path, 1)).rejects.toThrow(/shot\.[a-z]+ exists already/)
    }
    // Nor what comes into being meanwhile.
    const path = join(folder(), 'shot.png')
    const both = [await imageFiles(path, 1), await imageFiles(path, 1)]
    await both[0]!.write(image([2, 2], 8))
    await expect(both[1]!.write(image([2, 2], 8))).rejects.toMatchObject({
      code: 'frames/file-write',
      details: { path, reason: 'EEXIST' },
    })
  })

  it('need a folder', async () => {
    await expect(imageFiles(join(folder(), 'none', 'shot.png'), 1)).rejects.toThrow(/none is none/)
  })

  it.each<[string, string, Image]>([
    ['bytes of an unknown format to .png', 'a.png', image([100], 8)],
    ['two values a pixel to .tif', 'a.tif', image([4, 5, 2], 8)],
    ['colours to .csv', 'a.csv', image([4, 5, 3], 8)],
    ['floats to .png', 'a.png', floats([4, 5])],
  ])('refuse %s', async (_, name, one) => {
    const path = join(folder(), name)
    await expect(written(path, [one])).rejects.toMatchObject({
      code: 'frames/file-unsupported',
      details: { path },
    })
    expect(existsSync(path)).toBe(false)
  })

  it('refuse images of another size in one array', async () => {
    const files = await imageFiles(join(folder(), 'a.npy'), 2)
    await files.write(image([2, 3], 8))
    await expect(files.write(image([3, 2], 8))).rejects.toMatchObject({ code: 'frames/size-changed' })
    await files.close()
  })

  it('are of known kinds', async () => {
    await expect(imageFiles('shot.jpg', 1)).rejects.toThrow(/\.npy, \.png, \.tif or \.csv/)
  })
})

/** What numpy is to call the values. */
function dtypeOf(name: string, data: Image['data']): string {
  if (name.endsWith('.csv')) return 'int64'
  return data instanceof Float32Array ? 'float32' : `uint${8 * data.BYTES_PER_ELEMENT}`
}

describeWithPython('files of images, read by Pillow and numpy', () => {
  it('have the values that were written', async () => {
    const at = folder()
    const cases: [string, Image][] = [
      ['gray8.png', image([7, 13], 8)],
      ['gray16.png', image([7, 13], 16)],
      ['rgb8.png', image([5, 3, 3], 8)],
      ['rgba8.png', image([5, 3, 4], 8)],
      ['gray8.tif', image([7, 13], 8)],
      ['gray16.tif', image([7, 13], 16)],
      ['rgb8.tif', image([5, 3, 3], 8)],
      ['rgba8.tif', image([5, 3, 4], 8)],
      ['bytes.npy', image([100], 8)],
      ['gray8.npy', image([7, 13], 8)],
      ['gray16.npy', image([7, 13], 16)],
      ['floats.npy', floats([7, 13])],
      ['floats.tif', floats([7, 13])],
      ['rgb16.npy', image([5, 3, 3], 16)],
      ['gray16.csv', image([7, 13], 16)],
    ]
    for (const [name, one] of cases) await written(join(at, name), [one])
    const answers: object[] = []
    await runPython(
      '../cli/read_images.py',
      { paths: cases.map(([name]) => join(at, name)) },
      {
        onLine: async (line) => {
          answers.push(JSON.parse(line) as object)
        },
      },
    )
    expect(answers).toEqual(
      cases.map(([name, { data, shape }]) => ({
        dtype: dtypeOf(name, data),
        shape,
        values: [...data],
      })),
    )
  })
})
