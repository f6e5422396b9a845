import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInterfaces } from '../../../ts/datagrams/interfaces-node.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-interfaces-'))
  const add = (name: string, files: Record<string, string>, bus?: string, sub?: string) => {
    mkdirSync(join(folder, name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), `${text}\n`)
    if (bus !== undefined) mkdirSync(join(folder, name, 'device'))
    if (bus) symlinkSync(`/sys/bus/${bus}`, join(folder, name, 'device/subsystem'))
    if (sub !== undefined) mkdirSync(join(folder, name, sub))
  }
  const up = { type: '1', flags: '0x1003', carrier: '1', mtu: '1500', address: '00:07:48:00:00:01' }
  add('lo', { ...up, ifindex: '1', type: '772', mtu: '65536', address: '00:00:00:00:00:00' })
  add('enp3s0', { ...up, ifindex: '2', mtu: '9000', speed: '1000' }, 'pci')
  add('enx0', { ...up, ifindex: '3', speed: '100' }, 'usb')
  add('wlan0', { ...up, ifindex: '4' }, 'pci', 'phy80211')
  add('wlan1', { ...up, ifindex: '5' }, 'usb', 'phy80211')
  add('wg0', { ifindex: '6', type: '65534', flags: '0x91', carrier: '1', mtu: '1420', address: '' })
  add('tap0', { ...up, ifindex: '7', tun_flags: '0x1002', speed: '10' })
  add('docker0', { ...up, ifindex: '8', carrier: '0', speed: '-1' })
  add('eno1', { ...up, ifindex: '9', flags: '0x1002', carrier: '', speed: '' }, '')
  writeFileSync(join(folder, 'bonding_masters'), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const entry = (address: string, netmask: string, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ({ address, netmask, family, mac: '00:07:48:00:00:01', internal: false, cidr: null }) as never

describe('the list of interfaces', () => {
  it('tells what each is, on Linux', () => {
    const found = readInterfaces(folder, {})
    const kinds = Object.fromEntries(found.map(({ name, kind }) => [name, kind]))
    expect(kinds).toEqual({
      lo: 'loopback',
      enp3s0: 'ethernet',
      enx0: 'usb',
      wlan0: 'wifi',
      wlan1: 'wifi',
      wg0: 'tunnel',
      tap0: 'tunnel',
      docker0: 'virtual',
      eno1: 'ethernet',
    })
    const named = (name: string) => found.find((one) => one.name === name)
    const mac = '00:07:48:00:00:01'
    expect(named('enp3s0')).toMatchObject({
      index: 2,
      mtu: 9000,
      speedMbps: 1000,
      up: true,
      running: true,
      mac,
    })
    expect(named('docker0')).toMatchObject({ speedMbps: undefined, up: true, running: false })
    expect(named('eno1')).toMatchObject({ speedMbps: undefined, up: false, running: false })
    expect(named('lo')).toMatchObject({ mac: undefined, speedMbps: undefined, mtu: 65_536 })
    expect(named('wg0')).toMatchObject({ mac: undefined, mtu: 1420 })
  })

  it('has IPv4 addresses with their broadcast address, and tells link-local ones', () => {
    const enp3s0 = [
      entry('192.168.7.20', '255.255.255.0'),
      entry('169.254.3.4', '255.255.0.0'),
      entry('10.1.2.3', '255.255.255.252'),
      entry('fe80::1', 'ffff::', 'IPv6'),
    ]
    const found = readInterfaces(folder, { enp3s0 }).find(({ name }) => name === 'enp3s0')
    expect(found?.addresses).toEqual([
      { address: '192.168.7.20', netmask: '255.255.255.0', broadcast: '192.168.7.255', linkLocal: false },
      { address: '169.254.3.4', netmask: '255.255.0.0', broadcast: '169.254.255.255', linkLocal: true },
      { address: '10.1.2.3', netmask: '255.255.255.252', broadcast: '10.1.2.3', linkLocal: false },
    ])
  })

  it('is what Node knows where the system has no such folder', () => {
    const lo = [{ ...(entry('127.0.0.1', '255.0.0.0') as object), internal: true }] as never
    const found = readInterfaces(join(folder, 'none'), { en0: [entry('10.0.0.1', '255.0.0.0')], lo })
    expect(found).toMatchObject([
      { name: 'en0', kind: 'unknown', index: undefined, mtu: undefined, up: true, running: true },
      { name: 'lo', kind: 'loopback', addresses: [{ address: '127.0.0.1' }] },
    ])
  })

  it('is that of this host', () => {
    const found = readInterfaces()
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())))
    const lo = found.find(({ kind }) => kind === 'loopback')
    expect(lo).toMatchObject({ up: true, running: true, addresses: [{ address: '127.0.0.1' }] })
    expect(lo?.mtu).toBeGreaterThan(0)
  })
})
