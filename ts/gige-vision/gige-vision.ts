import type { Gvcp } from './gvcp.js'
import type { Pixels } from './pixels.js'
import type { Reassembler, ReassemblyOptions } from './reassembler.js'
import type { Sender, SenderOptions } from './sender.js'
import type { TelopsFrames } from './telops-frames.js'

/**
 * GigE Vision as TypeScript sees it: the typed face of gige_wasm_bg.wasm. One instance belongs to one thread. Nothing
 * here does I/O or reads a clock.
 */
export interface GigeVision {
  readonly gvcp: Gvcp
  readonly pixels: Pixels
  /** Where a device's XML is, as a URL register says; undefined where that is empty. Throws `gige/packet`. */
  descriptionUrl(register: Uint8Array): DescriptionUrl | undefined
  reassembler(options: ReassemblyOptions): Reassembler
  /** A simulated camera's packets. */
  sender(options: SenderOptions): Sender
  /** Frames of Telops cameras. */
  readonly telops: TelopsFrames
}

/** Where a device's XML is. A name that ends in `.zip` is that of a zip archive with one file in it. */
export type DescriptionUrl =
  /** In the device's memory. */
  | { kind: 'local'; name: string; address: number; bytes: number }
  /** On the host, in the manufacturer's installation. */
  | { kind: 'file'; path: string }
  /** On the web. */
  | { kind: 'http'; url: string }
