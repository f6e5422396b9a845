import { addressNumber } from '../datagrams/ipv4.js'
import type { NetworkInterface } from '../datagrams/network-interface.js'
import type { DeviceIdentity } from '../gige-vision/gvcp.js'
import { type Audience, Broadcast, type Caller, type NetworkParts } from './broadcast.js'
import { sameSubnet } from './subnets.js'

/** Where cameras are looked for, and for how long. */
export interface DiscoveryOptions extends Audience {
  /** How long answers are waited for, in ms; default 1000. Cameras may take a second before they answer. */
  timeoutMs?: number
}

/** A camera that answered. */
export interface DiscoveredCamera extends DeviceIdentity {
  /** Name of the network interface that it answered on; undefined where it is behind a router. */
  interfaceName: string | undefined
  /** IPv4 address of this host on that interface; undefined where it is behind a router. */
  interfaceIp: string | undefined
  /** Whether it can be opened: it lies in the interface's subnet, or answered at its address. Else give it another one. */
  reachable: boolean
}

/**
 * Look for cameras; `enough`, where given, ends the search with the first that it says true of. Sorted by interface,
 * then address. A camera that two interfaces reach is there twice. Rejects with `datagrams/...` where no interface
 * works, and with `gige/option`.
 */
export async function findCameras(
  parts: NetworkParts,
  { timeoutMs = 1000, ...audience }: DiscoveryOptions = {},
  enough: (camera: DiscoveredCamera) => boolean = () => false,
): Promise<DiscoveredCamera[]> {
  const found = new Map<string, DiscoveredCamera>()
  const broadcast = await Broadcast.open(parts, audience)
  const interfaces = parts.datagrams.interfaces()
  await broadcast.ask({ kind: 'discovery', broadcastAck: true }, timeoutMs, ({ ack }, caller) => {
    if (ack.kind !== 'discovery') return false
    const camera = placed(ack.device, caller, interfaces)
    found.set([camera.interfaceName, camera.mac, camera.serialNumber, camera.address].join(), camera)
    return enough(camera)
  })
  return [...found.values()].sort(byPlace)
}

/** A camera's place, by the socket that heard it. */
function placed(device: DeviceIdentity, { through, to }: Caller, all: NetworkInterface[]): DiscoveredCamera {
  // One that was asked by its address is there, whatever it says of itself.
  const address = through ? device.address : to[0]!
  // A simulated one on this host answers on every interface, and can be controlled on its own.
  const its = all.find(({ addresses }) => addresses.some((own) => own.address === address))
  const isNear = ({ addresses }: NetworkInterface) =>
    addresses.some((own) => sameSubnet(own.address, address, own.netmask))
  const behind = its ?? through ?? all.find(isNear)
  const own = behind?.addresses.find((own) => own.address === address)
  const near = own ?? behind?.addresses.find((own) => sameSubnet(own.address, address, own.netmask))
  return {
    ...device,
    address,
    interfaceName: behind?.name,
    interfaceIp: (near ?? behind?.addresses[0])?.address,
    reachable: !through || near !== undefined,
  }
}

function byPlace(a: DiscoveredCamera, b: DiscoveredCamera): number {
  const names = (a.interfaceName ?? '').localeCompare(b.interfaceName ?? '')
  return names || addressNumber(a.address) - addressNumber(b.address)
}
