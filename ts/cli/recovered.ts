import type { ChunkFault } from '../journal/place.js'
import type { Row } from './table.js'

/** What was got out of a journal. */
export interface Recovered {
  /** The file or folder that it lies in. */
  path: string
  /** For programs. */
  figures: object
  /** For people. */
  rows: Row[]
  damaged: ChunkFault[]
  /** Chunks that the service has stored, and the journal holds no longer. */
  storedElsewhere: number
}
