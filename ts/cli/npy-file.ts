import { open } from 'node:fs/promises'
import { npyHeader } from '../frames/npy-header.js'
import type { StoredFrames } from '../store/stored-frames.js'

/** Frames that are written at once. */
const SLICE = 16

/**
 * Write the frames of these chunks, one after another, to a new .npy file of uint8 (version 1.0 of the format); answers
 * its path.
 */
export async function writeNpy(
  path: string,
  stored: StoredFrames,
  chunks: readonly { index: number; frames: number }[],
): Promise<string> {
  const { height, width, chunkSize } = stored
  const frames = chunks.reduce((sum, chunk) => sum + chunk.frames, 0)
  const file = await open(path, 'wx')
  try {
    await file.appendFile(npyHeader('|u1', [frames, height, width]))
    for (const { index, frames: count } of chunks) {
      for (let at = 0; at < count; at += SLICE) {
        await file.appendFile(await stored.read(index * chunkSize + at, Math.min(SLICE, count - at)))
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}
