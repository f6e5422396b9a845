import { initSync, parseDescriptionUrl } from '../../crates/gige-wasm/pkg/gige_wasm.js'
import { packets } from './faults.js'
import type { GigeVision } from './gige-vision.js'
import { wasmGvcp } from './gvcp-wasm.js'
import { wasmPixels } from './pixels-wasm.js'
import { wasmReassembler } from './reassembler-wasm.js'
import { wasmSender } from './sender-wasm.js'
import { wasmTelopsFrames } from './telops-frames-wasm.js'

/** GigE Vision upon the bytes of gige_wasm_bg.wasm, or upon a module compiled of them. */
export function createGigeVision(module: BufferSource | WebAssembly.Module): GigeVision {
  const { memory } = initSync({ module })
  return {
    gvcp: wasmGvcp(),
    pixels: wasmPixels(memory),
    descriptionUrl: (register) => packets(() => parseDescriptionUrl(register)),
    reassembler: (options) => wasmReassembler(memory, options),
    sender: (options) => wasmSender(memory, options),
    telops: wasmTelopsFrames(memory),
  }
}
