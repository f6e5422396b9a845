import type { Gvcp } from './gvcp.js'

/** Control packets, read and written by the WebAssembly module. */
export function wasmGvcp(): Gvcp {
  throw new Error('not written yet')
}
