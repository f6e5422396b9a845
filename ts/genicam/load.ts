import { loadModule } from '../core/load.js'
import { readDocument } from './document.js'
import { descriptionError } from './faults.js'
import { Features } from './features.js'
import type { Nodes } from './nodes.js'
import type { FeatureRegisters } from './registers.js'
import { createGenicam } from './wasm.js'

/** Options of {@link loadFeatures}. */
export interface FeaturesOptions {
  /** The camera's description: XML, as text or bytes, or a zip with it. */
  xml: string | Uint8Array
  /** Where features are read from and written to. */
  registers: FeatureRegisters
  /** Name of the camera, for messages. */
  source?: string
  /** URL of `genicam_wasm_bg.wasm`, if it does not lie beside this file. */
  wasmUrl?: string
  /** A clock in ms that never goes back, for values that are read anew after a time. Default `performance.now`. */
  now?: () => number
}

/**
 * The features of a camera by its GenICam description. Nothing is read from the camera yet.
 * Throws `genicam/description` (no description, or one that makes no sense) and `core/load`.
 */
export async function loadFeatures(options: FeaturesOptions): Promise<Features> {
  const { xml, registers, source = 'the camera', now = () => performance.now() } = options
  const text = await readDocument(xml, source)
  const wasmUrl = options.wasmUrl ?? new URL('./genicam_wasm_bg.wasm', import.meta.url).href
  const genicam = await loadModule(wasmUrl, createGenicam)
  let nodes: Nodes
  try {
    nodes = genicam.nodes(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw descriptionError(source, reason, cause)
  }
  return new Features(nodes, registers, now, source)
}
