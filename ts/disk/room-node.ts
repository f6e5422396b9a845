import { stat, statfs } from 'node:fs/promises'
import { folderOf, isMissing } from './disk.js'

/** Of which a file system counts what a file takes up. */
const BLOCK_BYTES = 512

/**
 * How many bytes the file at `path`, there or not, may come to have: those that are free on its disk, and those that it
 * takes up already. Undefined where the system does not tell, as some network file systems.
 */
export async function roomFor(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folderOf(path))
    return blocks > 0 ? bavail * bsize + (await takenBytes(path)) : undefined
  } catch {
    // Whoever writes is told why.
    return undefined
  }
}

async function takenBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * BLOCK_BYTES
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}
