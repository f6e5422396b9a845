import type { Reassembler, ReassemblyOptions } from './reassembler.js'

/** A reassembler whose packets and images lie in `memory`, the WebAssembly module's. */
export function wasmReassembler(_memory: WebAssembly.Memory, _options: ReassemblyOptions): Reassembler {
  throw new Error('not written yet')
}
