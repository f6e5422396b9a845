import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openPath } from '../../../ts/frames/file-node.js'
import { openNpy, readNpyHeader } from '../../../ts/frames/npy.js'
import {
  changed,
  expectCode,
  expectHarmless,
  expectMovie,
  fixture,
  fixtureBytes,
  memory,
} from './recordings.js'

const open = (name: string) => openPath(fixture(name))

describe('.npy files that numpy wrote', () => {
  it.each([
    ['u8.npy', 'uint8', 'C'],
    ['u8-fortran.npy', 'uint8', 'F'],
    ['u16le.npy', 'uint16', 'C'],
    ['u16le-fortran.npy', 'uint16', 'F'],
    ['u16be.npy', 'uint16', 'C'],
    ['u16be-fortran.npy', 'uint16', 'F'],
    ['format-2.npy', 'uint8', 'C'],
    ['format-3.npy', 'uint8', 'C'],
  ] as const)('%s', async (name, dtype, order) => {
    const source = await open(name)
    expect((await source.read(0, 1)).order).toBe(order)
    await expectMovie(source, dtype, 5, 7, 9)
  })

  it('single frames', async () => {
    await expectMovie(await open('frame.npy'), 'uint8', 1, 7, 9)
    await expectMovie(await open('frame-fortran.npy'), 'uint16', 1, 7, 9)
  })

  it('colour', async () => {
    await expectMovie(await open('rgb.npy'), 'uint8', 2, 7, 9, 3)
    await expectMovie(await open('rgba-u16be.npy'), 'uint16', 2, 7, 9, 4)
  })

  it('keep the byte order of the file', async () => {
    for (const [name, byteOrder] of [
      ['u16be.npy', 'big'],
      ['u16le.npy', 'little'],
    ] as const) {
      const source = await openNpy(memory(await fixtureBytes(name)))
      expect((await source.read(0, 1)).byteOrder).toBe(byteOrder)
    }
  })

  it('answers no frames that are not there', async () => {
    const source = await open('u8.npy')
    for (const [start, count] of [
      [-1, 1],
      [5, 1],
      [4, 2],
      [0, 0],
      [0.5, 1],
    ] as const) {
      await expectCode('frames/layout', () => source.read(start, count), /has 5 frames/)
    }
    await source.close()
  })
})

