import { initSync } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import type { GigeVision } from './gige-vision.js'
import { wasmGvcp } from './gvcp-wasm.js'
import { wasmReassembler } from './reassembler-wasm.js'

/** GigE Vision upon the bytes of gige_wasm_bg.wasm, or upon a module compiled of them. */
export function createGigeVision(module: BufferSource | WebAssembly.Module): GigeVision {
  const { memory } = initSync({ module })
  return {
    gvcp: wasmGvcp(),
    reassembler: (options) => wasmReassembler(memory, options),
  }
}
