import { nodeDatagrams } from '../datagrams/open-node.js'
import type { GigeVision } from '../gige-vision/gige-vision.js'
import { loadGigeVision } from '../gige-vision/load.js'
import type { NetworkParts } from './broadcast.js'
import { type DiscoveredCamera, type DiscoveryOptions, findCameras } from './discovery.js'
import { type ForceIpOptions, moveCamera } from './force-ip.js'

/** Where the WebAssembly of GigE Vision lies, when it was moved away from the library. */
export interface GigeWasm {
  /** URL of `gige_wasm_bg.wasm`. */
  wasmUrl?: string | URL
}

let loading: Promise<GigeVision> | undefined

/** GigE Vision of this thread, loaded once. Rejects with `core/load`; then the next call tries again. */
export function gigeVision({ wasmUrl }: GigeWasm): Promise<GigeVision> {
  loading ??= loadGigeVision(wasmUrl && String(wasmUrl)).catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

/** This host's network, and how to speak to cameras on it. */
export async function hostNetwork(files: GigeWasm): Promise<NetworkParts> {
  const { gvcp } = await gigeVision(files)
  return { gvcp, datagrams: nodeDatagrams() }
}

/**
 * Look for cameras on every interface. Sorted by interface, then address; a camera that two interfaces reach is there
 * twice. One that is not `reachable` has an address in another subnet: {@link forceIp} gives it one. Rejects with
 * `datagrams/...` where no interface works, and with `gige/option`.
 */
export async function discover(options: DiscoveryOptions & GigeWasm = {}): Promise<DiscoveredCamera[]> {
  const { wasmUrl, ...search } = options
  return findCameras(await hostNetwork({ wasmUrl }), search)
}

/**
 * Give a camera another IP address, until it is switched off; resolves with the camera when it was found there. Rejects
 * with `gige/no-answer` where it was not, `gige/refused`, `gige/option`, `gige/packet` (of the MAC address) and
 * `datagrams/...`.
 */
export async function forceIp(options: ForceIpOptions & GigeWasm): Promise<DiscoveredCamera> {
  const { wasmUrl, ...move } = options
  return moveCamera(await hostNetwork({ wasmUrl }), move)
}
