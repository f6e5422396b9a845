import type { Disk, DiskFile } from '../disk/disk.js'
import type { Hasher } from './chunk-file.js'
import { damaged, defect, onDisk } from './faults.js'
import type { SpillEntry } from './records.js'

/** Write frames as they came, their bytes on disk; answers the SHA-256. The file's name is not synced. */
export async function writeSpill(
  disk: Disk,
  path: string,
  frames: Omit<SpillEntry, 'sha256'>,
  bytes: AsyncIterable<Uint8Array>,
  hash: Hasher,
): Promise<string> {
  return onDisk(path, async () => {
    const file = await disk.create(path, 0o600)
    try {
      checkSpilled(frames, await writePieces(file, bytes, hash))
      await file.sync()
    } catch (error) {
      await file.close()
      await disk.remove(path).catch(() => {})
      throw error
    }
    await file.close()
    return hash.finish().sha256
  })
}

/** The whole bytes of such a file, the hash checked. */
export async function readSpill(
  disk: Disk,
  path: string,
  frames: SpillEntry,
  hash: Hasher,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await onDisk(path, () => disk.read(path))
  hash.update(bytes)
  if (bytes.byteLength !== spilledBytes(frames) || hash.finish().sha256 !== frames.sha256) {
    const chunk = frames.index
    throw damaged(path, `not the frames of chunk ${chunk} as they were written`, { chunk })
  }
  return bytes
}

type Size = Pick<SpillEntry, 'index' | 'frames' | 'bytesPerFrame'>

/** How many bytes frames have. */
export function spilledBytes({ frames, bytesPerFrame }: Size): number {
  return frames * bytesPerFrame
}

/** Refuse frames of which other than so many bytes were given. */
export function checkSpilled(frames: Size, given: number): void {
  const bytes = spilledBytes(frames)
  if (given !== bytes)
    throw defect(`the frames of chunk ${frames.index} have ${bytes} bytes, and ${given} were given`)
}

async function writePieces(file: DiskFile, bytes: AsyncIterable<Uint8Array>, hash: Hasher): Promise<number> {
  let at = 0
  for await (const piece of bytes) {
    hash.update(piece)
    await file.write(piece, at)
    at += piece.byteLength
  }
  return at
}
