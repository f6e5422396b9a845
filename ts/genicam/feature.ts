/** What kind of value a feature has. Commands are executed, categories hold other features. */
export type FeatureType =
  | 'integer'
  | 'float'
  | 'boolean'
  | 'enumeration'
  | 'string'
  | 'register'
  | 'command'
  | 'category'

/** For whom a feature is meant, from the plain to the hidden. */
export type Visibility = 'beginner' | 'expert' | 'guru' | 'invisible'

/** GenICam's words: not implemented, not available now, read only, write only, read and write. */
export type Access = 'NI' | 'NA' | 'RO' | 'WO' | 'RW'

/**
 * By type: integers are numbers, and bigints where a number cannot hold them; enumerations the names of their entries;
 * registers their bytes.
 */
export type FeatureValue = number | bigint | boolean | string | Uint8Array

/** What the camera's description says of a feature. */
export interface FeatureDescription {
  name: string
  type: FeatureType
  displayName: string
  description: string
  tooltip: string
  unit?: string
  visibility: Visibility
  /** Features that say which of several values this one shows. */
  selectors: readonly string[]
}

/** A feature as it stands now. */
export interface FeatureInfo extends FeatureDescription {
  /** The category that holds it; undefined for a node in none. */
  category?: string
  access: Access
  /** Whether it can be read or written now at all. */
  available: boolean
}

/** An entry of an enumeration. */
export interface EnumerationEntry {
  name: string
  displayName: string
  /** Whether it can be chosen now. */
  available: boolean
}

/** All that a feature allows now. */
export interface FeatureDetails extends FeatureInfo {
  /** The limits in force, in the feature's unit; undefined where none is known. */
  min?: number | bigint
  max?: number | bigint
  /** Step between values, from `min` on. */
  inc?: number | bigint
  /** Of an enumeration. */
  entries?: readonly EnumerationEntry[]
  /** Length that a string, in UTF-8, or a register can have. */
  maxBytes?: number
}

/** What the description says about itself. */
export interface CameraDescription {
  vendor: string
  model: string
  /** Version of the document. */
  version: string
  /** Version of GenICam's schema. */
  schema: string
  /** Nodes that are not understood: the features upon them are missing, or cannot be read. */
  skipped: readonly { name?: string; kind: string; reason: string }[]
}
