import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createGigeVision } from '../../ts/gige-vision/wasm.js'
import { expectedPixel, isPattern, patternFrameNumber } from '../../ts/simulator/pattern.js'
import { PIXEL_FORMATS } from '../../ts/simulator/pixel-formats.js'

const gige = createGigeVision(
  new WebAssembly.Module(
    readFileSync(new URL('../../crates/gige-wasm/pkg/gige_wasm_bg.wasm', import.meta.url)),
  ),
)

/** The images of the first frames, as the sender cuts them into packets. */
function frames(width: number, height: number, pixelFormat: number, count: number): Uint8Array[] {
  const sender = gige.sender({
    seed: 0n,
    ringBlocks: 1,
    recordFrames: 0,
    faults: {},
    resendStatus: false,
    firstId: 1n,
    extendedIds: false,
    idsGoOn: false,
    slots: 64,
  })
  const to = { address: '127.0.0.1', port: 9 }
  sender.start({
    width,
    height,
    offsetX: 0,
    offsetY: 0,
    pixelFormat,
    packetSize: 1500,
    source: 'pattern',
    to,
  })
  const images: Uint8Array[] = []
  for (let frame = 0; frame < count; frame++) {
    const bytes: number[] = []
    sender.take(0n)
    for (;;) {
      sender.write(64)
      const { batch, count } = sender.written('camera')
      if (count === 0) break
      for (let slot = 0; slot < count; slot++) {
        const packet = batch.memory.subarray(
          slot * batch.slotBytes,
          slot * batch.slotBytes + batch.table[5 * slot]!,
        )
        if (packet[4] === 3) bytes.push(...packet.subarray(8))
      }
    }
    images.push(Uint8Array.from(bytes))
  }
  sender.free()
  return images
}

const formats = [
  { name: 'Mono8', bitsPerPixel: 8, significantBits: undefined },
  { name: 'Mono12', bitsPerPixel: 16, significantBits: 12 },
  { name: 'Mono12Packed', bitsPerPixel: 12, significantBits: undefined },
  { name: 'Mono16', bitsPerPixel: 16, significantBits: undefined },
] as const
const image = fc.record({
  width: fc.integer({ min: 1, max: 40 }).map((half) => 2 * half),
  height: fc.integer({ min: 1, max: 20 }),
  format: fc.constantFrom(...formats),
})

it('knows the images that a camera sends, and no other frame or size', () => {
  fc.assert(
    fc.property(image, ({ width, height, format: { name, ...bits } }) => {
      const images = frames(width, height, PIXEL_FORMATS[name], 3)
      images.forEach((bytes, frame) => {
        expect(isPattern(bytes, { width, height, ...bits }, frame)).toBe(true)
        expect(isPattern(bytes, { width, height, ...bits }, frame + 1)).toBe(false)
        expect(isPattern(bytes, { width, height: height + 1, ...bits }, frame)).toBe(false)
        if (name !== 'Mono12' && bytes.length >= 4 && (width * bits.bitsPerPixel) / 8 >= 4) {
          expect(patternFrameNumber(bytes)).toBe(frame)
        }
      })
    }),
    { numRuns: 50 },
  )
})

it('sees every byte that is another one', () => {
  fc.assert(
    fc.property(
      image,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      ({ width, height, format }, place, change) => {
        const { name, ...bits } = format
        const [bytes] = frames(width, height, PIXEL_FORMATS[name], 1)
        bytes![place % bytes!.length]! ^= change
        expect(isPattern(bytes!, { width, height, ...bits }, 0)).toBe(false)
      },
    ),
    { numRuns: 50 },
  )
})

it('states pixels of 8 and of 16 bits', () => {
  const [, eight] = frames(10, 4, PIXEL_FORMATS.Mono8, 2)
  const [, sixteen] = frames(10, 4, PIXEL_FORMATS.Mono16, 2)
  const [, twelve] = frames(10, 4, PIXEL_FORMATS.Mono12, 2)
  for (let at = 0; at < 40; at++) {
    const [row, column] = [Math.floor(at / 10), at % 10]
    expect(expectedPixel(1, row, column)).toBe(eight![at])
    expect(expectedPixel(1, row, column, 16)).toBe(sixteen![2 * at]! | (sixteen![2 * at + 1]! << 8))
    expect(expectedPixel(1, row, column, 12)).toBe(twelve![2 * at]! | (twelve![2 * at + 1]! << 8))
  }
})

it('reads 16-bit pixels as a Uint16Array, too', () => {
  const [, bytes] = frames(10, 4, PIXEL_FORMATS.Mono16, 2)
  const pixels = new Uint16Array(bytes!.buffer)
  expect(isPattern(pixels, { width: 10, height: 4, bitsPerPixel: 16 }, 1)).toBe(true)
  expect(patternFrameNumber(pixels)).toBe(1)
})
