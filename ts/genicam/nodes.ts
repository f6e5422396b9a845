import type { Access, CameraDescription, EnumerationEntry, FeatureDescription } from './feature.js'

/** A value with the type of its feature. */
export type TypedValue =
  | { type: 'integer'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'enumeration'; value: string }
  | { type: 'string'; value: string }
  | { type: 'register'; value: Uint8Array }

/** What the description says of a node. */
export interface NodeDescription extends FeatureDescription {
  /** Of a category: the names of what it holds. */
  features?: readonly string[]
}

/** What a feature allows now; whole numbers as bigints. */
export interface FeatureState {
  access: Access
  min?: number | bigint
  max?: number | bigint
  inc?: number | bigint
  entries?: readonly EnumerationEntry[]
  maxBytes?: number
}

/** Why something cannot be evaluated. */
export interface Failure {
  /** `refused`: by the camera, the register at `address`. `description`: it makes no sense there. */
  reason: 'access' | 'value' | 'refused' | 'description'
  message: string
  address?: bigint
}

/** What an evaluation comes to. Where a register is missing, hand it in and evaluate again. */
export type Answer<T> =
  | { kind: 'done'; result: T }
  | { kind: 'missing'; address: bigint; bytes: number }
  | ({ kind: 'failed' } & Failure)

/** A register to be written. */
export interface Write {
  address: bigint
  data: Uint8Array
}

/**
 * A camera's node map: the typed face of genicam_wasm_bg.wasm. It does no I/O, reads no clock, and keeps what registers
 * may be kept of by the description.
 */
export interface Nodes {
  described(): CameraDescription
  /** Every node, in the document's order. */
  features(): NodeDescription[]
  /** Begin an operation: registers handed in before count no more. `nowMs` never goes back. */
  begin(nowMs: number): void
  /** Hand in a register; no data where the camera refused. */
  learn(address: bigint, bytes: number, data?: Uint8Array): void
  read(name: string): Answer<TypedValue>
  access(name: string): Answer<Access>
  state(name: string): Answer<FeatureState>
  /** Afterwards {@link writes} has what to send. */
  write(name: string, value: TypedValue): Answer<unknown>
  /** Afterwards {@link writes} has what to send. */
  execute(name: string): Answer<unknown>
  isDone(name: string): Answer<boolean>
  /** What the last evaluation writes, in order. */
  writes(): Write[]
  /** The camera was written to: what is cached of these bytes is forgotten. */
  written(address: bigint, bytes: number): void
  /** Forget the cached value of a feature and of what depends on it, or of all. */
  forget(name?: string): void
  isWriteOnly(name: string): boolean
}

/** Makes the node maps of a thread. */
export interface Genicam {
  /** Throws the reason, a string, where the document is no description. */
  nodes(xml: string): Nodes
}
