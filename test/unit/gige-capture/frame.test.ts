import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bufferBytes, copyFrame } from '../../../ts/gige/capture/frame-copy.js'
import { byteGaps, GigeFrame, gapMask } from '../../../ts/gige/frame.js'
import { layoutOf } from '../../../ts/gige/image-layout.js'
import { pixelFormat } from '../../../ts/gige/pixel-format.js'
import type { BlockLeader, PacketRange } from '../../../ts/gige-vision/reassembler.js'
import { gige } from '../gige-vision/module.js'
import { blockOf, leaderOf } from './blocks.js'

/** Formats of the PFNC, and the bits in which value `k` of a row lies, from the most significant one: [byte, bit]. */
interface Known {
  name: string
  code: number
  channels: number
  bits: number
  pixelBits: number
  place: (value: number, bit: number) => [byte: number, bit: number]
}

const bytes = (value: number, bit: number): [number, number] => [value, bit]
const words = (value: number, bit: number): [number, number] => [2 * value + (bit >> 3), bit & 7]
const stream =
  (bits: number) =>
  (value: number, bit: number): [number, number] => [(value * bits + bit) >> 3, (value * bits + bit) & 7]
/** Two values in three bytes, the low bits of both in the middle one. */
const packed =
  (bits: number) =>
  (value: number, bit: number): [number, number] => {
    const group = 3 * (value >> 1)
    const low = bits - 8
    if (bit >= low) return [group + (value & 1) * 2, bit - low]
    return [group + 1, bit + (value & 1) * 4]
  }

const FORMATS: Known[] = [
  { name: 'Mono8', code: 0x01080001, channels: 1, bits: 8, pixelBits: 8, place: bytes },
  { name: 'Mono10', code: 0x01100003, channels: 1, bits: 10, pixelBits: 16, place: words },
  { name: 'Mono12', code: 0x01100005, channels: 1, bits: 12, pixelBits: 16, place: words },
  { name: 'Mono14', code: 0x01100025, channels: 1, bits: 14, pixelBits: 16, place: words },
  { name: 'Mono16', code: 0x01100007, channels: 1, bits: 16, pixelBits: 16, place: words },
  { name: 'Mono10p', code: 0x010a0046, channels: 1, bits: 10, pixelBits: 10, place: stream(10) },
  { name: 'Mono12p', code: 0x010c0047, channels: 1, bits: 12, pixelBits: 12, place: stream(12) },
  { name: 'Mono10Packed', code: 0x010c0004, channels: 1, bits: 10, pixelBits: 12, place: packed(10) },
  { name: 'Mono12Packed', code: 0x010c0006, channels: 1, bits: 12, pixelBits: 12, place: packed(12) },
  { name: 'BayerRG8', code: 0x01080009, channels: 1, bits: 8, pixelBits: 8, place: bytes },
  { name: 'BayerBG12', code: 0x01100013, channels: 1, bits: 12, pixelBits: 16, place: words },
  { name: 'BayerRG12p', code: 0x010c0059, channels: 1, bits: 12, pixelBits: 12, place: stream(12) },
  { name: 'RGB8', code: 0x02180014, channels: 3, bits: 8, pixelBits: 24, place: bytes },
  { name: 'BGR8', code: 0x02180015, channels: 3, bits: 8, pixelBits: 24, place: bytes },
  { name: 'RGBa8', code: 0x02200016, channels: 4, bits: 8, pixelBits: 32, place: bytes },
  { name: 'RGB16', code: 0x02300033, channels: 3, bits: 16, pixelBits: 48, place: words },
]

const known = fc.constantFrom(...FORMATS)
const dims = fc.record({
  width: fc.integer({ min: 1, max: 23 }),
  height: fc.integer({ min: 1, max: 9 }),
  paddingX: fc.integer({ min: 0, max: 3 }),
  paddingY: fc.integer({ min: 0, max: 5 }),
})

/** The image as a camera sends it: rows one behind the other, or, with padding, each from a byte on. */
function sent(format: Known, leader: BlockLeader, values: readonly number[], isBig: boolean): Uint8Array {
  const { width, height, paddingX, paddingY } = leader
  const rowValues = width * format.channels
  const rowBytes = Math.ceil((width * format.pixelBits) / 8) + paddingX
  const total = paddingX > 0 ? rowBytes * height : Math.ceil((width * height * format.pixelBits) / 8)
  const image = new Uint8Array(total + paddingY).fill(paddingX > 0 ? 0xa5 : 0)
  const write = (base: number, value: number, at: number) => {
    for (let bit = 0; bit < format.bits; bit++) {
      const [byte, place] = format.place(at, bit)
      const swapped = isBig && format.place === words ? byte ^ 1 : byte
      const mask = 1 << place
      image[base + swapped] = (image[base + swapped]! & ~mask) | (((value >> bit) & 1) << place)
    }
    if (format.place === words) {
      for (let bit = format.bits; bit < 16; bit++) {
        const [byte, place] = words(at, bit)
        image[base + (isBig ? byte ^ 1 : byte)]! &= ~(1 << place)
      }
    }
  }
  values.forEach((value, at) => {
    if (paddingX === 0) write(0, value, at)
    else write(Math.floor(at / rowValues) * rowBytes, value, at % rowValues)
  })
  return image
}

