import type { Disk } from '../disk/disk.js'
import { damaged, defect, onDisk } from './faults.js'
import { type LogFrame, type LogPlace, readFrame } from './log-frame.js'
import { isRecord, type JournalRecord } from './records.js'

/** Where the requests of points lie in a log, by their id. */
export function pointsIn(frames: readonly LogFrame[]): Map<number, LogPlace> {
  const places = new Map<number, LogPlace>()
  for (const { place, records } of frames) {
    // They were replayed, so they are records.
    for (const record of records as JournalRecord[])
      if (record.type === 'points') places.set(record.entry.id, place)
  }
  return places
}

/** The request of points, read again: those that wait for the service need no memory. */
export async function readPoints(
  disk: Disk,
  path: string,
  id: number,
  place: LogPlace | undefined,
): Promise<string> {
  if (!place) throw defect(`points ${id} are not in it`)
  const { offset, length } = place
  const frame = await onDisk(path, async () => {
    const file = await disk.open(path)
    try {
      return await file.read(offset, length)
    } finally {
      await file.close()
    }
  })
  for (const record of readFrame(path, frame, offset)) {
    if (isRecord(record) && record.type === 'points' && record.entry.id === id) return record.entry.body
  }
  throw damaged(path, `points ${id} are not where they were written`, { offset })
}
