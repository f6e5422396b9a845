import { describe, expect, it } from 'vitest'
import { adapterFindings, silenceFindings } from '../../../ts/gige/doctor/adapter.js'
import { type CameraFacts, cameraFindings } from '../../../ts/gige/doctor/camera.js'
import type { Finding } from '../../../ts/gige/doctor/finding.js'
import { hostFindings } from '../../../ts/gige/doctor/host.js'
import type { Adapter, HostFacts } from '../../../ts/gige/doctor/host-facts.js'
import { receiveBufferFinding } from '../../../ts/gige/doctor/receive-buffer.js'
import { adapter, camera, host } from './facts.js'

/** Those that are not well. */
const bad = (findings: Finding[]) => findings.filter(({ level }) => level !== 'ok')
const ofHost = (stated: Partial<HostFacts>) => bad(hostFindings(host(stated)))
const ofAdapter = (stated: Partial<Adapter>, platform: NodeJS.Platform = 'linux') =>
  bad(adapterFindings(adapter(stated), platform))
const ofCamera = (stated: Partial<CameraFacts>, facts: Partial<HostFacts> = {}) =>
  bad(cameraFindings(camera(stated), host(facts), ['192.168.5.2']))

describe('nothing is wrong with', () => {
  it('a sound host, adapter and camera', () => {
    expect(ofHost({})).toEqual([])
    expect(ofAdapter({})).toEqual([])
    expect(ofCamera({})).toEqual([])
  })
})

describe('the receive buffer', () => {
  // 1.5 bytes of buffer for a byte of payload, 50 ms: 125 MB/s need 9,375,000 bytes.
  it.each([
    [9_375_000, 125e6, 'ok'],
    [9_374_999, 125e6, 'warning'],
    [212_992, 125e6, 'warning'],
    [212_992, 2e6, 'ok'],
    [32 * 2 ** 20, 1250e6, 'warning'],
  ])('of %i bytes at %i bytes/s is %s', (granted, rate, level) => {
    expect(receiveBufferFinding(granted, rate, 'linux').level).toBe(level)
  })

  it('that is small is enlarged by a line for this system', () => {
    const fix = (platform: NodeJS.Platform) => receiveBufferFinding(212_992, undefined, platform).fix
    expect(fix('linux')).toBe(
      'echo net.core.rmem_max=33554432 | sudo tee /etc/sysctl.d/60-framewire.conf && sudo sysctl -p /etc/sysctl.d/60-framewire.conf',
    )
    expect(fix('darwin')).toBe('sudo sysctl -w kern.ipc.maxsockbuf=33554432')
    expect(fix('win32')).toBeUndefined()
    expect(receiveBufferFinding(33_554_432).fix).toBeUndefined()
  })

  it('is as large as a fast link needs it', () => {
    expect(receiveBufferFinding(2 ** 20, 1250e6, 'linux').fix).toContain('rmem_max=93750000 ')
  })

  it('tells how long a pause it bridges', () => {
    // 212,992 / 1.5 bytes of payload.
    expect(receiveBufferFinding(212_992, 125e6).details.bridgedMs).toBeCloseTo(1.136, 3)
  })
})

describe('the host', () => {
  it('without the native part', () => {
    expect(ofHost({ nativeSockets: false })).toMatchObject([{ check: 'sockets', level: 'warning' }])
  })

  it('with slow clocks', () => {
    expect(ofHost({ governors: ['performance', 'powersave', 'powersave'] })).toMatchObject([
      {
        check: 'governor',
        level: 'warning',
        message: expect.stringContaining('powersave on 2 of 3 CPUs'),
        fix: 'echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor',
      },
    ])
    expect(ofHost({ governors: ['schedutil'] })).toEqual([])
    expect(ofHost({ governors: [] })).toMatchObject([{ check: 'governor', level: 'unknown' }])
  })

  it('with several link-local adapters', () => {
    const linkLocal = (name: string, address: string, kind: Adapter['kind'] = 'ethernet') =>
      adapter({ name, kind }, address, '255.255.0.0')
    const interfaces = [
      linkLocal('usb0', '169.254.1.2', 'usb'),
      linkLocal('eth1', '169.254.3.4'),
      adapter({ name: 'eth0' }),
    ]
    expect(ofHost({ interfaces })).toMatchObject([
      {
        check: 'subnets',
        level: 'warning',
        message: expect.stringContaining('eth1 and usb0'),
        fix: 'sudo ip address del 169.254.1.2/16 dev usb0',
      },
    ])
    const off = { ...interfaces[1]!, running: false }
    expect(ofHost({ interfaces: [interfaces[0]!, off] })).toEqual([])
  })

  it('with two adapters in one subnet', () => {
    const interfaces = [adapter({ name: 'eth0' }), adapter({ name: 'eth1' }, '192.168.5.77')]
    expect(ofHost({ interfaces })[0]).toMatchObject({ details: { interfaces: ['eth0', 'eth1'] } })
    expect(ofHost({ interfaces: [interfaces[0]!, adapter({ name: 'eth1' }, '192.168.6.77')] })).toEqual([])
  })
})

