import type { Gray } from '../frames/conversion.js'

/**
 * How the bytes of one frame are laid out before preparation. `mono10p`/`mono12p` are the GenICam PFNC packed
 * formats (little-endian bit stream); `mono10packed`/`mono12packed` the older GigE Vision ones.
 */
export type PixelFormat =
  | 'u8'
  | 'u16le'
  | 'u16be'
  | 'mono10p'
  | 'mono12p'
  | 'mono10packed'
  | 'mono12packed'
  | 'rgb8'
  | 'rgba8'
  | 'rgb16le'
  | 'rgb16be'
  | 'rgba16le'
  | 'rgba16be'

/** What preparation does to one frame: a range for wide pixels (`'max'`: the frame's own), gray for colour. */
export interface Conversion {
  /** Needed for formats wider than 8 bit. */
  range?: { lo: number; hi: number } | 'max'
  /** Needed for colour formats. */
  gray?: Gray
}

/** One frame, packed. */
export interface PackedFrame {
  /** The zstd frame, content size and checksum present; owns its whole buffer (may be transferred). */
  data: Uint8Array<ArrayBuffer>
  /** XXH64 (seed 0) of the 8-bit pixels. */
  xxh64: bigint
  /** Pixels that fell outside of the range. */
  clamped: number
}

/** Where a frame lies in its shard; `null` is an absent one. */
export type IndexEntry = { offset: number; length: number } | null

/**
 * The typed face of the WebAssembly core. One instance belongs to one thread. All calls are synchronous; inputs are
 * copied in and results are copied out, so no view on WASM memory ever leaves a call.
 */
export interface Core {
  /**
   * Prepare (convert to 8-bit gray), hash and compress one frame of `height` x `width` pixels.
   * The same input gives the same bytes in every thread. Throws `frames/layout`, `frames/conversion`.
   */
  pack(
    frame: Uint8Array,
    format: PixelFormat,
    height: number,
    width: number,
    conversion?: Conversion,
  ): PackedFrame
  /** Least and greatest value of one frame (after colour to gray, where `gray` is given), for the range `measured`. */
  measure(
    frame: Uint8Array,
    format: PixelFormat,
    height: number,
    width: number,
    gray?: Gray,
  ): { min: number; max: number }
  /** The index of a shard: pairs of u64 little-endian, then their CRC32C. */
  writeIndex(entries: readonly IndexEntry[]): Uint8Array<ArrayBuffer>
  /**
   * Read the index from the end of a shard with `frames` inner chunks. `tail` is at least the last `16 * frames + 4`
   * bytes of a shard of `shardBytes`. Throws `shard/truncated`, `shard/index-crc`, `shard/index-entry` (overlap with
   * the index, outside of the shard, or overlapping another frame).
   */
  readIndex(tail: Uint8Array, frames: number, shardBytes: number): IndexEntry[]
  /**
   * Unpack one frame to its 8-bit pixels, checked: `shard/frame` (damaged), `shard/frame-size` (not `height * width`
   * bytes). `frame` is only for the error. Never allocates more than the declared size.
   */
  unpack(data: Uint8Array, frame: number, height: number, width: number): Uint8Array<ArrayBuffer>
  /** As `unpack`, but the pixels are only hashed (XXH64), not copied out. */
  verify(data: Uint8Array, frame: number, height: number, width: number): bigint
  /** XXH64 (seed 0). */
  xxh64(data: Uint8Array): bigint
  /** MD5 and SHA-256, incremental, for platforms without native ones (browsers). Lower-case hex. */
  hasher(): { update(data: Uint8Array): void; finish(): { md5: string; sha256: string } }
}
