import type { FrameSource } from '../frames/source.js'
import type { RunItem } from '../streaming/rheed-options.js'

/** How a recording is cut into chunks. */
export interface Cut {
  chunkSize: number
  fps: number
  /** Capture time of the first frame, Unix ms. */
  captureStartMs: number
}

/** Indexes of all chunks of a recording. */
export function chunkIndexes(frames: number, chunkSize: number): number[] {
  return Array.from({ length: Math.ceil(frames / chunkSize) }, (_, index) => index)
}

/**
 * These chunks of a recording, one in memory at a time. The capture time of each is told by its index alone, so that it
 * is the same whoever sends the chunk, and when.
 */
export async function* recordedChunks(
  source: FrameSource,
  { chunkSize, fps, captureStartMs }: Cut,
  indexes: Iterable<number>,
): AsyncGenerator<RunItem, void, undefined> {
  for (const index of indexes) {
    const first = index * chunkSize
    const frames = await source.read(first, Math.min(chunkSize, source.frames - first))
    yield [frames, Math.round(captureStartMs + (first * 1000) / fps)]
  }
}
