import { createHash } from 'node:crypto'
import { type Disk, isMissing } from '../disk/disk.js'
import { type CheckedShard, indexBytes } from './checker.js'
import type { Received } from './staging.js'
import type { ChunkClaim } from './store.js'

/** Bytes that are read at once. */
const PIECE = 2 ** 20

/** Give a short shard the index that the grid asks for; answers the SHA-256 of the file as it is then. */
export async function fitToGrid(
  disk: Disk,
  part: Received,
  { frames }: ChunkClaim,
  { paddedIndex }: CheckedShard,
): Promise<string> {
  if (!paddedIndex) return part.sha256
  const indexAt = part.bytes - indexBytes(frames)
  const file = await disk.open(part.path)
  try {
    await file.truncate(indexAt)
    await file.write(paddedIndex, indexAt)
  } finally {
    await file.close()
  }
  return (await hashOf(disk, part.path))!
}

/** SHA-256 of a file, hex; none where there is no such file. */
export async function hashOf(disk: Disk, path: string): Promise<string | undefined> {
  const file = await disk.open(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (!file) return undefined
  try {
    const hash = createHash('sha256')
    for (let at = 0; ; at += PIECE) {
      const piece = await file.read(at, PIECE)
      hash.update(piece)
      if (piece.byteLength < PIECE) return hash.digest('hex')
    }
  } finally {
    await file.close()
  }
}
