import type { JournalState } from '../journal/state.js'

/** What a journal knows of chunks: those of frames by index, packed or not, those of points by id; ascending. */
export interface KnownChunks {
  all: number[]
  notStored: number[]
  /** What those take of the disk; the requests of points, which lie in the log, are not counted. */
  bytes: number
}

/** The chunks of a journal. */
export function knownChunks(state: JournalState): KnownChunks {
  const { chunks, spills, points } = state
  const latest = [...points.keys()].filter((id) => !isReplaced(state, id))
  const all = [...new Set([...chunks.keys(), ...spills.keys(), ...latest])].sort((a, b) => a - b)
  const notStored = all.filter((key) => spills.has(key) || !(chunks.get(key) ?? points.get(key))?.stored)
  let bytes = 0
  for (const { entry, stored } of chunks.values()) if (!stored) bytes += entry.bytes
  for (const { entry } of spills.values()) bytes += entry.frames * entry.bytesPerFrame
  return { all, notStored, bytes }
}

/** Whether points were given up and came again, mended: they are never sent any more. */
function isReplaced({ points }: JournalState, id: number): boolean {
  const { entry, stored } = points.get(id)!
  if (stored) return false
  const names = new Set(entry.channels.map(({ name }) => name))
  return [...points.values()].some(
    (later) =>
      later.entry.id > id &&
      later.entry.index === entry.index &&
      later.entry.channels.some(({ name }) => names.has(name)),
  )
}
