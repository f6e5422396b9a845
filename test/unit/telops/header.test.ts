import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameHeader, HEADER_NUMBERS } from '../../../ts/telops/header.js'
import { gige } from '../gige-vision/module.js'

/** A header of version 12.9, taken at the moment of interest of a recording in mode RT. */
function header(): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = new Uint8Array(256)
  const view = new DataView(bytes.buffer)
  bytes.set([0x54, 0x43, 9, 12])
  view.setUint16(4, 256, true)
  view.setUint32(8, 4_000_000_001, true)
  view.setFloat32(12, 273.15, true)
  view.setInt8(16, -10)
  view.setUint32(24, 12_345, true)
  view.setUint8(28, 2)
  view.setUint16(32, 320, true)
  view.setUint16(34, 256, true)
  view.setUint32(44, 750_125, true)
  view.setUint8(74, 2)
  view.setUint32(100, 1_700_000_000, true)
  view.setUint32(104, 1_234_567, true)
  return { bytes, view }
}

const numbersOf = (bytes: Uint8Array) => gige.telops.load(bytes.length, (into) => into.set(bytes))

function headerOf(bytes: Uint8Array) {
  const numbers = numbersOf(bytes)
  return numbers && frameHeader(numbers)
}

describe('the header of a Telops frame', () => {
  it('says what the camera wrote', () => {
    expect(headerOf(header().bytes)).toEqual({
      frameId: 4_000_000_001,
      takenAt: 1_700_000_000_000 + 123.4567,
      exposureUs: 123.45,
      frameRateHz: 750.125,
      calibrationMode: 'RT',
      width: 320,
      height: 256,
      dataExp: -10,
      dataOffset: Math.fround(273.15),
      buffering: 'moi',
      version: [12, 9],
    })
  })

  it('has as many numbers as are told, times to 100 ns and the length by its own account among them', () => {
    const numbers = numbersOf(header().bytes)!
    expect(numbers).toBeInstanceOf(Float64Array)
    expect(numbers).toHaveLength(HEADER_NUMBERS)
    expect([...numbers.subarray(9, 11)]).toEqual([1_700_000_000, 1_234_567])
    expect(numbers[13]).toBe(256)
  })

  it.each([
    [0, 'RAW0'],
    [1, 'NUC'],
    [2, 'RT'],
    [3, 'IBR'],
    [4, 'IBI'],
    [255, 'RAW'],
    [9, undefined],
  ])('names calibration mode %i %s', (value, name) => {
    const { bytes } = header()
    bytes[28] = value
    expect(headerOf(bytes)?.calibrationMode).toBe(name)
  })

  it.each([
    [0, 'none'],
    [1, 'preMoi'],
    [2, 'moi'],
    [3, 'postMoi'],
    [4, undefined],
  ])('names buffering flag %i %s', (value, name) => {
    const { bytes } = header()
    bytes[74] = value
    expect(headerOf(bytes)?.buffering).toBe(name)
  })

  it('has no buffering flag before version 12.9', () => {
    const { bytes } = header()
    bytes[2] = 8
    expect(numbersOf(bytes)![8]).toBe(-1)
    expect(headerOf(bytes)?.buffering).toBeUndefined()
  })

  it('is not there without its signature, or where the frame ends within it', () => {
    const { bytes } = header()
    expect(numbersOf(bytes.subarray(0, 107))).toBeUndefined()
    expect(numbersOf(bytes.subarray(0, 108))).toBeDefined()
    expect(numbersOf(new Uint8Array())).toBeUndefined()
    bytes[1] = 0x44
    expect(numbersOf(bytes)).toBeUndefined()
  })

  it('is none or has all its numbers, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 300 }), (signed, bytes) => {
        if (signed) bytes.set([0x54, 0x43].slice(0, bytes.length))
        const isHeader = bytes.length >= 108 && bytes[0] === 0x54 && bytes[1] === 0x43
        expect(numbersOf(bytes)?.length).toBe(isHeader ? HEADER_NUMBERS : undefined)
      }),
    )
  })
})
