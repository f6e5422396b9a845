import { open } from 'node:fs/promises'
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

/** What a .npy file (version 1.0) begins with: 128 bytes where the axes are those of images. */
export function npyHeader(descr: '|u1' | '<u2', shape: readonly number[]): Buffer {
  // As numpy writes it: one axis has a comma behind it.
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const about = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`
  const text = `${about.padEnd(Math.ceil((about.length + 11) / 64) * 64 - 11)}\n`
  const head = Buffer.alloc(10)
  head.write('\x93NUMPY\x01\x00', 'latin1')
  head.writeUInt16LE(text.length, 8)
  return Buffer.concat([head, Buffer.from(text, 'latin1')])
}