describe('an adapter', () => {
  it.each<[string, Partial<Adapter>, object]>([
    ['on USB', { kind: 'usb', usbSpeedMbps: 5000 }, { check: 'adapter', level: 'warning' }],
    ['in a slow USB port', { kind: 'usb', usbSpeedMbps: 480 }, { check: 'adapter', level: 'error' }],
    ['of Wi-Fi', { kind: 'wifi' }, { check: 'adapter', level: 'error' }],
    ['of a VPN', { kind: 'tunnel' }, { check: 'adapter', level: 'error' }],
    [
      'at 100 Mbit/s',
      { speedMbps: 100 },
      { check: 'link', level: 'error', message: expect.stringContaining('12 MB/s at most') },
    ],
    ['of no told speed', { speedMbps: undefined }, { check: 'link', level: 'unknown' }],
    [
      'with a small MTU',
      { mtu: 1400 },
      { check: 'mtu', level: 'warning', fix: 'sudo ip link set dev eth1 mtu 1500' },
    ],
    [
      'with a small ring',
      { ring: { packets: 256, maxPackets: 4096 } },
      { check: 'ring', level: 'warning', fix: 'sudo ethtool -G eth1 rx 4096' },
    ],
  ])('%s', (_, stated, finding) => {
    expect(ofAdapter(stated)).toMatchObject([{ subject: 'interface', name: 'eth1', ...finding }])
  })

  it('with all the ring that it can have', () => {
    expect(ofAdapter({ ring: { packets: 512, maxPackets: 512 } })).toEqual([])
  })

  it('that no camera answers behind', () => {
    const silence = (stated: Partial<Adapter>) => silenceFindings(adapter(stated), 'linux')
    expect(silence({})).toMatchObject([{ check: 'link', level: 'ok' }])
    expect(silence({ running: false, addresses: [] })).toMatchObject([{ check: 'link', level: 'error' }])
    expect(silence({ addresses: [] })).toMatchObject([
      { check: 'link', level: 'ok' },
      { check: 'address', level: 'warning', fix: 'sudo ip address add 169.254.1.1/16 dev eth1' },
    ])
    // It may be as the rest of its network wants it.
    expect(silence({ mtu: 1400 })).toMatchObject([{ check: 'link', level: 'ok' }])
  })

  it('has lines of other systems, or none', () => {
    expect(ofAdapter({ mtu: 1400 }, 'darwin')[0]!.fix).toBe('sudo ifconfig eth1 mtu 1500')
    expect(ofAdapter({ mtu: 1400 }, 'win32')[0]!.fix).toBeUndefined()
  })
})

