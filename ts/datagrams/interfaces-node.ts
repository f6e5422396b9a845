import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import { addressNumber, addressText } from './ipv4.js'
import type { InterfaceAddress, InterfaceKind, NetworkInterface } from './network-interface.js'

const IFF_UP = 1
/** Kinds of hardware of linux/if_arp.h that stand for a tunnel: PPP, IP in IP, GRE, SIT, none at all (TUN, WireGuard). */
const TUNNELS = [512, 768, 776, 778, 65534]
const LOOPBACK = 772
/** The most that Linux calls a speed; beyond it is its -1, "unknown", as an unsigned number. */
const MAX_SPEED = 2 ** 31

/**
 * The network interfaces of this host: addresses from Node, the rest from Linux's `/sys/class/net`; elsewhere it stays
 * undefined. (The folder shows the network namespace that it was mounted in.)
 */
export function readInterfaces(folder = '/sys/class/net', known = networkInterfaces()): NetworkInterface[] {
  const names = new Set([...listed(folder), ...Object.keys(known)])
  return [...names].map((name) => {
    const entries = known[name] ?? []
    const text = (file: string) => attempt(() => readFileSync(`${folder}/${name}/${file}`, 'utf8').trim())
    const number = (file: string) => {
      const given = text(file)
      return given ? Number(given) : undefined
    }
    const flags = number('flags')
    const speed = number('speed')
    const mac = text('address') ?? entries[0]?.mac
    return {
      name,
      index: number('ifindex'),
      kind: kindOf(`${folder}/${name}`, number('type'), entries[0]?.internal === true),
      addresses: entries.filter(({ family }) => family === 'IPv4').map(addressOf),
      mac: mac && !/^[0:]*$/.test(mac) ? mac : undefined,
      mtu: number('mtu'),
      speedMbps: speed !== undefined && speed > 0 && speed < MAX_SPEED ? speed : undefined,
      // Node lists none that is down or not connected.
      up: flags === undefined ? entries.length > 0 : (flags & IFF_UP) !== 0,
      running: flags === undefined ? entries.length > 0 : number('carrier') === 1,
    }
  })
}

function kindOf(path: string, type: number | undefined, internal: boolean): InterfaceKind {
  if (type === LOOPBACK || internal) return 'loopback'
  if (type === undefined) return 'unknown'
  const has = (file: string) => attempt(() => statSync(`${path}/${file}`)) !== undefined
  if (TUNNELS.includes(type) || has('tun_flags')) return 'tunnel'
  if (has('phy80211') || has('wireless')) return 'wifi'
  if (!has('device')) return 'virtual'
  const bus = attempt(() => readlinkSync(`${path}/device/subsystem`))
  return bus !== undefined && basename(bus) === 'usb' ? 'usb' : 'ethernet'
}

function addressOf({ address, netmask }: { address: string; netmask: string }): InterfaceAddress {
  const host = ~addressNumber(netmask)
  return {
    address,
    netmask,
    broadcast: addressText(addressNumber(address) | host),
    linkLocal: address.startsWith('169.254.'),
  }
}

function listed(folder: string): string[] {
  // Beside the interfaces there may be files of drivers, such as `bonding_masters`.
  return (attempt(() => readdirSync(folder)) ?? []).filter(
    (name) => attempt(() => statSync(`${folder}/${name}/ifindex`)) !== undefined,
  )
}

/** Reading of what may not be there, or may vanish at any time. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
