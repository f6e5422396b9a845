import type { FramewireError } from '../../errors.js'
import { freeAddress } from '../subnets.js'
import type { Check, Finding, Level } from './finding.js'
import { allowance } from './firewall.js'
import type { HostFacts } from './host-facts.js'
import { routeTo } from './route.js'

/** What the doctor learned of a camera. */
export interface CameraFacts {
  /** Its serial number, or its address where it has none. */
  name: string
  mac: string
  address: string
  /** The network interface on which it answered, and the address of this host there; undefined behind a router. */
  interfaceName: string | undefined
  interfaceIp: string | undefined
  /** It lies in the subnet of that address. */
  reachable: boolean
  /** Who is in control of it: its address, or `another host` where the camera does not tell; undefined when nobody is. */
  holder?: string
  /** Why it could not be asked. */
  failure?: FramewireError
  /** Speed of its link as it tells it, in Mbit/s. */
  linkSpeedMbps?: number
  /** What became of its test packets; undefined where none was asked for. */
  testPackets?: TestPackets
  /** What became of a frame; undefined where none was asked for. */
  frame?: FrameTrial
}

/** Packets of test, none of them cut on the way. */
export interface TestPackets {
  /** Sizes that were asked for, in bytes of the whole IP packet. */
  tried: readonly number[]
  /** The largest that arrived. */
  largest: number | undefined
}

/** A frame that was to be received. */
export type FrameTrial =
  | { arrived: true; shape: readonly number[]; packetSize: number; missingPackets: number }
  | { arrived: false; waitedMs: number; waitsForTrigger: boolean; reason: string }

/** Mbit/s of a Gigabit link. */
const GIGABIT = 1000
/** A packet size that every Ethernet carries. */
const ETHERNET_MTU = 1500

/**
 * What there is to say of a camera.
 * @param taken addresses of cameras, which no other one can get
 */
export function cameraFindings(camera: CameraFacts, host: HostFacts, taken: readonly string[]): Finding[] {
  if (!camera.reachable) return [subnetFinding(camera, host, taken)]
  return [
    subnetFinding(camera, host, taken),
    routeFinding(camera, host),
    linkFinding(camera),
    controlFinding(camera),
    pathFinding(camera, host),
    streamFinding(camera, host),
  ].filter((finding) => finding !== undefined)
}

function subnetFinding(camera: CameraFacts, { interfaces }: HostFacts, taken: readonly string[]): Finding {
  const { address, interfaceName, interfaceIp, reachable } = camera
  const details = { address, interfaceName, interfaceIp }
  if (reachable)
    return of(camera, 'subnet', 'ok', `${address}, from ${interfaceIp} on ${interfaceName}`, details)
  const own = interfaces
    .find(({ name }) => name === interfaceName)
    ?.addresses.find((one) => one.address === interfaceIp)
  const free = own && freeAddress(own, [address, ...taken])
  const message = `${address} is in another subnet than ${interfaceIp} on ${interfaceName}: it answers to broadcasts alone`
  return {
    ...of(camera, 'subnet', 'error', message, details),
    ...(own &&
      free && {
        fix: `framewire force-ip ${camera.mac} ${free} --netmask ${own.netmask} --interface ${interfaceName}`,
      }),
  }
}

/** Addresses that are this host's, all of them. */
const LOOPBACK = '127.'

/** Only where it is wrong: the host's own choice of an interface is not the one that the camera is behind. */
function routeFinding(camera: CameraFacts, { interfaces, routes, platform }: HostFacts): Finding | undefined {
  const { address, interfaceName } = camera
  // A simulated one of this host: packets to the host itself take no route of the table.
  const isOfThisHost = interfaces.some(({ addresses }) => addresses.some((own) => own.address === address))
  if (isOfThisHost || address.startsWith(LOOPBACK)) return undefined
  const route = routes && routeTo(routes, address)
  if (!routes || !interfaceName || route?.device === interfaceName) return undefined
  const way = route ? `leads through ${route.device}` : 'is not known'
  const message = `it is behind ${interfaceName}, but this host's way to ${address} ${way}`
  return {
    ...of(camera, 'route', 'warning', message, { address, interfaceName, route }),
    ...(platform === 'linux' && { fix: `sudo ip route replace ${address}/32 dev ${interfaceName}` }),
  }
}

