import { describe, expect, it } from 'vitest'
import type { HostFacts } from '../../../../ts/gige/doctor/host-facts.js'
import { tune } from '../../../../ts/telops/tuning/tune-connection.js'
import { adapter, host } from '../../gige-doctor/facts.js'
import { FRAME_BYTES, fakeCamera, missingOf, type TrialOptions } from './fake-camera.js'

/** Carries packets up to a size, and loses a frame at 1000 Mbit/s. */
function answer(largest: number) {
  return ({ packetSize, bitrateMbps, count }: TrialOptions) => {
    if (packetSize! > largest) return { missing: missingOf(count!, FRAME_BYTES) }
    return { missing: bitrateMbps === 1000 ? [1464] : [], throughputMBps: bitrateMbps! / 10 }
  }
}

function reported(facts: HostFacts, largest = 1500) {
  return tune(
    fakeCamera(answer(largest)),
    { candidatePacketSizes: [9000, 1500], candidateBitratesMbps: [1000, 300] },
    async () => facts,
  )
}

async function warnings(facts: HostFacts, largest = 9000) {
  const { warnings } = await reported(facts, largest)
  return warnings.map(({ level, subject, name, check, fix }) => ({ level, subject, name, check, fix }))
}

const jumbo = adapter({ mtu: 9000 })

describe('ConnectionReport', () => {
  it('shows itself as tables with the recommendation and what mends the warnings', async () => {
    const lines = String(await reported(host())).split('\n')
    expect(lines[0]).toMatch(/^Packet size +Carried +Incomplete$/)
    expect(lines[1]).toMatch(/^ +9000 +no +4 of 4$/)
    expect(lines[2]).toMatch(/^ +1500 +yes +0 of 4$/)
    expect(lines[4]).toMatch(/^Packet size +Mbit\/s +Buffer +Incomplete +Stride gaps +MB\/s$/)
    expect(lines[5]).toMatch(/^ +1500 +300 +32 MiB +0 of 300 +0 +30\.0$/)
    expect(lines[6]).toMatch(/^ +1500 +1000 +32 MiB +1 of 300 +0 +100\.0$/)
    expect(new Set(lines.slice(0, 3).map((line) => line.length)).size).toBe(1)
    expect(lines[8]).toBe('Recommended: packets of 1500 bytes, 300 Mbit/s, receive buffer 32 MiB')
    expect(lines[9]).toMatch(/^warning: eth1, mtu: 1500 bytes/)
    expect(lines[10]).toBe('  $ sudo ip link set dev eth1 mtu 9000')
    expect(lines).toHaveLength(11)
  })

  it('says that there is nothing to recommend', async () => {
    const text = String(await reported(host(), 0))
    expect(text).toContain('Recommended: nothing')
    expect(text).not.toContain('Mbit/s')
  })

  it('is plain values as JSON', async () => {
    const report = await reported(host())
    const { recommended, sweep, probe, warnings } = JSON.parse(JSON.stringify(report))
    expect(recommended).toEqual({ packetSize: 1500, bitrateMbps: 300, receiveBufferBytes: 2 ** 25 })
    expect(sweep).toHaveLength(2)
    expect(sweep[1]).toEqual({
      packetSize: 1500,
      bitrateMbps: 1000,
      receiveBufferBytes: 2 ** 25,
      nFrames: 300,
      nIncomplete: 1,
      nStrideGaps: 0,
      throughputMBps: 100,
      elapsedSeconds: 1,
    })
    expect(probe[0]).toEqual({ packetSize: 9000, isCarried: false, nFrames: 4, nIncomplete: 4 })
    expect(warnings).toEqual(report.warnings)
  })
})

describe('warnings of a report', () => {
  it('has none where nothing is wrong', async () => {
    expect(await warnings(host({ interfaces: [jumbo] }))).toEqual([])
  })

  it('warns of a USB adapter', async () => {
    const facts = host({ interfaces: [{ ...jumbo, kind: 'usb', usbSpeedMbps: 5000 }] })
    expect(await warnings(facts)).toMatchObject([{ level: 'warning', name: 'eth1', check: 'adapter' }])
  })

  it('warns of several adapters with link-local addresses', async () => {
    const one = adapter({ mtu: 9000 }, '169.254.1.1', '255.255.0.0')
    const other = adapter({ name: 'eth2' }, '169.254.2.2', '255.255.0.0')
    expect(await warnings(host({ interfaces: [one, other] }))).toMatchObject([
      { level: 'warning', subject: 'host', check: 'subnets' },
    ])
  })

  it('warns of a VPN that is up, not of one that is down', async () => {
    const vpn = adapter({ name: 'tun0', kind: 'tunnel' }, '10.8.0.2')
    expect(await warnings(host({ interfaces: [jumbo, vpn] }))).toMatchObject([
      { level: 'warning', name: 'tun0', check: 'adapter' },
    ])
    const down = { ...vpn, up: false, running: false }
    expect(await warnings(host({ interfaces: [jumbo, down] }))).toEqual([])
  })

  it('warns once of a VPN that the camera is behind', async () => {
    const facts = host({ interfaces: [{ ...jumbo, kind: 'tunnel' }] })
    expect(await warnings(facts)).toMatchObject([{ level: 'error', name: 'eth1', check: 'adapter' }])
  })

  it('warns of a way to the camera through another interface', async () => {
    const routes = [{ device: 'tun0', subnet: '0.0.0.0', netmask: '0.0.0.0', metric: 0 }]
    expect(await warnings(host({ interfaces: [jumbo], routes }))).toMatchObject([
      { level: 'warning', subject: 'camera', name: 'SN-7', check: 'route' },
    ])
  })

  it('warns of a small receive buffer', async () => {
    const facts = host({ interfaces: [jumbo], receiveBufferBytes: 200 * 1024 })
    expect(await warnings(facts)).toMatchObject([
      { level: 'warning', check: 'receive-buffer', fix: expect.stringContaining('net.core.rmem_max') },
    ])
  })

  it('tells an MTU that is too small here from one that is so on the way', async () => {
    const here = await warnings(host({ interfaces: [adapter({ mtu: 1500 })] }), 1500)
    expect(here).toMatchObject([{ check: 'mtu', fix: 'sudo ip link set dev eth1 mtu 9000' }])
    const away = await reported(host({ interfaces: [jumbo] }), 1500)
    expect(away.warnings).toMatchObject([{ check: 'mtu', message: expect.stringContaining('switch') }])
    expect(away.warnings[0]!.fix).toBeUndefined()
  })
})
