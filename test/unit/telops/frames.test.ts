import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packetAt } from '../../../ts/datagrams/batch.js'
import type { Sender } from '../../../ts/gige-vision/sender.js'
import { PIXEL_FORMATS } from '../../../ts/simulator/pixel-formats.js'
import { telopsFrame, telopsValues } from '../../../ts/simulator/telops/formula.js'
import { type FrameFacts, HEADER_ROWS, headerBytes } from '../../../ts/simulator/telops/header.js'
import { CalibrationMode } from '../../../ts/telops/enumerations.js'
import { frameHeader } from '../../../ts/telops/header.js'
import { gige } from '../gige-vision/module.js'

const RT = 2
const NUC = 1

/** A frame of this header and these counts. */
function frame(width: number, counts: ArrayLike<number>, scale: Partial<Scale> = {}): Uint8Array {
  const { dataExp, dataOffset, mode } = { dataExp: -10, dataOffset: 273.15, mode: RT, ...scale }
  const bytes = new Uint8Array(4 * width + 2 * counts.length).fill(0xee, 0, 4 * width)
  const view = new DataView(bytes.buffer)
  bytes.set([0x54, 0x43, 9, 12])
  view.setFloat32(12, dataOffset, true)
  view.setInt8(16, dataExp)
  view.setUint8(28, mode)
  for (let at = 0; at < counts.length; at++) view.setUint16(4 * width + 2 * at, counts[at]!, true)
  return bytes
}

interface Scale {
  dataExp: number
  dataOffset: number
  mode: number
}

const load = (bytes: Uint8Array) => gige.telops.load(bytes.length, (into) => into.set(bytes))

function countsOf(width: number, length: number): Uint16Array {
  const into = new Uint16Array(length)
  gige.telops.counts(width, into)
  return into
}

function physicalOf(width: number, length: number): Float32Array {
  const into = new Float32Array(length)
  gige.telops.physical(width, into)
  return into
}

describe('frames of a Telops camera', () => {
  it('hand out the counts below their header rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 27, max: 90 }), fc.uint16Array(), (width, counts) => {
        load(frame(width, counts))
        expect(countsOf(width, counts.length)).toEqual(Uint16Array.from(counts))
      }),
    )
  })

  it('hand out physical values that were rounded once', () => {
    const exponent = fc.oneof(fc.constant(-10), fc.integer({ min: -128, max: 127 }))
    const offset = fc.oneof(fc.constant(Math.fround(273.15)), fc.float())
    fc.assert(
      fc.property(
        fc.uint16Array(),
        exponent,
        offset,
        fc.constantFrom(0, NUC, RT, 3),
        (counts, exp, dataOffset, mode) => {
          load(frame(64, counts, { dataExp: exp, dataOffset, mode }))
          const hasPhysical = exp !== 0 || dataOffset !== 0
          const zero = mode === RT && hasPhysical ? 273.15 : 0
          const expected = Float32Array.from(counts, (count) => count * 2 ** exp + dataOffset - zero)
          expect(physicalOf(64, counts.length)).toEqual(expected)
        },
      ),
    )
  })

  it('are counts where the header has no physical values, also in mode RT', () => {
    load(frame(64, [0, 1, 65_535], { dataExp: 0, dataOffset: 0, mode: RT }))
    expect([...physicalOf(64, 3)]).toEqual([0, 1, 65_535])
  })

  it('are read as far as they are wanted', () => {
    load(frame(64, [10, 20, 30, 40]))
    expect([...countsOf(64, 2)]).toEqual([10, 20])
    expect(physicalOf(64, 0)).toHaveLength(0)
  })

  it('may be larger than all memory so far', () => {
    for (const megabytes of [1, 4, 16]) {
      const counts = new Uint16Array(megabytes << 19).fill(megabytes)
      expect(load(frame(64, counts))).toBeDefined()
      expect(Buffer.from(countsOf(64, counts.length).buffer).equals(Buffer.from(counts.buffer))).toBe(true)
      expect(physicalOf(64, counts.length)[counts.length - 1]).toBeCloseTo(megabytes / 1024, 4)
    }
  })

  it('refuse more pixels than they have, and physical values without a header', () => {
    const refused = expect.objectContaining({ code: 'gige/packet' })
    const bytes = frame(64, [10, 20, 30, 40])
    // Half a pixel is none.
    load(bytes.subarray(0, -1))
    expect([...countsOf(64, 3)]).toEqual([10, 20, 30])
    expect(() => countsOf(64, 4)).toThrow(refused)
    expect(() => physicalOf(64, 4)).toThrow(refused)
    expect(() => countsOf(0xffff_ffff, 1)).toThrow(refused)
    const headless = new Uint8Array(1000)
    expect(load(headless)).toBeUndefined()
    expect(() => physicalOf(64, 1)).toThrow(refused)
    expect([...countsOf(64, 2)]).toEqual([0, 0])
  })

  it.each(['RT', 'IBR', 'NUC'] as const)('of a simulated camera in mode %s follow its formula', (mode) => {
    const facts = {
      frameId: 4_000_000_001,
      width: 64,
      height: 8,
      exposureUs: 30,
      frameRateHz: 100,
      calibrationMode: CalibrationMode[mode],
      buffering: 0,
      takenAt: 17_000_000_001_234_567n,
    }
    const { first, again } = simulated(facts)
    const numbers = load(first)!
    expect(frameHeader(numbers)).toMatchObject({ frameId: facts.frameId, calibrationMode: mode, height: 8 })
    expect(countsOf(64, 64 * 8)).toEqual(telopsFrame(facts.frameId, 64, 8))
    expect(physicalOf(64, 64 * 8)).toEqual(telopsValues(facts.frameId, 64, 8, mode))
    expect(again).toEqual(first)
  })
})

/** A frame of a simulated camera, as it is sent first and sent again. */
function simulated(facts: FrameFacts): { first: Uint8Array; again: Uint8Array } {
  const sender = gige.sender({
    seed: 1n,
    ringBlocks: 4,
    recordFrames: 4,
    faults: {},
    resendStatus: false,
    firstId: 1n,
    extendedIds: false,
    idsGoOn: false,
    slots: 64,
  })
  sender.start({
    width: facts.width,
    height: facts.height + HEADER_ROWS,
    offsetX: 0,
    offsetY: 0,
    pixelFormat: PIXEL_FORMATS.Mono16,
    packetSize: 200,
    source: 'telops',
    to: { address: '10.1.2.3', port: 5000 },
  })
  sender.takeHeaded(0n, facts.frameId, headerBytes(facts))
  const first = payload(sender)
  sender.resend({ channel: 0, block: 1n, extended: false, first: 0, last: 0xff_ffff })
  const again = payload(sender)
  sender.free()
  return { first, again }
}

/** Pixels of all packets that are sent next. */
function payload(sender: Sender): Uint8Array {
  sender.write(64)
  const { batch, count } = sender.written('camera')
  const packets = Array.from({ length: count }, (_, slot) => packetAt(batch, slot).bytes)
  const isPayload = (packet: Uint8Array) => (packet[4]! & 0x0f) === 3
  return Buffer.concat(packets.filter(isPayload).map((packet) => packet.subarray(8)))
}
