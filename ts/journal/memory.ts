import { freeBuffers } from '../core/free.js'
import { FramewireError } from '../errors.js'
import type { Journal, SealedChunk, ShardBody } from './journal.js'

/** Sealed chunks in memory: gone with the process, promises nothing beyond it. */
export function memoryJournal(): Journal {
  const bodies = new Map<number, ShardBody>()
  return {
    async put({ index }: SealedChunk, body: ShardBody) {
      bodies.set(index, body)
    },
    async body(index) {
      const body = bodies.get(index)
      if (body === undefined) {
        throw new FramewireError(
          'core/internal',
          `Chunk ${index} is not in the journal. This is a defect; please report it.`,
          {
            reason: `no chunk ${index}`,
          },
        )
      }
      return body
    },
    async stored(index) {
      const body = bodies.get(index)
      bodies.delete(index)
      if (body && !(body instanceof Blob)) freeBuffers(body.map(({ buffer }) => buffer))
    },
    async close() {
      bodies.clear()
    },
  }
}
