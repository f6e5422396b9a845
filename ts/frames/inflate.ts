import { Unzlib } from 'fflate'
import { adler32 } from './checksum.js'

/** Compressed bytes unpacked at a time: DEFLATE's ratio is at most 1032, so at most 17 MB come out at once. */
export const INFLATE_STEP_BYTES = 2 ** 14

/**
 * Unpack a zlib stream into `into`; answers the number of bytes. Throws where the stream is damaged, ends early or
 * fails its checksum, and a `RangeError`, early, where it holds more than fits: what it declares may be a lie.
 */
export function inflateInto(into: Uint8Array, compressed: Uint8Array): number {
  let length = 0
  unpack(compressed, into.length, (piece) => {
    into.set(piece, length)
    length += piece.length
  })
  // fflate leaves the checksum to its caller.
  const end = new DataView(compressed.buffer, compressed.byteOffset + compressed.length - 4, 4)
  if (end.getUint32(0) !== adler32(into.subarray(0, length))) throw new Error('the checksum differs')
  return length
}

/** Check that a zlib stream unpacks to at most `limit` bytes, and keep nothing. Throws as {@link inflateInto}. */
export function checkInflated(compressed: Uint8Array, limit: number): void {
  unpack(compressed, limit, () => {})
}

function unpack(compressed: Uint8Array, limit: number, take: (piece: Uint8Array) => void): void {
  let length = 0
  const stream = new Unzlib((piece) => {
    length += piece.length
    if (length > limit) throw new RangeError(`unpacks to more than the ${limit} bytes that were declared`)
    take(piece)
  })
  for (let at = 0; at < compressed.length; at += INFLATE_STEP_BYTES) {
    const end = at + INFLATE_STEP_BYTES
    stream.push(compressed.subarray(at, end), end >= compressed.length)
  }
}
