import { addressNumber } from '../datagrams/ipv4.js'
import { FramewireError } from '../errors.js'
import type { Audience, NetworkParts } from './broadcast.js'
import { type DiscoveredCamera, findCameras } from './discovery.js'
import { optionFault } from './faults.js'
import { freeAddress } from './subnets.js'

/** A camera that can be opened, with the address of this host that it is reached from. */
export interface ReachableCamera extends DiscoveredCamera {
  interfaceIp: string
}

/** Where a camera is looked for. */
export interface SelectionOptions {
  /** IPv4 address of the interface that the camera is behind; needed where a router lies between. Default: every one. */
  interfaceIp?: string
  /** How long to look, in ms; default 1000. */
  discoveryTimeoutMs?: number
}

/**
 * Find one camera: by serial number, user-given name, IP address or hardware address, or the first that answers.
 * Rejects with `gige/not-found`, which tells what there is.
 */
export async function selectCamera(
  parts: NetworkParts,
  selector: string | undefined,
  { interfaceIp, discoveryTimeoutMs }: SelectionOptions,
): Promise<ReachableCamera> {
  const fits = (camera: DiscoveredCamera) => selector === undefined || namesOf(camera).includes(selector)
  const find = (audience: Audience) =>
    findCameras(
      parts,
      { timeoutMs: discoveryTimeoutMs, ...audience },
      (camera) => camera.reachable && fits(camera),
    )
  const byAddress = selector !== undefined && !Number.isNaN(addressNumber(selector))
  let found = byAddress ? await find({ interfaces: [], addresses: [selector] }) : []
  // One in a foreign subnet does not answer at its address: everybody is asked who is there, but for one of this host.
  const isHere = byAddress && selector.startsWith('127.')
  if (found.length === 0 && !isHere)
    found = await find(interfaceIp === undefined ? {} : { interfaces: [interfaceIp] })
  const fitting = found.filter(fits)
  const camera = fitting.find(({ reachable }) => reachable)
  if (!camera) throw notFound(selector, found, fitting[0] && outOfReach(fitting[0], found, parts))
  const own = interfaceIp ?? camera.interfaceIp
  const interfaceName = own === camera.interfaceIp ? camera.interfaceName : undefined
  if (own !== undefined) return { ...camera, interfaceName, interfaceIp: own }
  throw optionFault(
    'interfaceIp',
    interfaceIp,
    `the address of this host that ${camera.address} shall answer to`,
  )
}

/** What a camera is called by. */
export function namesOf({ serialNumber, userName, address, mac }: DiscoveredCamera): string[] {
  return [serialNumber, userName, address, mac].filter((name) => name !== '')
}

function notFound(selector = 'any', found: DiscoveredCamera[], unreachable?: string) {
  const known = found.map(
    ({ serialNumber, model, address, interfaceName }) =>
      `${serialNumber || model} at ${address} on ${interfaceName ?? 'another network'}`,
  )
  return new FramewireError('gige/not-found', unreachable ?? nowhere(selector, known), {
    selector,
    found: known,
  })
}

function nowhere(selector: string, known: string[]): string {
  const what = selector === 'any' ? 'No camera' : `No camera ${selector}`
  const there =
    known.length > 0 ? `There is: ${known.join('; ')}.` : 'Nobody answered: check power, cable and firewall.'
  return `${what} was found. ${there}`
}

/** It answered, but no packet finds the way back. */
function outOfReach(
  { mac, address, interfaceName, interfaceIp, serialNumber, model }: DiscoveredCamera,
  found: DiscoveredCamera[],
  { datagrams }: NetworkParts,
): string {
  const all = datagrams.interfaces().flatMap(({ addresses }) => addresses)
  const own = all.find((one) => one.address === interfaceIp)
  const taken = found.map((camera) => camera.address)
  const free = (own && freeAddress(own, taken)) ?? 'ADDRESS'
  return (
    `The camera ${serialNumber || model} answered on ${interfaceName}, but its address ${address} is not in the subnet ` +
    `of ${interfaceIp}. Give it one that is free there: ` +
    `await forceIp({ mac: '${mac}', address: '${free}', interface: '${interfaceName}' })`
  )
}
