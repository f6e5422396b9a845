import type { Finding, Level } from './finding.js'
import type { Adapter } from './host-facts.js'

/** Speed of Gigabit Ethernet, in Mbit/s. */
const GIGABIT = 1000
/** Ethernet's own MTU. */
const ETHERNET_MTU = 1500
/** An adapter with less room than this and more to be had loses packets while the CPU is busy elsewhere. */
const RING_PACKETS = 1024

/** What there is to say of a network interface that cameras are behind. */
export function adapterFindings(adapter: Adapter, platform: NodeJS.Platform): Finding[] {
  const findings = [
    kindFinding(adapter),
    linkFinding(adapter),
    mtuFinding(adapter, platform),
    ringFinding(adapter),
  ]
  return findings.filter((finding) => finding !== undefined)
}

/** Why no camera answers behind a network interface. */
export function silenceFindings(adapter: Adapter, platform: NodeJS.Platform): Finding[] {
  const { running, addresses } = adapter
  const lacksAddress = running && addresses.length === 0
  return [linkFinding(adapter), ...(lacksAddress ? [addressFinding(adapter, platform)] : [])]
}

function kindFinding({ name, kind, usbSpeedMbps }: Adapter): Finding | undefined {
  const say = (level: Level, message: string) => of(name, 'adapter', level, message, { kind, usbSpeedMbps })
  if (kind === 'usb' && usbSpeedMbps !== undefined && usbSpeedMbps < GIGABIT) {
    return say('error', `a USB adapter in a port of ${usbSpeedMbps} Mbit/s. Plug it into a USB 3 port`)
  }
  if (kind === 'usb') {
    return say(
      'warning',
      'a USB adapter: it delivers packets late and in bursts. A built-in or PCIe adapter loses fewer',
    )
  }
  if (kind === 'wifi') return say('error', 'Wi-Fi loses packets and has no steady rate. Use a cable')
  if (kind === 'tunnel') return say('error', 'a VPN or tunnel: packets are repacked and slow. Go around it')
  return undefined
}

function linkFinding({ name, running, speedMbps }: Adapter): Finding {
  const say = (level: Level, message: string) => of(name, 'link', level, message, { running, speedMbps })
  if (!running) return say('error', 'not connected. Check the cable, and that the camera has power')
  if (speedMbps === undefined) return say('unknown', 'its speed is not told')
  if (speedMbps >= GIGABIT) return say('ok', `${speedMbps} Mbit/s`)
  return say(
    'error',
    `${speedMbps} Mbit/s: ${Math.floor(speedMbps / 8)} MB/s at most. Gigabit needs a cable of four sound pairs (Cat 5e) and Gigabit ports all the way`,
  )
}

function mtuFinding({ name, mtu }: Adapter, platform: NodeJS.Platform): Finding {
  const say = (level: Level, message: string) => of(name, 'mtu', level, message, { mtu })
  if (mtu === undefined) return say('unknown', 'its MTU is not told')
  if (mtu > ETHERNET_MTU)
    return say('ok', `${mtu} bytes: packets of that size where the camera's side has it too`)
  if (mtu === ETHERNET_MTU) return say('ok', `${mtu} bytes`)
  const finding = say('warning', `${mtu} bytes, less than Ethernet's ${ETHERNET_MTU}: more packets, more CPU`)
  return { ...finding, ...mtuFix(name, ETHERNET_MTU, platform) }
}

/** The line that gives a network interface another MTU; empty where the platform has none. */
export function mtuFix(name: string, mtu: number, platform: NodeJS.Platform): Pick<Finding, 'fix'> {
  if (platform === 'linux') return { fix: `sudo ip link set dev ${name} mtu ${mtu}` }
  return platform === 'darwin' ? { fix: `sudo ifconfig ${name} mtu ${mtu}` } : {}
}

function ringFinding({ name, ring }: Adapter): Finding | undefined {
  if (!ring) return undefined
  const room = `room for ${ring.packets} packets in the adapter`
  if (ring.packets >= Math.min(RING_PACKETS, ring.maxPackets)) return of(name, 'ring', 'ok', room, ring)
  return {
    ...of(
      name,
      'ring',
      'warning',
      `${room}, of ${ring.maxPackets} that it can have: bursts overrun it`,
      ring,
    ),
    fix: `sudo ethtool -G ${name} rx ${ring.maxPackets}`,
  }
}

function addressFinding({ name }: Adapter, platform: NodeJS.Platform): Finding {
  return {
    ...of(
      name,
      'address',
      'warning',
      'connected, but without an IPv4 address: no camera behind it answers',
      {},
    ),
    ...(platform === 'linux' && { fix: `sudo ip address add 169.254.1.1/16 dev ${name}` }),
  }
}

function of(
  name: string,
  check: Finding['check'],
  level: Level,
  message: string,
  details: Finding['details'],
): Finding {
  return { check, subject: 'interface', name, level, message, details }
}
