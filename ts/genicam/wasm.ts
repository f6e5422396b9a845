import { initSync, Nodes } from '../../crates/genicam-wasm/pkg/genicam_wasm.js'
import type { Genicam } from './nodes.js'

/** GenICam upon the bytes of genicam_wasm_bg.wasm, or upon a module compiled of them. */
export function createGenicam(module: BufferSource | WebAssembly.Module): Genicam {
  initSync({ module })
  return { nodes: (xml) => new Nodes(xml) }
}
