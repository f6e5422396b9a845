import { describe, expect, it } from 'vitest'
import type { Datagrams } from '../../../ts/datagrams/datagrams.js'
import { nodeDatagrams } from '../../../ts/datagrams/open-node.js'
import { droppingChains } from '../../../ts/gige/doctor/firewall.js'
import { readHostFacts, type Sources } from '../../../ts/gige/doctor/read-host-facts.js'
import { routeTo } from '../../../ts/gige/doctor/route.js'
import { WANTED_RECEIVE_BUFFER_BYTES } from '../../../ts/gige/receive-buffer.js'
import { freeAddress, prefixOf } from '../../../ts/gige/subnets.js'
import { layLink } from '../../gige/network.js'
import { describeWithLink } from '../../gige/suite.js'
import { adapter } from './facts.js'

/** A system with these files and commands. */
function system(
  files: Record<string, string>,
  commands: Record<string, string> = {},
  platform: NodeJS.Platform = 'linux',
): Sources {
  return {
    platform,
    file: async (path) => files[path],
    folder: async (path) => [
      ...new Set(
        Object.keys(files)
          .filter((file) => file.startsWith(`${path}/`))
          .map((file) => file.slice(path.length + 1).split('/')[0]!),
      ),
    ],
    command: async (...words) => commands[words.join(' ')],
  }
}

/** This host's sockets, with interfaces of another one. */
function sockets(interfaces: ReturnType<Datagrams['interfaces']>): Datagrams {
  return { open: (options) => nodeDatagrams().open(options), interfaces: () => interfaces }
}

const read = (sources: Sources, interfaces = [adapter()]) => readHostFacts(sockets(interfaces), sources)

describe('facts of a host', () => {
  it('are unknown where the system tells nothing', async () => {
    const facts = await read(system({}))
    expect(facts).toMatchObject({ governors: [], routes: undefined, firewall: undefined })
    expect(facts.interfaces).toEqual([adapter()])
  })

  it('have the receive buffer that sockets get', async () => {
    const socket = await nodeDatagrams().open({ receiveBufferBytes: WANTED_RECEIVE_BUFFER_BYTES })
    await socket.close()
    const { receiveBufferBytes, nativeSockets } = await read(system({}))
    expect(receiveBufferBytes).toBe(socket.receiveBufferBytes)
    expect(nativeSockets).toBe(true)
  })

  it('have the governor of each CPU', async () => {
    const path = '/sys/devices/system/cpu'
    const files = {
      [`${path}/cpu0/cpufreq/scaling_governor`]: 'performance',
      [`${path}/cpu1/cpufreq/scaling_governor`]: 'powersave',
      [`${path}/cpu2/topology/core_id`]: '2',
      [`${path}/cpufreq/policy0/scaling_governor`]: 'performance',
    }
    expect((await read(system(files))).governors).toEqual(['performance', 'powersave'])
  })

  it('have the port of a USB adapter, and the ring of any', async () => {
    const files = { '/sys/class/net/usb0/device/../speed': '480' }
    const ethtool = [
      'Ring parameters for usb0:',
      'Pre-set maximums:',
      'RX:\t\t4096',
      'RX Mini:\tn/a',
      'TX:\t\t4096',
      'Current hardware settings:',
      'RX:\t\t256',
      'TX:\t\t256',
    ].join('\n')
    const sources = system(files, { 'ethtool -g usb0': ethtool })
    const { interfaces } = await read(sources, [adapter({ name: 'usb0', kind: 'usb' }), adapter()])
    expect(interfaces).toMatchObject([
      { name: 'usb0', usbSpeedMbps: 480, ring: { packets: 256, maxPackets: 4096 } },
      { name: 'eth1', usbSpeedMbps: undefined, ring: undefined },
    ])
  })

  it('have the routes', async () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'eth1\t0000FEA9\t00000000\t0001\t0\t0\t1000\t0000FFFF\t0\t0\t0',
    ].join('\n')
    const { routes } = await read(system({ '/proc/net/route': table }))
    expect(routes).toEqual([
      { device: 'eth0', subnet: '0.0.0.0', netmask: '0.0.0.0', metric: 100 },
      { device: 'eth1', subnet: '169.254.0.0', netmask: '255.255.0.0', metric: 1000 },
    ])
    expect(routeTo(routes!, '169.254.7.7')?.device).toBe('eth1')
    expect(routeTo(routes!, '169.255.7.7')?.device).toBe('eth0')
    expect(routeTo([], '169.255.7.7')).toBeUndefined()
  })

  const NFT = 'nft -j list ruleset'
  it.each<[string, Sources, string | undefined]>([
    ['ufw', system({ '/etc/ufw/ufw.conf': '# on\nENABLED=yes\nLOGLEVEL=low' }), 'ufw'],
    ['ufw that is off', system({ '/etc/ufw/ufw.conf': 'ENABLED=no' }), undefined],
    ['firewalld', system({}, { 'firewall-cmd --state': 'running\n' }), 'firewalld'],
    ['iptables', system({}, { 'iptables-save -t filter': '*filter\n:INPUT DROP [0:0]\nCOMMIT' }), 'iptables'],
    [
      'iptables that drop nothing',
      system({}, { 'iptables-save -t filter': '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT' }),
      undefined,
    ],
    ['an empty nftables', system({}, { [NFT]: '{"nftables": [{"metainfo": {}}]}' }), undefined],
    [
      "macOS's own",
      system(
        {},
        {
          '/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate':
            'Firewall is enabled. (State = 1)',
        },
        'darwin',
      ),
      'macos',
    ],
    ["Windows' own", system({}, {}, 'win32'), 'windows'],
  ])('have the firewall: %s', async (_, sources, manager) => {
    expect((await read(sources)).firewall?.manager).toBe(manager)
  })
})