function linkFinding(camera: CameraFacts): Finding | undefined {
  const { linkSpeedMbps } = camera
  if (linkSpeedMbps === undefined) return undefined
  const details = { speedMbps: linkSpeedMbps }
  if (linkSpeedMbps >= GIGABIT)
    return of(camera, 'link', 'ok', `${linkSpeedMbps} Mbit/s at the camera`, details)
  const message = `${linkSpeedMbps} Mbit/s at the camera: ${Math.floor(linkSpeedMbps / 8)} MB/s at most. Check its cable and the switch`
  return of(camera, 'link', 'error', message, details)
}

function controlFinding(camera: CameraFacts): Finding {
  const { holder, failure } = camera
  if (failure)
    return of(camera, 'control', 'error', failure.message.replace(/\.$/, ''), { code: failure.code })
  if (holder === undefined) return of(camera, 'control', 'ok', 'nobody else controls it', {})
  const message = `${holder} controls it. Close the program there; after a crash the camera lets go by itself within seconds`
  return of(camera, 'control', 'error', message, { holder })
}

function pathFinding(camera: CameraFacts, { interfaces }: HostFacts): Finding | undefined {
  const { testPackets, frame, interfaceName } = camera
  if (!testPackets) return undefined
  const { tried, largest } = testPackets
  const mtu = interfaces.find(({ name }) => name === interfaceName)?.mtu
  const say = (level: Level, message: string) => of(camera, 'path', level, message, { ...testPackets, mtu })
  if (largest === undefined) {
    // That nothing arrives at all is said of the stream.
    if (!frame?.arrived) return undefined
    return say('ok', `it sends no test packets; its frames come in packets of ${frame.packetSize} bytes`)
  }
  if (largest < ETHERNET_MTU && tried.includes(ETHERNET_MTU)) {
    const message = `packets of ${largest} bytes arrive, of ${ETHERNET_MTU} they do not: something on the way has a smaller MTU`
    return say('warning', message)
  }
  const rest = mtu !== undefined && largest < mtu ? `, but none of the interface's ${mtu}` : ''
  return say('ok', `packets of ${largest} bytes arrive${rest}`)
}

function streamFinding(camera: CameraFacts, host: HostFacts): Finding | undefined {
  const { frame, testPackets } = camera
  if (!frame) return undefined
  if (frame.arrived) {
    const { shape, packetSize, missingPackets } = frame
    const what = `a frame of ${shape.join(' x ')} in packets of ${packetSize} bytes`
    if (missingPackets === 0) return of(camera, 'stream', 'ok', `${what} came whole`, { ...frame })
    return of(camera, 'stream', 'error', `${what} came with ${missingPackets} packets missing`, { ...frame })
  }
  const details = { ...frame }
  if (testPackets?.largest !== undefined) {
    const seconds = `${frame.waitedMs / 1000} s`
    return frame.waitsForTrigger
      ? {
          ...of(camera, 'stream', 'unknown', `no frame in ${seconds}, for it waits for a trigger`, details),
          fix: `framewire features set --camera ${camera.name} TriggerMode=Off`,
        }
      : of(
          camera,
          'stream',
          'error',
          `test packets arrive, but no frame in ${seconds}: ${frame.reason}`,
          details,
        )
  }
  return blocked(camera, host, details)
}

/** The camera acknowledges control, and nothing arrives on the stream port. */
function blocked(camera: CameraFacts, { firewall }: HostFacts, details: Finding['details']): Finding {
  const silence = 'it acknowledges control, but nothing of its stream arrives'
  if (!firewall) {
    const message = `${silence}. If a firewall is in the way, doctor can name it when it runs as administrator`
    return of(camera, 'stream', 'error', message, details)
  }
  return {
    ...of(camera, 'stream', 'error', `${silence}: the firewall (${firewall.manager}) drops it`, {
      ...details,
      firewall: firewall.manager,
    }),
    fix: allowance(firewall, { address: camera.address }),
  }
}

function of(
  { name }: CameraFacts,
  check: Check,
  level: Level,
  message: string,
  details: Finding['details'],
): Finding {
  return { check, subject: 'camera', name, level, message, details }
}