describe('a camera', () => {
  const silent = {
    testPackets: { tried: [1500, 576], largest: undefined },
    frame: { arrived: false, waitedMs: 2000, waitsForTrigger: false, reason: 'nothing came' },
  } as const

  it('in another subnet gets an address that is free, and nothing else is asked of it', () => {
    expect(ofCamera({ reachable: false, address: '10.0.0.9', ...silent })).toMatchObject([
      {
        check: 'subnet',
        level: 'error',
        fix: 'framewire force-ip 02:00:00:00:00:07 192.168.5.3 --netmask 255.255.255.0 --interface eth1',
      },
    ])
  })

  it('that the routes miss', () => {
    const routes = [
      { device: 'eth1', subnet: '0.0.0.0', netmask: '0.0.0.0', metric: 0 },
      { device: 'eth1', subnet: '192.168.5.0', netmask: '255.255.255.0', metric: 200 },
      { device: 'wlan0', subnet: '192.168.5.0', netmask: '255.255.255.0', metric: 100 },
    ]
    expect(ofCamera({}, { routes })).toMatchObject([
      {
        check: 'route',
        level: 'warning',
        message: expect.stringContaining('wlan0'),
        fix: 'sudo ip route replace 192.168.5.10/32 dev eth1',
      },
    ])
    const host = { device: 'eth1', subnet: '192.168.5.10', netmask: '255.255.255.255', metric: 900 }
    expect(ofCamera({}, { routes: [...routes, host] })).toEqual([])
    expect(ofCamera({}, { routes: undefined })).toEqual([])
    // One that is simulated on this host.
    const own = {
      address: '192.168.5.10',
      netmask: '255.255.255.0',
      broadcast: '192.168.5.255',
      linkLocal: false,
    }
    expect(ofCamera({}, { routes, interfaces: [adapter({ addresses: [own] })] })).toEqual([])
    expect(ofCamera({ address: '127.1.2.3', interfaceName: 'lo' }, { routes })).toEqual([])
  })

  it('that somebody else controls', () => {
    expect(ofCamera({ holder: '192.168.5.2:5055', testPackets: undefined, frame: undefined })).toMatchObject([
      { check: 'control', level: 'error', message: expect.stringContaining('192.168.5.2:5055') },
    ])
  })

  it('on a slow link of its own', () => {
    expect(ofCamera({ linkSpeedMbps: 100 })).toMatchObject([{ check: 'link', level: 'error' }])
    expect(ofCamera({ linkSpeedMbps: 1000 })).toEqual([])
  })

  it('behind something with a small MTU', () => {
    expect(ofCamera({ testPackets: { tried: [1500, 1400], largest: 1400 } })).toMatchObject([
      { check: 'path', level: 'warning', message: expect.stringContaining('1400') },
    ])
    // As large as the interface's own: that has a finding of its own.
    expect(ofCamera({ testPackets: { tried: [1400], largest: 1400 } })).toEqual([])
    expect(ofCamera({ testPackets: { tried: [9000, 1500], largest: 1500 } })).toEqual([])
  })

  it('that knows no test packets is proved by its frame', () => {
    expect(ofCamera({ testPackets: { tried: [1500], largest: undefined } })).toEqual([])
  })

  it('whose frames come in part', () => {
    const frame = { arrived: true, shape: [4, 4], packetSize: 1500, missingPackets: 3 } as const
    expect(ofCamera({ frame })).toMatchObject([{ check: 'stream', level: 'error' }])
  })

  it('that waits for a trigger', () => {
    expect(ofCamera({ frame: { ...silent.frame, waitsForTrigger: true } })).toMatchObject([
      { check: 'stream', level: 'unknown', fix: 'framewire features set --camera SN-7 TriggerMode=Off' },
    ])
  })

  it('that answers test packets and sends no frame: no firewall', () => {
    const firewall = { manager: 'ufw', chains: [] } as const
    const [finding] = ofCamera({ frame: silent.frame }, { firewall })
    expect(finding).toMatchObject({ check: 'stream', level: 'error', details: { reason: 'nothing came' } })
    expect(finding!.fix).toBeUndefined()
  })

  it.each<[HostFacts['firewall'] & object, string]>([
    [{ manager: 'ufw', chains: [] }, 'sudo ufw allow proto udp from 192.168.5.10'],
    [
      { manager: 'firewalld', chains: [] },
      'sudo firewall-cmd --permanent --zone=trusted --add-source=192.168.5.10 && sudo firewall-cmd --reload',
    ],
    [
      { manager: 'nftables', chains: [{ family: 'inet', table: 'filter', name: 'input' }] },
      'sudo nft insert rule inet filter input ip saddr 192.168.5.10 meta l4proto udp accept',
    ],
    [{ manager: 'iptables', chains: [] }, 'sudo iptables -I INPUT -p udp -s 192.168.5.10 -j ACCEPT'],
    [
      { manager: 'windows', chains: [] },
      'netsh advfirewall firewall add rule name=framewire dir=in action=allow protocol=UDP remoteip=192.168.5.10',
    ],
  ])('behind the firewall %j', (firewall, fix) => {
    expect(ofCamera(silent, { firewall })).toMatchObject([{ check: 'stream', level: 'error', fix }])
  })

  it('of which nothing arrives, where no firewall is seen', () => {
    const [finding] = ofCamera(silent)
    expect(finding).toMatchObject({ check: 'stream', level: 'error' })
    expect(finding!.fix).toBeUndefined()
  })
})
