import { adapterFindings, mtuFix } from '../../gige/doctor/adapter.js'
import { cameraFindings } from '../../gige/doctor/camera.js'
import type { Finding } from '../../gige/doctor/finding.js'
import { hostFindings } from '../../gige/doctor/host.js'
import type { Adapter, HostFacts } from '../../gige/doctor/host-facts.js'
import type { ReachableCamera } from '../../gige/selection.js'
import type { PacketSizeProbe } from './packet-size-probe.js'
import { type ConnectionTrial, isStable } from './ranking.js'

/** Largest packets of Ethernet with jumbo frames, in bytes. */
const JUMBO_BYTES = 9000

/** What there is to say of the way between a camera and this host, of what doctor knows and of what was tried. */
export interface ConnectionFacts {
  host: HostFacts
  camera: ReachableCamera
  probe: readonly PacketSizeProbe[]
  sweep: readonly ConnectionTrial[]
  /** Packet sizes that no frame of the recording fills. */
  untried: readonly number[]
}

/** What costs downloads speed or frames, and what mends it. */
export function connectionWarnings({ host, camera, probe, sweep, untried }: ConnectionFacts): Finding[] {
  const { interfaces, platform } = host
  const adapter = interfaces.find(({ name }) => name === camera.interfaceName)
  const name = camera.serialNumber || camera.address
  const findings = [
    ...hostFindings(host),
    ...(adapter ? adapterFindings(adapter, platform) : []),
    ...cameraFindings({ ...camera, name }, host, []),
    ...tunnelFindings(interfaces, camera.interfaceName),
    jumboFinding(adapter, probe, platform),
    carriedFinding(name, probe),
    stableFinding(name, sweep),
    untriedFinding(name, untried),
  ]
  return findings
    .filter((finding) => finding !== undefined)
    .filter(({ level }) => level === 'warning' || level === 'error')
}

/** VPNs beside the camera's own adapter. */
function tunnelFindings(interfaces: readonly Adapter[], own: string | undefined): Finding[] {
  return interfaces
    .filter(({ kind, name, up, running }) => kind === 'tunnel' && name !== own && up && running)
    .map(({ name, kind }) => ({
      check: 'adapter',
      subject: 'interface',
      name,
      level: 'warning',
      message: 'a VPN or tunnel is up: it may take packets that are for the camera. Close it for downloads',
      details: { kind },
    }))
}

function jumboFinding(
  adapter: Adapter | undefined,
  probe: readonly PacketSizeProbe[],
  platform: NodeJS.Platform,
): Finding | undefined {
  const stopped = probe.filter(({ isCarried, packetSize }) => !isCarried && packetSize <= JUMBO_BYTES)
  const largest = Math.max(...probe.filter(({ isCarried }) => isCarried).map(({ packetSize }) => packetSize))
  const lost = Math.min(...stopped.map(({ packetSize }) => packetSize).filter((size) => size > largest))
  if (!adapter || adapter.mtu === undefined || !Number.isFinite(lost) || !Number.isFinite(largest)) {
    return undefined
  }
  const { name, mtu } = adapter
  const say = (message: string): Finding => {
    const details = { mtu, largest, lost }
    return { check: 'mtu', subject: 'interface', name, level: 'warning', message, details }
  }
  if (mtu >= lost) {
    return say(
      `${mtu} bytes, but packets of ${lost} do not get through: a switch on the way carries no jumbo frames`,
    )
  }
  const message = `${mtu} bytes: with jumbo frames (${JUMBO_BYTES}) there are fewer packets, which cost less CPU and lose fewer frames`
  return { ...say(message), ...mtuFix(name, JUMBO_BYTES, platform) }
}

function carriedFinding(name: string, probe: readonly PacketSizeProbe[]): Finding | undefined {
  if (probe.some(({ isCarried }) => isCarried)) return undefined
  const tried = probe.map(({ packetSize }) => packetSize)
  const message = `no packet of ${tried.join(', ')} bytes gets through: a firewall drops them, or the way carries smaller ones alone. Run framewire doctor`
  return { check: 'stream', subject: 'camera', name, level: 'error', message, details: { tried } }
}

function stableFinding(name: string, sweep: readonly ConnectionTrial[]): Finding | undefined {
  if (sweep.length === 0 || sweep.some(isStable)) return undefined
  const message =
    'frames are lost with every packet size and bitrate. Downloads ask for what is missing again, and take longer'
  return { check: 'stream', subject: 'camera', name, level: 'warning', message, details: {} }
}

function untriedFinding(name: string, untried: readonly number[]): Finding | undefined {
  if (untried.length === 0) return undefined
  const message = `packets of ${untried.join(', ')} bytes were not tried: the recorded frames are smaller. Record larger ones`
  return { check: 'path', subject: 'camera', name, level: 'warning', message, details: { untried } }
}
