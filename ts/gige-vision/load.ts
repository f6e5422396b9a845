import { loadModule } from '../core/load.js'
import type { GigeVision } from './gige-vision.js'
import { createGigeVision } from './wasm.js'

/** Load GigE Vision's packets for this thread, from beside this file or from `wasmUrl`. Throws `core/load`. */
export function loadGigeVision(wasmUrl?: string): Promise<GigeVision> {
  return loadModule(wasmUrl ?? new URL('./gige_wasm_bg.wasm', import.meta.url).href, createGigeVision)
}
