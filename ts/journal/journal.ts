/** Version of the journal's format, in the first record of every log. Another one is refused. */
export const JOURNAL_VERSION = 1

/**
 * The bytes of a sealed shard: its parts in order, each with a buffer of its own, on Node; a Blob (memory or file behind
 * it) elsewhere.
 */
export type ShardBody = readonly Uint8Array<ArrayBuffer>[] | Blob

/** What the seal of a chunk proved; travels from sealing to journal, upload and receipt. */
export interface SealedChunk {
  index: number
  frames: number
  height: number
  width: number
  /** Bytes of the shard. */
  bytes: number
  /** Hex, lower case, of the shard's bytes. */
  md5: string
  sha256: string
  /** XXH64 over the frames' XXH64 values (u64 little-endian, in frame order), hex. */
  xxh64: string
  /** Pixels that fell outside of the conversion's range. */
  clamped: number
}
