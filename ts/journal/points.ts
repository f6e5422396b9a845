import type { Disk } from '../disk/disk.js'
import { damaged, onDisk } from './faults.js'
import { type LogFrame, type LogPlace, readFrame } from './log-frame.js'
import { isRecord, type JournalRecord } from './records.js'

/** The frames of a log that was replayed which hold the requests of points, by their id. */
export function pointsIn(frames: readonly LogFrame[]): Map<number, LogFrame> {
  const holders = new Map<number, LogFrame>()
  for (const frame of frames) {
    for (const record of frame.records as JournalRecord[])
      if (record.type === 'points') holders.set(record.entry.id, frame)
  }
  return holders
}

/** The request of points, read again: those that wait for the service need no memory. */
export async function readPoints(disk: Disk, path: string, id: number, place: LogPlace): Promise<string> {
  const { offset, length } = place
  const frame = await onDisk(path, async () => {
    const file = await disk.open(path)
    try {
      return await file.read(offset, length)
    } finally {
      await file.close()
    }
  })
  const request = requestIn(readFrame(path, frame, offset), id)
  if (request === undefined) throw damaged(path, `points ${id} are not where they were written`, { offset })
  return request
}

/** The request of points among the records of a frame, the last one of this id. */
export function requestIn(records: readonly unknown[], id: number): string | undefined {
  const found = (records as JournalRecord[]).findLast(
    (record) => record.type === 'points' && record.entry.id === id,
  )
  return found && isRecord(found) && found.type === 'points' ? found.entry.body : undefined
}
