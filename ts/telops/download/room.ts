import { FramewireError } from '../../errors.js'
import type { DownloadShape } from './destination.js'

/**
 * How many bytes the file at a path may come to have: those that are free on its disk, and those that it takes up
 * already. Undefined where the system does not tell.
 */
export type RoomFor = (path: string) => Promise<number | undefined>

/** Of an array in memory. */
const MOST_ARRAY_BYTES = 2 ** 31

/** Throws `telops/too-large` of frames that are too many for an array. */
export function checkMemory(bytes: number): void {
  if (bytes <= MOST_ARRAY_BYTES) return
  throw new FramewireError(
    'telops/too-large',
    `The download has ${(bytes / 2 ** 30).toFixed(1)} GiB; memory takes 2 GiB at most. Download it into a file with ` +
      'bufferDownloadTo, or frame by frame with bufferFrames.',
    { bytes, mostBytes: MOST_ARRAY_BYTES },
  )
}

/** Rejects with `telops/write` where the disk has no room for a file of these frames, as far as the system tells. */
export async function checkRoom(
  path: string,
  { frames, height, width, dtype }: DownloadShape,
  roomFor: RoomFor,
): Promise<void> {
  const bytes = frames * height * width * (dtype === 'uint16' ? 2 : 4)
  const room = (await roomFor(path)) ?? Number.POSITIVE_INFINITY
  if (bytes <= room) return
  const message =
    `${path}: the disk has room for ${megabytes(Math.floor(room / 1e5))} MB, and the ${frames} frames take ` +
    `${megabytes(Math.ceil(bytes / 1e5))} MB. Free some space, or give a file on another disk.`
  throw new FramewireError('telops/write', message, { path, reason: 'ENOSPC' })
}

/** Of tenths of them. */
function megabytes(tenths: number): string {
  return (tenths / 10).toFixed(1)
}
