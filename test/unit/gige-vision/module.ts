import { readFileSync } from 'node:fs'
import { createGigeVision } from '../../../ts/gige-vision/wasm.js'

/** GigE Vision of this thread. */
export const gige = createGigeVision(
  new WebAssembly.Module(
    readFileSync(new URL('../../../crates/gige-wasm/pkg/gige_wasm_bg.wasm', import.meta.url)),
  ),
)