describe('.npy files that are refused', () => {
  it.each([
    ['refused-bool.npy', 'frames/dtype', /\|b1.*255/],
    ['refused-int16.npy', 'frames/dtype', /<i2.*astype/],
    ['refused-uint32.npy', 'frames/dtype', /<u4/],
    ['refused-float32.npy', 'frames/dtype', /<f4.*Scale it/],
    ['refused-object.npy', 'frames/dtype', /\|O.*never unpickled/],
    ['refused-structured.npy', 'frames/dtype', /structured/],
    ['refused-1d.npy', 'frames/rank', /\(9,\)/],
    ['refused-empty.npy', 'frames/empty', /\(0, 7, 9\)/],
    ['refused-colour.npy', 'frames/rank', /\(20, 24, 3\).*\(N, H, W, C\)/],
  ] as const)('%s', async (name, code, message) => {
    const error = await expectCode(code, () => open(name), message)
    expect(error.message).toContain(name)
  })

  it('cut short anywhere', async () => {
    const whole = await fixtureBytes('u16le.npy')
    for (let length = 0; length < whole.length; length += 7) {
      const error = await expectCode('frames/file-truncated', () =>
        openNpy(memory(whole.slice(0, length), 'cut.npy')),
      )
      expect(error.details).toMatchObject({ path: 'cut.npy', actualBytes: length })
    }
  })

  it('longer than declared: appended frames would be lost', async () => {
    const bytes = await fixtureBytes('u8.npy')
    const appended = new Uint8Array(2 * bytes.length)
    appended.set(bytes)
    appended.set(bytes, bytes.length)
    await expectCode('frames/file-format', () => openNpy(memory(appended)), /443 bytes after the array/)
  })

  it.each([
    [
      '10 GB in 200 bytes',
      { shape: '(10000, 1000, 1000)' },
      'frames/file-truncated',
      /10000000128 bytes are needed/,
    ],
    ['a frame of 10 GB', { shape: '(1, 100000, 100000)' }, 'frames/file-too-large', /limit/],
    [
      'more bytes than can be counted',
      { shape: '(99999999999, 99999999999)' },
      'frames/layout',
      /impossible/,
    ],
    ['a negative axis', { shape: '(-1, 5, 5)' }, 'frames/layout', /whole numbers/],
    ['an axis of text', { shape: "('5', 5)" }, 'frames/file-format', /no shape/],
    ['no shape', { shape: 'None' }, 'frames/file-format', /no shape/],
    ['an order that is no truth', { fortran: '1' }, 'frames/file-format', /fortran_order/],
    ['a dtype that is no text', { descr: '2' }, 'frames/file-format', /descr/],
    ['code in place of a header', { descr: '__import__("os")' }, 'frames/file-format', /cannot be read/],
    ['an unfinished header', { end: '' }, 'frames/file-format', /cannot be read/],
    ['brackets without end', { end: '('.repeat(30000) }, 'frames/file-format', /cannot be read/],
  ] as const)(
    '%s',
    async (_, {
      descr = "'|u1'",
      fortran = 'False',
      shape = '(2, 3, 4)',
      end = '}',
    }: Record<string, string>, code, message) => {
      const bytes = npy(`{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, ${end}`)
      await expectCode(code, () => openNpy(memory(bytes)), message)
    },
  )

  it('another kind of file, a later format, a header beyond reason', async () => {
    const bytes = await fixtureBytes('u8.npy')
    await expectCode('frames/file-format', () => openNpy(memory(changed(bytes, 0, 0x92))), /no \.npy file/)
    await expectCode('frames/file-unsupported', () => openNpy(memory(changed(bytes, 6, 4))), /format 4/)
    const two = await fixtureBytes('format-2.npy')
    await expectCode('frames/file-format', () => openNpy(memory(changed(two, 11, 0x7f))), /header of/)
  })
})

describe('the header', () => {
  const space = fc.constantFrom('', ' ', '  ')
  it('is read however it is spelled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          descr: fc.constantFrom('|u1', '<u2', '>u2', '<f8', '|O'),
          fortran: fc.boolean(),
          shape: fc.array(fc.nat(), { maxLength: 5 }),
          quote: fc.constantFrom("'", '"'),
          gap: space,
          long: fc.constantFrom('', 'L'),
          comma: fc.constantFrom('', ','),
          order: fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
        }),
        async ({ descr, fortran, shape, quote, gap, long, comma, order }) => {
          const q = (text: string) => `${quote}${text}${quote}`
          const tuple =
            shape.map((length) => `${length}${long}`).join(`,${gap}`) + (shape.length === 1 ? ',' : '')
          const fields = [
            `${q('descr')}${gap}:${gap}${q(descr)}`,
            `${q('fortran_order')}:${gap}${fortran ? 'True' : 'False'}`,
            `${q('shape')}:${gap}(${gap}${tuple})`,
          ]
          const text = `{${order.map((k) => fields[k]).join(`,${gap}`)}${comma}${gap}}`
          const header = await readNpyHeader(memory(npy(text)))
          expect(header).toEqual({ descr, order: fortran ? 'F' : 'C', shape, offset: expect.any(Number) })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is read or refused, whatever its bytes', async () => {
    await expectHarmless(await fixtureBytes('u16be-fortran.npy'), openNpy, 500)
  })
})

/** A .npy file of format 1 with this header and 100 bytes of pixels. */
function npy(header: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${header.padEnd(117)}\n`)
  const bytes = new Uint8Array(10 + text.length + 100)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8])
  bytes.set(text, 10)
  return bytes
}
