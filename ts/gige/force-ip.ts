import { addressNumber } from '../datagrams/ipv4.js'
import { systemClock } from '../upload/clock.js'
import { Broadcast, type NetworkParts } from './broadcast.js'
import { type DiscoveredCamera, findCameras } from './discovery.js'
import { noAnswerFault, optionFault, refusedFault } from './faults.js'

/** A new IP address for a camera, which it has until it is switched off. */
export interface ForceIpOptions {
  /** Hardware address of the camera, such as `00:07:48:1a:2b:3c`, as discovery tells it. */
  mac: string
  /** The new IPv4 address, free in the subnet of the interface. */
  address: string
  /** Default `255.255.255.0`. */
  netmask?: string
  /** Default `0.0.0.0`, none. */
  gateway?: string
  /** Network interface that the camera is behind, by name or by an IPv4 address of it; default every one but loopback. */
  interface?: string
  /** How long the camera may take, in ms; default 5000. */
  timeoutMs?: number
}

/** How long the camera's acknowledge is waited for, which not every camera sends. */
const ACK_MS = 500
/** How long each look for the camera at its new address lasts. */
const LOOK_MS = 500

/**
 * Give a camera another IP address, and resolve with the camera when it was found there. Rejects with `gige/no-answer`
 * where it was not, `gige/refused`, `gige/option`, `gige/packet` (of the MAC address), `datagrams/...`.
 */
export async function moveCamera(parts: NetworkParts, options: ForceIpOptions): Promise<DiscoveredCamera> {
  const { netmask = '255.255.255.0', gateway = '0.0.0.0', timeoutMs = 5000 } = options
  const mac = options.mac.toLowerCase()
  for (const [option, given] of Object.entries({ address: options.address, netmask, gateway })) {
    if (Number.isNaN(addressNumber(given))) throw optionFault(option, given, 'an IPv4 address')
  }
  const { now } = parts.clock ?? systemClock
  const audience = options.interface === undefined ? {} : { interfaces: [options.interface] }
  const until = now() + timeoutMs
  const { address } = options
  const broadcast = await Broadcast.open(parts, audience)
  let refusal: number | undefined
  await broadcast.ask({ kind: 'force-ip', mac, address, netmask, gateway }, ACK_MS, ({ status, ack }) => {
    if (ack.kind === 'refused') refusal = status
    return ack.kind === 'refused' || ack.kind === 'force-ip'
  })
  if (refusal !== undefined) throw refusedFault(address, 'force IP', refusal, parts.gvcp)
  let tries = 0
  do {
    tries++
    const isThere = (camera: DiscoveredCamera) => camera.mac === mac && camera.address === address
    const found = await findCameras(parts, { ...audience, timeoutMs: LOOK_MS }, isThere)
    const moved = found.find(isThere)
    if (moved) return moved
  } while (now() < until)
  throw noAnswerFault(address, `force IP of ${mac}`, tries)
}
