import { addressNumber } from '../../datagrams/ipv4.js'
import { isFramewireError } from '../../errors.js'
import type { NetworkParts } from '../broadcast.js'
import type { OpenCameraOptions } from '../camera.js'
import { type DiscoveredCamera, findCameras } from '../discovery.js'
import { hostNetwork } from '../network.js'
import { namesOf } from '../selection.js'
import { adapterFindings, silenceFindings } from './adapter.js'
import { type CameraFacts, cameraFindings } from './camera.js'
import { consult } from './consultation.js'
import type { Finding, Level } from './finding.js'
import { allowance } from './firewall.js'
import { tryFrame } from './frame-trial.js'
import { hostFindings } from './host.js'
import type { Adapter, HostFacts } from './host-facts.js'
import { readHostFacts } from './read-host-facts.js'

/** What to examine. */
export interface ExamineOptions {
  /** A camera, by serial number, name, IP or hardware address; default every one that answers. */
  camera?: string
  /** How long answers of cameras are waited for, in ms; default 1000. */
  timeoutMs?: number
}

/** Where files of the library lie that were moved away from it. */
export type ExaminationFiles = Pick<OpenCameraOptions, 'wasmUrl' | 'workerUrl' | 'genicamWasmUrl'>

/** Kinds of interfaces that cameras are plugged into. */
const WIRED: readonly Adapter['kind'][] = ['ethernet', 'usb', 'unknown']

/**
 * Find what ruins an acquisition, and what mends it: of this host, of the adapters that lead to cameras, and of every
 * camera that answers, which is controlled and has to send a frame where nobody else controls it. Takes a few seconds a
 * camera; changes nothing that stays. Rejects with `datagrams/...`, `core/load`.
 */
export async function examine({
  camera: wanted,
  timeoutMs,
  ...files
}: ExamineOptions & ExaminationFiles = {}): Promise<Finding[]> {
  const network = await hostNetwork(files)
  const facts = await readHostFacts(network.datagrams)
  const isWanted = (camera: DiscoveredCamera) => wanted === undefined || namesOf(camera).includes(wanted)
  const isAddress = wanted !== undefined && !Number.isNaN(addressNumber(wanted))
  const answered = await findCameras(
    network,
    { timeoutMs, ...(isAddress && { addresses: [wanted] }) },
    (camera) => wanted !== undefined && camera.reachable && isWanted(camera),
  )
  const cameras = unique(answered).filter(isWanted)
  const findings = [...hostFindings(facts), camerasFinding(facts, answered, cameras, wanted)]
  findings.push(...adaptersFindings(facts, cameras))
  const taken = answered.map(({ address }) => address)
  // One after another: cameras that stream at once would disturb each other's trial.
  for (const camera of cameras) {
    findings.push(...cameraFindings(await factsOf(network, camera, files), facts, taken))
  }
  return findings
}

/** Each camera once, as it is reached best. */
function unique(cameras: readonly DiscoveredCamera[]): DiscoveredCamera[] {
  const best = new Map<string, DiscoveredCamera>()
  for (const camera of cameras) {
    const key = `${camera.mac} ${camera.serialNumber} ${camera.address}`
    if (!best.get(key)?.reachable) best.set(key, camera)
  }
  return [...best.values()]
}

function nameOf({ serialNumber, address }: DiscoveredCamera): string {
  return serialNumber || address
}

async function factsOf(
  network: NetworkParts,
  camera: DiscoveredCamera,
  files: ExaminationFiles,
): Promise<CameraFacts> {
  const facts = { ...camera, name: nameOf(camera) }
  if (!camera.reachable) return facts
  try {
    const told = { ...facts, ...(await consult(network, camera)) }
    return told.holder === undefined ? { ...told, frame: await tryFrame(camera, files) } : told
  } catch (error) {
    if (!isFramewireError(error)) throw error
    return { ...facts, failure: error }
  }
}

/** Of the adapters that the cameras are behind; where there is no camera, of those that one could be behind. */
function adaptersFindings(facts: HostFacts, cameras: readonly DiscoveredCamera[]): Finding[] {
  const { interfaces, platform } = facts
  if (cameras.length === 0) return candidates(facts).flatMap((one) => silenceFindings(one, platform))
  const behind = interfaces.filter(({ name }) => cameras.some(({ interfaceName }) => interfaceName === name))
  return behind.flatMap((one) => adapterFindings(one, platform))
}

/** Interfaces with a socket for a cable; where there is none, those of software, as a VLAN. */
function candidates({ interfaces }: HostFacts): Adapter[] {
  const up = interfaces.filter(({ up }) => up)
  const wired = up.filter(({ kind }) => WIRED.includes(kind))
  return wired.length > 0 ? wired : up.filter(({ kind }) => kind === 'virtual')
}

function camerasFinding(
  facts: HostFacts,
  answered: readonly DiscoveredCamera[],
  cameras: readonly DiscoveredCamera[],
  wanted: string | undefined,
): Finding {
  const found = [...new Set(answered.map(nameOf))]
  const say = (level: Level, message: string): Finding => {
    return { check: 'cameras', subject: 'host', level, message, details: { found } }
  }
  if (cameras.length > 0) return say('ok', cameras.length === 1 ? 'one answers' : `${cameras.length} answer`)
  const who = wanted === undefined ? 'no camera answers' : `the camera ${wanted} does not answer`
  const others = found.length > 0 ? ` (${found.join(', ')} ${found.length === 1 ? 'does' : 'do'})` : ''
  const message = `${who}${others}. Check its power and its cable`
  const { firewall } = facts
  const adapter = candidates(facts).find(({ running }) => running)
  if (!firewall || !adapter || found.length > 0) return say('error', message)
  return {
    ...say('error', `${message}; or the firewall (${firewall.manager}) drops answers to broadcasts`),
    fix: allowance(firewall, { device: adapter.name }),
  }
}