describe('chains that drop what comes in', () => {
  const chain = (stated: object) => ({
    chain: { family: 'inet', table: 'filter', name: 'input', hook: 'input', policy: 'accept', ...stated },
  })
  const rule = (...expr: object[]) => ({ rule: { family: 'inet', table: 'filter', chain: 'input', expr } })
  const found = (...nftables: object[]) => droppingChains(JSON.stringify({ nftables }))
  const INPUT = { family: 'inet', table: 'filter', name: 'input' }

  it('are those with that policy, or with such a rule in their table', () => {
    expect(found(chain({ policy: 'drop' }))).toEqual([INPUT])
    expect(found(chain({}), rule({ match: {} }, { drop: null }))).toEqual([INPUT])
    expect(found(chain({}), rule({ reject: { type: 'icmp' } }))).toEqual([INPUT])
  })

  it('are none that let all in, or see other packets', () => {
    expect(found(chain({}), rule({ accept: null }))).toEqual([])
    expect(found(chain({ hook: 'forward', policy: 'drop' }))).toEqual([])
    expect(found(chain({ family: 'ip6', policy: 'drop' }))).toEqual([])
  })
})

describe('subnets', () => {
  it('have prefixes', () => {
    expect(['0.0.0.0', '255.0.0.0', '255.255.255.252', '255.255.255.255'].map(prefixOf)).toEqual([
      0, 8, 30, 32,
    ])
  })

  it('have free addresses, the next one first', () => {
    const own = (address: string, netmask: string) => ({ address, netmask, broadcast: '', linkLocal: false })
    expect(freeAddress(own('192.168.5.1', '255.255.255.0'), [])).toBe('192.168.5.2')
    expect(freeAddress(own('192.168.5.1', '255.255.255.0'), ['192.168.5.2', '10.0.0.1'])).toBe('192.168.5.3')
    // Neither the broadcast address nor the subnet's own.
    expect(freeAddress(own('192.168.5.254', '255.255.255.0'), [])).toBe('192.168.5.1')
    expect(freeAddress(own('10.0.0.1', '255.255.255.252'), [])).toBe('10.0.0.2')
    expect(freeAddress(own('10.0.0.1', '255.255.255.252'), ['10.0.0.2'])).toBeUndefined()
    expect(freeAddress(own('10.0.0.1', '255.255.255.255'), [])).toBeUndefined()
  })
})

describeWithLink('facts of a host with a link', () => {
  it('have its interface and its route', async () => {
    const link = await layLink({ mtu: 1400 })
    try {
      const { interfaces, routes } = await readHostFacts(nodeDatagrams())
      const found = interfaces.find(({ name }) => name === link.device)
      expect(found).toMatchObject({ mtu: 1400, up: true, addresses: [{ address: link.here }] })
      expect(routeTo(routes!, link.there)).toMatchObject({ device: link.device, netmask: '255.255.255.0' })
    } finally {
      await link.close()
    }
  })
})
