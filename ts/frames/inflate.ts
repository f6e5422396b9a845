import { Unzlib } from 'fflate'
import { adler32 } from './checksum.js'

/** The most that DEFLATE packs into a byte. Whoever declares more bytes than this is wrong, or lies. */
export const DEFLATE_RATIO = 1032

/** Compressed bytes unpacked at a time: at most 17 MB come out at once. */
export const INFLATE_STEP_BYTES = 2 ** 14

/**
 * Unpack a zlib stream into `into`; answers the number of bytes. Throws where the stream is damaged, ends early or
 * fails its checksum, and a `RangeError`, early, where it holds more than fits: what it declares may be a lie.
 */
export function inflateInto(into: Uint8Array, compressed: Uint8Array): number {
  let length = 0
  const stream = new Unzlib((piece) => {
    if (length + piece.length > into.length) throw new RangeError(`unpacks to more than ${into.length} bytes`)
    into.set(piece, length)
    length += piece.length
  })
  for (let at = 0; at < compressed.length; at += INFLATE_STEP_BYTES) {
    const end = at + INFLATE_STEP_BYTES
    stream.push(compressed.subarray(at, end), end >= compressed.length)
  }
  // fflate leaves the checksum to its caller.
  const checksum = new DataView(compressed.buffer, compressed.byteOffset + compressed.length - 4, 4)
  if (checksum.getUint32(0) !== adler32(into.subarray(0, length))) throw new Error('the checksum differs')
  return length
}
