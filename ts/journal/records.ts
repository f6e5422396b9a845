import type { Gray, Scale } from '../frames/conversion.js'
import { defect } from './faults.js'
import type { SealedChunk } from './journal.js'

/** Version of the journal's format, in the first record of every log. Another one is refused. */
export const JOURNAL_VERSION = 1

/** A stream of frames, as it was initialized. */
export interface FrameSession {
  type: 'session'
  version: number
  kind: 'frames'
  dataId: string
  /** Root of the API that the stream was created at. */
  endpoint: string
  startedAtMs: number
  streamName: string
  fps: number
  rotationsPerMin: number
  chunkSize: number
  scale?: Scale
  gray?: Gray
}

/** A stream of scalar channels, as it was initialized. */
export interface SeriesSession {
  type: 'session'
  version: number
  kind: 'series'
  dataId: string
  endpoint: string
  startedAtMs: number
  streamName?: string
}

/** First record of a log: which stream this is. */
export type Session = FrameSession | SeriesSession

/** Why a thing will not be stored. */
export interface GivenUp {
  code: string
  message: string
}

/** A sealed chunk whose bytes lie in the journal. */
export interface ChunkEntry extends SealedChunk {
  /** Bytes of the raw frames as given. */
  rawBytes: number
  captureStartMs: number
  captureEndMs: number
  packagedAtMs: number
  /** What the service is told when the URL is asked for, so that every try says the same. */
  request: string
}

/** A chunk of scalar points: the request itself. */
export interface PointsEntry {
  /** Counts the requests of a stream, from 0. */
  id: number
  index: number
  channels: readonly string[]
  points: number
  path: string
  body: string
}

/** What the service's acknowledgement proved: it has told the MD5 of our bytes, or only success. */
export type Proof = 'md5' | 'status'

/** What the owner of a stream has written down. */
export type JournalNote =
  /** The range that 16-bit pixels are scaled by, once it was measured. */
  | { type: 'range'; lo: number; hi: number }
  | { type: 'points'; entry: PointsEntry }
  /** A request for this item goes out. `item`: index of a chunk, or id of points. */
  | { type: 'tried'; item: number; attempt: number }
  | { type: 'stored'; item: number; proof: Proof }
  | { type: 'given-up'; item: number; error: GivenUp }
  /** The caller has asked for the end: after a restart nothing more comes. */
  | { type: 'finalize' }
  /** The service knows of the end. */
  | { type: 'finalized' }

/** One record of a log. `atMs`: when it was written, Unix ms of this machine's clock. */
export type JournalRecord = (Session | { type: 'chunk'; chunk: ChunkEntry; file: string } | JournalNote) & {
  atMs: number
}

/** What has become of a chunk or of points. */
export interface ItemState<Entry> {
  entry: Entry
  journaledAtMs: number
  tries: number
  stored?: { proof: Proof; atMs: number }
  givenUp?: GivenUp
}

/** A chunk, and the name of the file that holds its bytes until it is stored (none in memory). */
export interface ChunkItem extends ItemState<ChunkEntry> {
  file: string
}

/** All that a log says. */
export interface JournalState {
  session: Session
  range?: { lo: number; hi: number }
  /** By index. */
  chunks: Map<number, ChunkItem>
  /** By id. */
  points: Map<number, ItemState<PointsEntry>>
  finalizeAskedAtMs?: number
  finalizedAtMs?: number
}

/** The state before any record but the session's. */
export function stateOf(session: Session): JournalState {
  return { session, chunks: new Map(), points: new Map() }
}

/** Why this record cannot follow what made `state`; `undefined` where it can. */
export function misfit(state: JournalState, { type, ...record }: JournalRecord): string | undefined {
  switch (type) {
    case 'session':
      return 'a second session record'
    case 'chunk':
    case 'points': {
      const kind = type === 'chunk' ? 'frames' : 'series'
      return state.session.kind === kind ? undefined : `a ${type} record in a stream of ${state.session.kind}`
    }
    case 'tried':
    case 'stored':
    case 'given-up': {
      const { item } = record as { item: number }
      return itemOf(state, item) ? undefined : `a ${type} record of item ${item}, which is not known`
    }
  }
}

/**
 * Bring the state up to date with one more record that is no {@link misfit}. A chunk that comes again replaces what was
 * known of its index.
 */
export function apply(state: JournalState, record: JournalRecord): void {
  switch (record.type) {
    case 'range':
      state.range = { lo: record.lo, hi: record.hi }
      return
    case 'chunk': {
      const { chunk, file, atMs } = record
      state.chunks.set(chunk.index, { entry: chunk, file, journaledAtMs: atMs, tries: 0 })
      return
    }
    case 'points':
      state.points.set(record.entry.id, { entry: record.entry, journaledAtMs: record.atMs, tries: 0 })
      return
    case 'tried':
      itemOf(state, record.item)!.tries = record.attempt
      return
    case 'stored': {
      const item = itemOf(state, record.item)!
      item.stored = { proof: record.proof, atMs: record.atMs }
      item.givenUp = undefined
      return
    }
    case 'given-up':
      itemOf(state, record.item)!.givenUp = record.error
      return
    case 'finalize':
      state.finalizeAskedAtMs = record.atMs
      return
    case 'finalized':
      state.finalizedAtMs = record.atMs
  }
}

/** The chunks whose bytes the journal still holds. */
export function heldChunks(state: JournalState): ChunkItem[] {
  return [...state.chunks.values()].filter(({ stored }) => !stored)
}

/** A chunk whose bytes the journal still holds; asking for another is a defect. */
export function heldChunk(state: JournalState, index: number): ChunkItem {
  const item = state.chunks.get(index)
  if (!item || item.stored) throw defect(`chunk ${index} is not in it`)
  return item
}

function itemOf(state: JournalState, item: number): ItemState<unknown> | undefined {
  return state.session.kind === 'frames' ? state.chunks.get(item) : state.points.get(item)
}
