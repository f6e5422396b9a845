import { describe, expect, it } from 'vitest'
import { conversionFor, parseGray, parseScale, type StatedConversion } from '../../../ts/frames/conversion.js'
import { frameRun } from '../../../ts/frames/stack.js'
import { expectCode } from './recordings.js'

const gray8 = frameRun({ data: new Uint8Array(6), shape: [2, 3] })
const gray16 = frameRun({ data: new Uint16Array(6), shape: [2, 3] })
const gray12 = frameRun({ data: new Uint16Array(6), shape: [2, 3], bits: 12 })
const rgb8 = frameRun({ data: new Uint8Array(18), shape: [2, 3, 3], channels: 3 })
const rgba16 = frameRun({ data: new Uint16Array(24), shape: [2, 3, 4], channels: 4 })

describe('the conversion of frames', () => {
  it.each([
    ['8-bit gray as it is', gray8, {}, {}],
    ['a range', gray16, { scale: { lo: 10, hi: 4000 } }, { range: { lo: 10, hi: 4000 } }],
    ['a range of one value', gray16, { scale: { lo: 7, hi: 7 } }, { range: { lo: 7, hi: 7 } }],
    ['full of 16 bit', gray16, { scale: 'full' }, { range: { lo: 0, hi: 65535 } }],
    ['full of 12 bit', gray12, { scale: 'full' }, { range: { lo: 0, hi: 4095 } }],
    ['max', gray16, { scale: 'max' }, { range: 'max' }],
    ['measured', gray16, { scale: 'measured' }, { range: 'measured' }],
    ['colour', rgb8, { gray: 'luma' }, { gray: 'luma' }],
    ['wide colour', rgba16, { scale: 'full', gray: 'mean' }, { range: { lo: 0, hi: 65535 }, gray: 'mean' }],
    // One command fits mixed recordings: what frames do not need is left aside.
    ['8-bit with a scale that says no numbers', gray8, { scale: 'full' }, {}],
    ['8-bit with max', gray8, { scale: 'max' }, {}],
    ['8-bit with measured', gray8, { scale: 'measured' }, {}],
    ['gray with gray', gray16, { scale: 'max', gray: 'mean' }, { range: 'max' }],
  ] as const)('%s', (_, run, stated, conversion) => {
    expect(conversionFor(run, stated)).toEqual(conversion)
  })

  it.each<[string, typeof gray8, unknown, Parameters<typeof expectCode>[0], RegExp]>([
    ['16-bit without a scale', gray12, {}, 'frames/scale-required', /0:4095/],
    ['colour without gray', rgb8, {}, 'frames/gray-required', /mean.*luma/],
    ['wide colour without gray', rgba16, { scale: 'full' }, 'frames/gray-required', /gray/],
    [
      'a range for 8 bit',
      gray8,
      { scale: { lo: 0, hi: 100 } },
      'frames/conversion',
      /0:100.*Leave the scale out/,
    ],
    ['an unknown scale', gray16, { scale: 'auto' }, 'frames/conversion', /`auto` is no scale/],
    ['an unknown scale for 8 bit', gray8, { scale: 'auto' }, 'frames/conversion', /no scale/],
    ['a turned range', gray16, { scale: { lo: 9, hi: 3 } }, 'frames/conversion', /`9:3`/],
    ['a negative range', gray16, { scale: { lo: -1, hi: 3 } }, 'frames/conversion', /`-1:3`/],
    ['a range over 16 bit', gray16, { scale: { lo: 0, hi: 65536 } }, 'frames/conversion', /65535/],
    ['a fractional range', gray16, { scale: { lo: 0, hi: 0.5 } }, 'frames/conversion', /whole/],
    ['half a range', gray16, { scale: { hi: 5 } }, 'frames/conversion', /no scale/],
    ['no range', gray16, { scale: null }, 'frames/conversion', /null/],
    ['a number', gray16, { scale: 255 }, 'frames/conversion', /255/],
    ['an unknown gray', rgb8, { gray: 'red' }, 'frames/conversion', /`red`/],
  ])('refuses %s', async (_, run, stated, code, message) => {
    await expectCode(code, () => conversionFor(run, stated as StatedConversion), message)
  })
})

describe('as the command line spells it', () => {
  it('a scale', async () => {
    expect(parseScale('0:4095')).toEqual({ lo: 0, hi: 4095 })
    expect(['full', 'max', 'measured'].map(parseScale)).toEqual(['full', 'max', 'measured'])
    for (const text of [
      '',
      ':',
      '1:',
      ':2',
      '-1:5',
      '1.5:3',
      '5:1',
      '0:99999',
      '1:2:3',
      '0x1:5',
      ' 1:2',
      'Full',
    ]) {
      await expectCode('frames/conversion', () => parseScale(text))
    }
  })

  it('a conversion to gray', async () => {
    expect(['mean', 'luma'].map(parseGray)).toEqual(['mean', 'luma'])
    await expectCode('frames/conversion', () => parseGray('average'))
  })
})
