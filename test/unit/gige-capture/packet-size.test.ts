import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mtuOf, negotiatePacketSize, packetSizes } from '../../../ts/gige/packet-size.js'

describe('packet sizes', () => {
  it('to try are those that the interface takes, from the largest on', () => {
    expect(packetSizes(1500)).toEqual([1500, 1400, 1280, 576])
    expect(packetSizes(9014)[0]).toBe(9000)
    expect(packetSizes(8999)[0], 'a multiple of four').toBe(8996)
    expect(packetSizes(65_536)[0]).toBe(9000)
    expect(packetSizes(undefined)[0]).toBe(9000)
    expect(packetSizes(1500, 1400)).toEqual([1280, 576])
    expect(packetSizes(9000, 576)).toEqual([])
  })

  it('are limited by the interface that has the address', () => {
    const found = mtuOf(
      [network('eth0', '10.0.0.1', 9000), network('eth1', '10.0.1.1', 1500), network('eth2', '', undefined)],
      '10.0.1.1',
    )
    expect(found).toBe(1500)
    expect(mtuOf([], '10.0.1.1')).toBeUndefined()
  })

  it('found is the largest that gets through', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 576, max: 9100 }),
        fc.option(fc.integer({ min: 576, max: 9100 }), { nil: undefined }),
        async (path, mtu) => {
          const sizes = packetSizes(mtu)
          const found = await negotiatePacketSize(sizes, async (bytes) => bytes <= path)
          expect(found).toEqual({ bytes: sizes.find((size) => size <= path), tested: true })
        },
      ),
    )
  })

  it('is a guess where no test packet comes, after few of them', async () => {
    const tried: number[] = []
    const found = await negotiatePacketSize(packetSizes(9000), async (bytes) => {
      tried.push(bytes)
      return false
    })
    expect(found).toEqual({ bytes: 1500, tested: false })
    expect(tried).toEqual([9000, 576])
  })
})

function network(name: string, address: string, mtu: number | undefined) {
  const addresses = address ? [{ address, netmask: '255.255.255.0', broadcast: '', linkLocal: false }] : []
  return {
    name,
    addresses,
    mtu,
    index: 1,
    kind: 'ethernet' as const,
    mac: undefined,
    speedMbps: undefined,
    up: true,
    running: true,
  }
}
