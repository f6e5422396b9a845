import type { Core } from '../core/core.js'
import { freeBuffers } from '../core/free.js'
import type { ShardBody } from '../journal/journal.js'

/** Where the bytes of one shard go, in order. */
export interface ShardSink {
  /** Take a part over; its buffer holds nothing else. */
  append(part: Uint8Array<ArrayBuffer>): void
  /** The whole shard and its hashes; nothing can be appended afterwards. */
  finish(): { body: ShardBody; bytes: number; md5: string; sha256: string }
}

/** Makes the sink of the next shard. */
export type SinkMaker = () => ShardSink

/**
 * Shards kept in memory: the parts themselves on Node (joining them would copy every byte; a Blob's size does not count
 * for the garbage collector), a Blob in browsers (uploads of it are several times faster in Chromium). Hashed by Node's
 * native crypto, else by the core.
 */
export function memorySink(core: Core): SinkMaker {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto')
  const hasher = () => {
    if (!crypto) return core.hasher()
    const md5 = crypto.createHash('md5')
    const sha256 = crypto.createHash('sha256')
    return {
      update(data: Uint8Array) {
        md5.update(data)
        sha256.update(data)
      },
      finish: () => ({ md5: md5.digest('hex'), sha256: sha256.digest('hex') }),
    }
  }
  return () => {
    const parts: Uint8Array<ArrayBuffer>[] = []
    const hash = hasher()
    let bytes = 0
    return {
      append(part) {
        hash.update(part)
        parts.push(part)
        bytes += part.byteLength
      },
      finish() {
        return { body: crypto ? parts : blobOf(parts), bytes, ...hash.finish() }
      },
    }
  }
}

function blobOf(parts: Uint8Array<ArrayBuffer>[]): Blob {
  const blob = new Blob(parts)
  freeBuffers(parts.map(({ buffer }) => buffer))
  return blob
}
