import { describe, expect, it } from 'vitest'
import { openPath } from '../../../ts/frames/file-node.js'
import { openTiff } from '../../../ts/frames/tiff.js'
import {
  changed,
  expectCode,
  expectHarmless,
  expectMovie,
  fixture,
  fixtureBytes,
  memory,
  rough,
  value,
  valuesOf,
} from './recordings.js'

const open = (name: string) => openPath(fixture(name))

describe('TIFF files of other writers', () => {
  it.each([
    ['u8-strips.tif', 'uint8'],
    ['u16le-tiles-deflate.tif', 'uint16'],
    ['u16be-deflate.tif', 'uint16'],
    ['u16-lzw.tif', 'uint16'],
    ['big.tif', 'uint16'],
    ['big-be.tif', 'uint16'],
    ['pillow.tif', 'uint8'],
  ] as const)('%s', async (name, dtype) => {
    await expectMovie(await open(name), dtype, 3, 37, 53)
  })

  it('with many strips, their places apart from the directory, big-endian', async () => {
    await expectMovie(await open('u16be-rows.tif'), 'uint16', 2, 400, 4)
  })

  it('in colour: pixel by pixel, in tiles with alpha, in planes', async () => {
    await expectMovie(await open('rgb.tif'), 'uint8', 2, 37, 53, 3)
    await expectMovie(await open('rgba-tiles.tif'), 'uint8', 2, 37, 53, 4)
    await expectMovie(await open('rgb-planes.tif'), 'uint8', 2, 37, 53, 3)
  })

  it.each(['u8-lzw.tif', 'pillow-lzw.tif', 'pillow-packbits.tif', 'pillow-deflate.tif'])(
    '%s',
    async (name) => {
      const source = await open(name)
      expect(valuesOf(await source.read(0, 1))).toEqual(rough())
      await source.close()
    },
  )

  it('in PackBits runs', async () => {
    const source = await open('u8-packbits.tif')
    const values = valuesOf(await source.read(1, 2))
    const expected = [1, 2].flatMap((n) =>
      Array.from({ length: 37 * 53 }, (_, i) => value('uint8', n, Math.floor(i / 53), i % 53) >> 6),
    )
    expect(values).toEqual(expected)
    await source.close()
  })

  it('with all frames behind one page, as large stacks are written', async () => {
    await expectMovie(await open('one-page.tif'), 'uint16', 4, 7, 9)
    // (2, 3, 7, 9): six frames.
    await expectMovie(await open('one-page-tzyx.tif'), 'uint8', 6, 7, 9)
    // ImageJ says it in its own words.
    const bytes = Buffer.from(await fixtureBytes('one-page.tif'))
    const words = bytes.indexOf('{"shape"')
    bytes.write('ImageJ=1.54f\nimages=4\n\0'.padEnd(bytes.indexOf('}', words) + 1 - words, '\0'), words)
    await expectMovie(await openTiff(memory(new Uint8Array(bytes))), 'uint16', 4, 7, 9)
    await expectCode('frames/file-truncated', () => openTiff(memory(new Uint8Array(bytes.subarray(0, -1)))))
  })

  it('with thumbnails, which are no frames', async () => {
    await expectMovie(await open('thumbnails.tif'), 'uint8', 2, 8, 10)
  })
})

describe('TIFF files that are refused', () => {
  it.each([
    ['refused-float.tif', 'frames/dtype', /float32.*Scale it/],
    ['refused-int16.tif', 'frames/dtype', /int16.*cast it/],
    ['refused-white.tif', 'frames/file-unsupported', /white is zero/],
    ['refused-palette.tif', 'frames/file-unsupported', /a palette/],
    ['refused-1bit.tif', 'frames/file-unsupported', /1 bits a sample/],
    ['refused-zstd.tif', 'frames/file-unsupported', /compression 50000/],
    ['refused-sizes.tif', 'frames/size-changed', /page 2 has the size \(8, 9, 1\), the first \(7, 9, 1\)/],
  ] as const)('%s', async (name, code, message) => {
    await expectCode(code, () => open(name), message)
  })

  it('cut short anywhere', async () => {
    const whole = await fixtureBytes('u8-strips.tif')
    // The last bytes are texts of the last page, which are not read.
    for (let length = 8; length < whole.length - 50; length += 97) {
      await expectCode('frames/file-format', () => openTiff(memory(whole.slice(0, length))))
    }
    await expectCode('frames/file-format', () => openTiff(memory(whole.slice(0, 7))), /no TIFF/)
  })
})

