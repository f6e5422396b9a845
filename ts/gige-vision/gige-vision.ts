import type { Gvcp } from './gvcp.js'
import type { Reassembler, ReassemblyOptions } from './reassembler.js'

/**
 * GigE Vision as TypeScript sees it: the typed face of gige_wasm_bg.wasm. One instance belongs to one thread. Nothing
 * here does I/O or reads a clock.
 */
export interface GigeVision {
  readonly gvcp: Gvcp
  reassembler(options: ReassemblyOptions): Reassembler
}
