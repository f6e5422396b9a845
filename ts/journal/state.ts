import { defect } from './faults.js'
import type {
  ChunkEntry,
  GivenUp,
  JournalRecord,
  PointsEntry,
  Proof,
  Session,
  SpillEntry,
} from './records.js'

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

/** Frames that wait to be packed, and the name of the file that holds them (none in memory). */
export interface SpillItem {
  entry: SpillEntry
  file: string
  spilledAtMs: number
}

/** Points; their request is kept aside, as it may be long. */
export type PointsItem = ItemState<Omit<PointsEntry, 'body'>>

/** All that a log says. */
export interface JournalState {
  session: Session
  range?: { lo: number; hi: number }
  /** By index. */
  chunks: Map<number, ChunkItem>
  /** By index: frames that are no chunk yet. */
  spills: Map<number, SpillItem>
  /** By id. */
  points: Map<number, PointsItem>
  finalizeAskedAtMs?: number
  finalizedAtMs?: number
}

/** The state before any record but the session's. */
export function stateOf(session: Session): JournalState {
  return { session, chunks: new Map(), spills: new Map(), points: new Map() }
}

/** Why this record cannot follow what made `state`; `undefined` where it can. */
export function misfit(state: JournalState, record: JournalRecord): string | undefined {
  switch (record.type) {
    case 'session':
      return 'a second session record'
    case 'chunk':
    case 'spilled':
    case 'points': {
      const kind = record.type === 'points' ? 'series' : 'frames'
      return state.session.kind === kind
        ? undefined
        : `a ${record.type} record in a stream of ${state.session.kind}`
    }
    case 'tried':
    case 'stored':
    case 'given-up': {
      const { type, item } = record
      return itemOf(state, item) ? undefined : `a ${type} record of item ${item}, which is not known`
    }
  }
}

/**
 * Bring the state up to date with one more record that is no {@link misfit}. A chunk that comes again replaces what was
 * known of its index, and frames that were spilled for it.
 */
export function apply(state: JournalState, record: JournalRecord): void {
  const { atMs } = record
  switch (record.type) {
    case 'range':
      state.range = { lo: record.lo, hi: record.hi }
      return
    case 'chunk': {
      const { chunk, file } = record
      state.spills.delete(chunk.index)
      state.chunks.set(chunk.index, { entry: chunk, file, journaledAtMs: atMs, tries: 0 })
      return
    }
    case 'spilled': {
      const { spill, file } = record
      state.spills.set(spill.index, { entry: spill, file, spilledAtMs: atMs })
      return
    }
    case 'points': {
      const { body: _, ...entry } = record.entry
      state.points.set(entry.id, { entry, journaledAtMs: atMs, tries: 0 })
      return
    }
    case 'tried':
      itemOf(state, record.item)!.tries = record.attempt
      return
    case 'stored': {
      const item = itemOf(state, record.item)!
      item.stored = { proof: record.proof, atMs }
      item.givenUp = undefined
      return
    }
    case 'given-up':
      itemOf(state, record.item)!.givenUp = record.error
      return
    case 'finalize':
      state.finalizeAskedAtMs = atMs
      return
    case 'finalized':
      state.finalizedAtMs = atMs
  }
}

/** The chunks that are not stored. */
export function unstoredChunks(state: JournalState): ChunkItem[] {
  return [...state.chunks.values()].filter(({ stored }) => !stored)
}

/** The chunks whose bytes the journal holds: those that are not stored, and in one that is kept all. */
export function heldChunks(state: JournalState): ChunkItem[] {
  return [...state.chunks.values()].filter((item) => isHeld(state, item))
}

/** Whether the journal holds the bytes of a chunk. */
export function isHeld(state: JournalState, { stored }: ChunkItem): boolean {
  return !stored || keeps(state)
}

/** A chunk whose bytes the journal holds; asking for another is a defect. */
export function heldChunk(state: JournalState, index: number): ChunkItem {
  const item = state.chunks.get(index)
  if (!item || !isHeld(state, item)) throw defect(`chunk ${index} is not in it`)
  return item
}

/** Frames that wait to be packed; asking for others is a defect. */
export function heldSpill(state: JournalState, index: number): SpillItem {
  const item = state.spills.get(index)
  if (!item) throw defect(`no frames of chunk ${index} wait in it`)
  return item
}

/** Points whose request the journal holds; asking for that of others is a defect. */
export function heldPoints(state: JournalState, id: number): PointsItem {
  const item = state.points.get(id)
  if (!item || item.stored) throw defect(`points ${id} are not in it`)
  return item
}

/** The points that are not stored. */
export function unstoredPoints(state: JournalState): PointsItem[] {
  return [...state.points.values()].filter(({ stored }) => !stored)
}

/** Whether chunks stay when they are stored. */
export function keeps({ session }: JournalState): boolean {
  return session.kind === 'frames' && session.keep === true
}

function itemOf(state: JournalState, item: number): ItemState<unknown> | undefined {
  return state.session.kind === 'frames' ? state.chunks.get(item) : state.points.get(item)
}