describe('frames of an image', () => {
  it('have the values that were sent, whatever the packing, the padding and the byte order', () => {
    fc.assert(
      fc.property(
        known,
        dims,
        fc.boolean(),
        fc.nat(),
        (format, { width, height, ...padding }, isBig, seed) => {
          const leader = leaderOf(format.code, width, height, padding)
          const count = width * height * format.channels
          const values = Array.from(
            { length: count },
            (_, at) => ((at + 1) * 40503 + seed) % 2 ** format.bits,
          )
          const image = sent(format, leader, values, isBig)
          const block = blockOf(image, leader)
          const layout = layoutOf(leader, image.length, true)
          const buffer = new ArrayBuffer(bufferBytes(block, layout))
          copyFrame(block, layout, isBig ? 'big' : 'little', gige.pixels, buffer)
          const frame = frameOf(buffer, layout)
          expect(frame.pixelFormat.name).toBe(format.name)
          expect(frame.shape).toEqual(
            format.channels === 1 ? [height, width] : [height, width, format.channels],
          )
          expect(frame.dtype).toBe(format.bits > 8 ? 'uint16' : 'uint8')
          expect([...frame.data]).toEqual(values)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('of a format that is not known are its bytes as they came', () => {
    const image = Uint8Array.from([1, 2, 3, 4, 5])
    const leader = leaderOf(0x81234567, 2, 2)
    const layout = layoutOf(leader, 5, true)
    const buffer = new ArrayBuffer(5)
    copyFrame(blockOf(image, leader), layout, 'big', gige.pixels, buffer)
    const frame = frameOf(buffer, layout)
    expect(frame).toMatchObject({
      shape: [5],
      dtype: 'uint8',
      pixelFormat: { name: '0x81234567', code: 0x81234567 },
    })
    expect(frame.data).toEqual(image)
  })

  it('whose leader is missing, or says more than was sent, are bytes', () => {
    expect(layoutOf(undefined, 12, false)).toMatchObject({ shape: [12], format: { dtype: 'uint8' } })
    const claims = fc.record({
      code: fc.oneof(fc.constantFrom(...FORMATS.map(({ code }) => code)), fc.nat()),
      width: fc.nat({ max: 2 ** 32 - 1 }),
      height: fc.nat({ max: 2 ** 32 - 1 }),
      paddingX: fc.nat({ max: 65_535 }),
    })
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 200 }), fc.boolean(), (claim, length, complete) => {
        const leader = leaderOf(claim.code, claim.width, claim.height, { paddingX: claim.paddingX })
        const image = new Uint8Array(length).fill(7)
        const layout = layoutOf(leader, length, complete)
        const block = blockOf(image, leader)
        const buffer = new ArrayBuffer(bufferBytes(block, layout))
        copyFrame(block, layout, 'little', gige.pixels, buffer)
        expect(frameOf(buffer, layout).data.length).toBe(layout.shape.reduce((a, b) => a * b))
        expect(buffer.byteLength).toBeLessThanOrEqual(2 * length)
      }),
    )
  })

  it('with fewer rows than the leader says, as of line-scan cameras, have the rows that came', () => {
    expect(layoutOf(leaderOf(0x01080001, 4, 100), 12, true).shape).toEqual([3, 4])
    expect(layoutOf(leaderOf(0x01080001, 4, 100), 12, false).shape).toEqual([12])
  })
})

describe('what is missing of a frame', () => {
  it('is told in bytes of the image', () => {
    const missing: PacketRange[] = [
      [0, 1],
      [3, 4],
      [6, 7],
    ]
    expect(byteGaps(missing, 100, 550)).toEqual([
      [0, 100],
      [200, 400],
      [500, 550],
    ])
    expect(byteGaps([[0, 0]], 100, 550), 'the leader has no image').toEqual([])
    expect(byteGaps([[7, 7]], 100, 550), 'nor has the trailer').toEqual([])
  })

  it('is 0 in the mask for each pixel that needs a missing byte, and 1 for all others', () => {
    const gaps = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 40 })), { maxLength: 4 })
    fc.assert(
      fc.property(known, dims, gaps, (format, { width, height, ...padding }, given) => {
        const leader = leaderOf(format.code, width, height, padding)
        const length = sent(format, leader, [], false).length
        const ranges = given
          .map(([from, span]): [number, number] => [Math.min(from, length), Math.min(from + span, length)])
          .filter(([from, to]) => from < to)
        const layout = layoutOf(leader, length, true)
        const isMissing = (byte: number) => ranges.some(([from, to]) => byte >= from && byte < to)
        const rowBytes = Math.ceil((width * format.pixelBits) / 8) + leader.paddingX
        const expected = Array.from({ length: width * height }, (_, at) => {
          const [row, column] = [Math.floor(at / width), at % width]
          const start =
            leader.paddingX > 0 ? row * rowBytes * 8 + column * format.pixelBits : at * format.pixelBits
          for (let bit = 0; bit < format.pixelBits; bit++) if (isMissing((start + bit) >> 3)) return 0
          return 1
        })
        expect([...gapMask(layout, ranges)]).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})

describe('formats', () => {
  it('have names and codes that fit each other', () => {
    for (const { code, name, channels, bits, pixelBits } of FORMATS) {
      expect(pixelFormat(code)).toMatchObject({
        code,
        name,
        channels,
        significantBits: bits,
        bitsPerPixel: pixelBits,
      })
    }
  })
})

function frameOf(buffer: ArrayBuffer, layout: ReturnType<typeof layoutOf>): GigeFrame {
  return new GigeFrame(
    {
      buffer,
      layout,
      blockId: 1n,
      complete: true,
      missing: [],
      packetBytes: 100,
      bytes: buffer.byteLength,
      timestampNs: 0n,
      capturedAtNs: 0n,
      receivedAtNs: 0n,
    },
    () => {},
  )
}