/** A classic little-endian TIFF of one 4 x 4 page of 8-bit gray, with fields and pixels where the test wants them. */
function tiff(fields: Record<number, number>, { first = 8, next = 0, pixels = 16, length = 200 } = {}) {
  const all = Object.entries({
    256: 4,
    257: 4,
    258: 8,
    259: 1,
    262: 1,
    273: 180,
    277: 1,
    278: 4,
    279: 16,
    ...fields,
  })
  const bytes = Buffer.alloc(length)
  bytes.write('II*\0', 'latin1')
  bytes.writeUInt32LE(first, 4)
  bytes.writeUInt16LE(all.length, 8)
  for (const [k, [tag, number]] of all.entries()) {
    bytes.writeUInt16LE(Number(tag), 10 + 12 * k)
    bytes.writeUInt16LE(4, 12 + 12 * k)
    bytes.writeUInt32LE(1, 14 + 12 * k)
    bytes.writeUInt32LE(number, 18 + 12 * k)
  }
  bytes.writeUInt32LE(next, 10 + 12 * all.length)
  for (let i = 0; i < pixels; i++) bytes[180 + i] = i
  return memory(new Uint8Array(bytes))
}

describe('wrong offsets and absurd sizes', () => {
  it('none of them: the page by which the others are made', async () => {
    const source = await openTiff(tiff({}))
    expect(valuesOf(await source.read(0, 1))).toEqual(Array.from({ length: 16 }, (_, i) => i))
  })

  it.each([
    ['the first directory past the end', {}, { first: 5000 }, /page directory at byte 5000 that is outside/],
    ['the first directory in the header', {}, { first: 4 }, /outside/],
    ['a directory of zeros', {}, { first: 196 }, /claims 0 fields/],
    ['no directory', {}, { first: 0 }, /no page/],
    ['a next directory past the end', {}, { next: 0xfffffff0 }, /outside/],
    ['a next directory that is itself', {}, { next: 8 }, /in a loop/],
    ['a next directory in the pixels', {}, { next: 181 }, /claims|leaves|impossible|bits/],
    ['pixels past the end', { 273: 190 }, {}, /outside of the file/],
    ['pixels far past the end', { 273: 0xffffffff }, {}, /outside of the file/],
    ['fewer pixels than the size', { 279: 15 }, {}, /15 bytes at 180 hold 16/],
    [
      'far more bytes than the size',
      { 256: 1, 257: 1, 279: 5000 },
      { length: 6000 },
      /5000 bytes at 180 hold 1/,
    ],
    ['no size', { 256: 0 }, {}, /impossible page of 4 x 0/],
    ['a billion rows', { 257: 2 ** 30, 278: 2 ** 30 }, {}, /impossible|hold/],
    ['a frame of 10 GB', { 256: 100000, 257: 100000, 278: 100000 }, {}, /impossible/],
    [
      'a frame of 1 GB in 16 bytes',
      { 256: 32768, 257: 32768, 278: 32768, 259: 5 },
      {},
      /16 bytes at 180 hold/,
    ],
    ['more strips than there are places', { 278: 1 }, {}, /do not fit/],
    ['strips of no rows', { 278: 0 }, {}, /impossible/],
  ] as const)('%s', async (_, fields, layout, message) => {
    await expectCode(
      'frames/file-format',
      () => openTiff(tiff(fields as Record<number, number>, layout)),
      message,
    )
  })

  it('a list of places that leaves the file, or is endless', async () => {
    const bytes = await fixtureBytes('u16be-rows.tif')
    const entry = bytes.findIndex((byte, i) => byte === 0x01 && bytes[i + 1] === 0x11)
    await expectCode(
      'frames/file-format',
      () => openTiff(memory(changed(bytes, entry + 8, 0x7f))),
      /outside of the file/,
    )
    await expectCode('frames/file-format', () => openTiff(memory(changed(bytes, entry + 4, 0x7f))), /claims/)
  })

  it.each([
    ['LZW', 5, [0x80, 0x7f, 0xff, 0xff], /never defined/],
    ['LZW that ends early', 5, [0x80, 0x00], /holds/],
    ['LZW of the old form', 5, [0x00, 0x01], /before 1992/],
    ['PackBits that ends within a run', 32773, [0x0f, 1, 2, 3], /ends within a run/],
    ['PackBits that holds too much', 32773, [0x81, 7], /more than was declared/],
    ['deflate', 8, [0x78, 0x9c, 0xff, 0xff], /cannot be unpacked/],
  ] as const)('damaged pixels: %s', async (_, compression, packed, message) => {
    const file = tiff({ 259: compression, 279: packed.length }, { pixels: 0 })
    const bytes = await file.read(0, file.size)
    bytes.set(packed, 180)
    await expectCode('frames/file-format', async () => (await openTiff(memory(bytes))).read(0, 1), message)
  })

  it('a strip that unpacks to other bytes than were packed', async () => {
    const bytes = await fixtureBytes('pillow-deflate.tif')
    const source = await openTiff(memory(changed(bytes, 700, bytes[700]! ^ 1)))
    await expectCode('frames/file-format', () => source.read(0, 1), /cannot be unpacked/)
  })

  it.each(['u8-strips.tif', 'big-be.tif', 'rgba-tiles.tif', 'u16-lzw.tif'])(
    '%s is read or refused, whatever its bytes',
    async (name) => {
      await expectHarmless(await fixtureBytes(name), openTiff, 200)
    },
  )
})
