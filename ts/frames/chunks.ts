import { FramewireError } from '../errors.js'
import type { FrameSource } from './source.js'
import type { Stack } from './stack.js'

/**
 * The frames of a recording in chunks of `chunkSize`, one in memory at a time; the last may be shorter.
 * Throws `stream/option` (a chunk size that is no whole number above 0), and what reading throws.
 */
export async function* chunksOf(
  source: FrameSource,
  chunkSize: number,
): AsyncGenerator<Stack, void, undefined> {
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
    throw new FramewireError(
      'stream/option',
      `The chunk size ${chunkSize} is no whole number of frames above 0.`,
      {
        option: 'chunkSize',
        given: chunkSize,
        expected: 'a whole number of at least 1',
      },
    )
  }
  for (let start = 0; start < source.frames; start += chunkSize) {
    yield source.read(start, Math.min(chunkSize, source.frames - start))
  }
}
