import type { Conversion } from '../core/core.js'
import { FramewireError, isFramewireError } from '../errors.js'
import { conversionFor, type Gray, type Scale } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { Journal } from '../journal/journal.js'
import type { SealingLine } from '../sealing/line.js'
import type { MemoryBudget } from './budget.js'
import { type ChunkReceipt, type Receipt, type RefusedChunk, receiptOf } from './receipt.js'

/** What `push` gives back: the promises of one chunk. They may be left unawaited; a failure is on the receipt too. */
export interface ChunkHandle {
  readonly index: number
  /** Sealed: compressed, checked and hashed. Frames that were lent may be written again. */
  readonly packaged: Promise<void>
  /** Kept by the journal (in memory, unless a durable journal was given). */
  readonly journaled: Promise<void>
  /** The service holds these bytes. */
  readonly stored: Promise<void>
}

/** How a stream's pixels become 8-bit gray; see {@link Scale} and {@link Gray}. */
export interface Preparation {
  scale?: Scale
  gray?: Gray
}
