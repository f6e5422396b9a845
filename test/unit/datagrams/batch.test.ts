import { isIPv4 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBatch, packetAt, putPacket, slotsOf } from '../../../ts/datagrams/batch.js'
import { addressNumber, addressText } from '../../../ts/datagrams/ipv4.js'

describe('IPv4 addresses', () => {
  it('are numbers in the order of the network, and back', () => {
    expect(addressNumber('127.0.0.1')).toBe(0x7f000001)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (number) => {
        const text = addressText(number)
        expect(isIPv4(text)).toBe(true)
        expect(addressNumber(text)).toBe(number)
      }),
    )
  })

  it('are told from what is none as Node tells them', () => {
    const like = fc.stringMatching(/^[0-9a-fx .:-]{0,5}(\.[0-9 -]{0,4}){0,5}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), like, fc.ipV4(), fc.ipV6()), (text) => {
        expect(Number.isNaN(addressNumber(text))).toBe(!isIPv4(text))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a batch', () => {
  it('gives back the packets that were put into it', () => {
    const packet = fc.record({
      bytes: fc.uint8Array({ maxLength: 40 }),
      from: fc.record({ address: fc.ipV4(), port: fc.nat(65_535) }),
      receivedAtNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    })
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 9 }),
        fc.integer({ min: 1, max: 40 }),
        (packets, slotBytes) => {
          const batch = makeBatch(packets.length, slotBytes)
          expect(slotsOf(batch)).toBe(packets.length)
          for (const [slot, { bytes, from, receivedAtNs }] of packets.entries()) {
            putPacket(batch, slot, bytes, from, receivedAtNs)
          }
          for (const [slot, { bytes, ...rest }] of packets.entries()) {
            expect(packetAt(batch, slot)).toEqual({
              ...rest,
              bytes: bytes.subarray(0, slotBytes),
              length: bytes.length,
            })
          }
        },
      ),
    )
  })
})
