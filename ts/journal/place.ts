import type { FramewireError } from '../errors.js'
import type { ShardBody } from './journal.js'
import type { ChunkEntry, JournalNote, Session, SpillEntry } from './records.js'
import type { JournalState } from './state.js'

/**
 * The bytes of a chunk as the journal gives them back: its parts, a Blob, or a file that is read piece by piece, anew by
 * each iteration, so that it can be sent again and never lies in memory whole.
 */
export type KeptBody = ShardBody | AsyncIterable<Uint8Array<ArrayBuffer>>

/** What can be read of a stream's journal. */
export interface JournalView {
  /** What was written down; a record shows when it is kept. */
  readonly state: JournalState
  /**
   * The bytes of a chunk that is not stored (nor, in memory, given up: nobody could resume it). They are those that were sealed, or reading them throws `journal/damaged`
   * before the last of them is given.
   */
  body(index: number): Promise<KeptBody>
  /** The frames that wait to be packed, one after another; those that were spilled, or `journal/damaged`. */
  spilled(index: number): Promise<Uint8Array<ArrayBuffer>>
  /** The request of points that are not stored; the text that was journaled, or `journal/damaged`. */
  request(id: number): Promise<string>
}

/** The journal of one stream: what came in and what became of it. A promise that resolves is a promise kept. */
export interface StreamJournal extends JournalView {
  /** Write something down. With the note that a chunk is stored its bytes go, once the note itself is kept. */
  append(note: JournalNote): Promise<void>
  /**
   * Keep a sealed chunk. The body is the journal's from now on; nobody else changes, reads or detaches it (where this
   * rejects, it is the caller's again).
   */
  put(chunk: ChunkEntry, body: ShardBody): Promise<void>
  /**
   * Keep frames as they came, until the chunk of their index is put. `bytes` in pieces of any length; a piece may be
   * written again when the next one is asked for.
   */
  spill(frames: Omit<SpillEntry, 'sha256'>, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** Let others open it; what is in it stays. */
  close(): Promise<void>
  /** Close it and take it away with all that is in it. */
  remove(): Promise<void>
  /**
   * Close it and make a local store of it, where it was begun to be kept and all its chunks are stored. Answers where
   * that lies. Where it fails it is closed, and a journal still; what is cut short is done again by the next call.
   */
  keep(): Promise<string>
}

/** A journal as a list shows it. `error`: why its state cannot be told. */
export interface JournalSummary {
  dataId: string
  /** Where it lies. */
  path: string
  state?: JournalState
  error?: FramewireError
}

/** A chunk whose bytes are not those that were kept. */
export interface ChunkFault {
  chunk: number
  error: FramewireError
}

/** A place for the journals of many streams. What the system refuses is `journal/disk`, `journal/full`, `journal/vanished`. */
export interface JournalPlace {
  /** Whether what is kept here outlives the process, and the power. */
  readonly durable: boolean
  /** Whether journals can be kept as local stores. */
  readonly keeps: boolean
  /** Begin the journal of a new stream. Throws `journal/exists`. */
  create(session: Session): Promise<StreamJournal>
  /**
   * Go on with a journal. Throws `journal/missing`, `journal/locked` (it is open elsewhere), `journal/unbegun` (nothing
   * was ever accepted into it), `journal/kept` (it is a local store now), `journal/damaged`, `journal/version`.
   */
  open(dataId: string): Promise<StreamJournal>
  /** Read a journal as it stands, also one that is open elsewhere; nothing is changed. Throws as `open` does. */
  look(dataId: string): Promise<JournalView>
  /** All that are here, also those that are open elsewhere or cannot be read. */
  list(): Promise<JournalSummary[]>
  /** Compare the bytes of all chunks and frames that the journal holds with their hashes. Throws as `look` does. */
  verify(dataId: string): Promise<ChunkFault[]>
  /** Take a journal, or what was kept of it, away, whatever its state. Throws `journal/missing`, `journal/locked`. */
  remove(dataId: string): Promise<void>
}
