import { crc32, deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openPath } from '../../../ts/frames/file-node.js'
import { openPng } from '../../../ts/frames/png.js'
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

describe('PNG files of other writers', () => {
  it.each([
    ['gray8.png', 'uint8', 1],
    ['gray16.png', 'uint16', 1],
    ['rgb8.png', 'uint8', 3],
    ['rgba8.png', 'uint8', 4],
    ['rgb16.png', 'uint16', 3],
    // Alpha beside gray is left out.
    ['gray-alpha8.png', 'uint8', 1],
  ] as const)('%s', async (name, dtype, channels) => {
    await expectMovie(await openPath(fixture(name)), dtype, 1, 37, 53, channels)
  })

  it.each(['rough8.png', 'average8.png', 'unfiltered8.png'])('%s: every filter of rows', async (name) => {
    const source = await openPath(fixture(name))
    expect(valuesOf(await source.read(0, 1))).toEqual(rough())
    await source.close()
  })

  it('a palette becomes RGB', async () => {
    const source = await openPath(fixture('palette8.png'))
    expect(source).toMatchObject({ dtype: 'uint8', channels: 3 })
    const expected = Array.from({ length: 37 * 53 }, (_, i) => {
      const index = value('uint8', 0, Math.floor(i / 53), i % 53)
      return [index, 255 - index, index >> 1]
    })
    expect(valuesOf(await source.read(0, 1))).toEqual(expected.flat())
    await source.close()
  })
})

/** A PNG with these fields of its header and these unpacked bytes. */
function png(
  { width = 4, height = 2, depth = 8, colour = 0, interlace = 0 },
  rows: Uint8Array,
  packed = deflateSync(rows),
) {
  const chunk = (type: string, content: Uint8Array) => {
    const bytes = Buffer.alloc(12 + content.length)
    bytes.writeUInt32BE(content.length)
    bytes.write(type, 4)
    bytes.set(content, 8)
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4)
    return bytes
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlace], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const chunks = [chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', Buffer.alloc(0))]
  return new Uint8Array(Buffer.concat([signature, ...chunks]))
}

describe('PNG files that are refused', () => {
  const rows = Uint8Array.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8])
  const read = async (bytes: Uint8Array<ArrayBuffer>) => (await openPng(memory(bytes))).read(0, 1)

  it('none of them: the file by which the others are made', async () => {
    expect(valuesOf(await read(png({}, rows)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it.each([
    ['1 bit', png({ depth: 1 }, rows), 'frames/file-unsupported', /1 bits a value/],
    ['interlaced', png({ interlace: 1 }, rows), 'frames/file-unsupported', /interlaced/],
    ['an unknown colour type', png({ colour: 5 }, rows), 'frames/file-format', /impossible header/],
    ['no width', png({ width: 0 }, rows), 'frames/file-format', /impossible header/],
    ['a frame of 10 GB', png({ width: 100000, height: 100000 }, rows), 'frames/file-too-large', /limit/],
    [
      'a frame of 1 GB in 100 bytes',
      png({ width: 32768, height: 32768 }, rows),
      'frames/file-format',
      /can hold/,
    ],
    ['a bomb', png({}, new Uint8Array(2 ** 24)), 'frames/file-format', /unpacks to more than 10 bytes/],
    ['too few rows', png({}, rows.subarray(0, 5)), 'frames/file-format', /holds 5 bytes of 10/],
    ['an unknown filter', png({}, rows.with(5, 9)), 'frames/file-format', /filter 9/],
    ['no zlib stream', png({}, rows, Buffer.from([1, 2, 3])), 'frames/file-format', /cannot be unpacked/],
    [
      'a cut zlib stream',
      png({}, rows, deflateSync(rows).subarray(0, 8)),
      'frames/file-format',
      /unpacked|checksum/,
    ],
    ['a colour that the palette lacks', png({ colour: 3 }, rows), 'frames/file-format', /palette/],
  ] as const)('%s', async (_, bytes, code, message) => {
    await expectCode(code, () => read(bytes), message)
  })

  it('another file, one cut short, one with a changed bit', async () => {
    const whole = await fixtureBytes('gray8.png')
    await expectCode('frames/file-format', () => read(changed(whole, 1, 0)), /no PNG/)
    for (let length = 0; length < whole.length; length += 31) {
      await expectCode('frames/file-truncated', () => read(whole.slice(0, length)))
    }
    for (const at of [45, 200, whole.length - 6]) {
      await expectCode('frames/file-format', () => read(changed(whole, at, whole[at]! ^ 4)), /CRC/)
    }
  })

  it('are read or refused, whatever their bytes', async () => {
    await expectHarmless(await fixtureBytes('rgb16.png'), openPng, 300)
  })
})
