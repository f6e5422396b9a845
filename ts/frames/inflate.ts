import { type Inflate, type Unzlib, Unzlib as UnzlibStream } from 'fflate'

/** Compressed bytes unpacked at a time: with DEFLATE's ratio of at most 1032 that is at most 17 MB at once. */
export const INFLATE_STEP_BYTES = 2 ** 14

/** Unpack one step. Everything that comes out goes to `take`. Throws where the stream is damaged. */
export function inflateStep(
  stream: Inflate | Unzlib,
  compressed: Uint8Array,
  isLast: boolean,
  take: (piece: Uint8Array) => void,
): void {
  stream.ondata = take
  stream.push(compressed, isLast)
}

/**
 * Unpack a zlib stream into `into`; answers the number of bytes. Stops early, with a `RangeError`, where the stream
 * holds more than fits: what it declares may be a lie. Throws where the stream is damaged.
 */
export function inflateInto(into: Uint8Array, compressed: Uint8Array): number {
  let length = 0
  unpack(compressed, into.length, (piece) => {
    into.set(piece, length)
    length += piece.length
  })
  return length
}

/** Check that a zlib stream unpacks to at most `limit` bytes, as {@link inflateInto} does, and keep nothing. */
export function checkInflated(compressed: Uint8Array, limit: number): void {
  unpack(compressed, limit, () => {})
}

function unpack(compressed: Uint8Array, limit: number, take: (piece: Uint8Array) => void): void {
  const stream = new UnzlibStream()
  let length = 0
  for (let at = 0; at < compressed.length; at += INFLATE_STEP_BYTES) {
    const end = at + INFLATE_STEP_BYTES
    inflateStep(stream, compressed.subarray(at, end), end >= compressed.length, (piece) => {
      length += piece.length
      if (length > limit) throw new RangeError(`unpacks to more than ${limit} bytes`)
      take(piece)
    })
  }
}
