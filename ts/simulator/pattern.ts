/** What an image of the pattern is like. */
export interface PatternImage {
  width: number
  height: number
  /** 8, 12 (packed by two in three bytes) or 16 bits. Default 8. */
  bitsPerPixel?: 8 | 12 | 16
  /** Significant bits: 12 for `Mono12`, whose pixels have 16. Default all. */
  significantBits?: number
}

/**
 * The pattern that a simulated camera shows, in which every pixel states frame, row and column.
 *
 * With `h` the finalizer of MurmurHash3 (32 bits; sums modulo 2^32), word `k` of row `r` of frame `n` is
 * `h(h(r + 1) + k) ^ h(n + 0x9e3779b9)`, and byte `b` of the row is byte `b % 4` of word `b / 4`, the least significant
 * one first. A pixel of 8 bits is such a byte, one of 16 bits (little-endian) half a word; of `Mono12` the upper four
 * bits are zero.
 *
 * `n` is the frame's running number since the camera was made; it goes on from session to session and is no block id. {@link patternFrameNumber} reads it off an image.
 */
export function patternWord(frameNumber: number, row: number, word: number): number {
  return (mix(mix(row + 1) + word) ^ mix(frameNumber + FRAME)) >>> 0
}

/** The pixel of 8 or 16 bits that a frame has in a row and column; see {@link patternWord}. */
export function expectedPixel(
  frameNumber: number,
  row: number,
  column: number,
  bits: 8 | 12 | 16 = 8,
): number {
  if (bits === 8) return (patternWord(frameNumber, row, column >> 2) >>> (8 * (column & 3))) & 0xff
  const half = (patternWord(frameNumber, row, column >> 1) >>> (16 * (column & 1))) & 0xffff
  return bits === 12 ? half & 0xfff : half
}

/**
 * The running number (modulo 2^32) of the frame that an image of at least 4 bytes shows, by its first four bytes: nothing
 * is said of the others. Not for `Mono12`, whose pixels do not hold it whole.
 */
export function patternFrameNumber(image: Uint8Array | Uint16Array): number {
  const bytes = bytesOf(image)
  const word = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)
  return (unmix(word ^ mix(mix(1))) - FRAME) >>> 0
}

/**
 * Whether `image` is, byte for byte, what frame `frameNumber` shows. (About 1 GB/s.)
 * @param image 16-bit pixels as an `Uint16Array`, or any as the bytes that came
 */
export function isPattern(
  image: Uint8Array | Uint16Array,
  { width, height, bitsPerPixel = 8, significantBits }: PatternImage,
  frameNumber: number,
): boolean {
  const bytes = bytesOf(image)
  const rowBytes = (width * (image instanceof Uint16Array ? 16 : bitsPerPixel)) / 8
  if (bytes.length !== rowBytes * height) return false
  const mask = significantBits === 12 ? 0x0fff0fff : -1
  const frame = mix(frameNumber + FRAME)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = rowBytes & ~3
  for (let r = 0; r < height; r++) {
    const row = mix(r + 1)
    const start = r * rowBytes
    for (let b = 0; b < whole; b += 4) {
      const word = (mix(row + (b >> 2)) ^ frame) & mask
      if (view.getInt32(start + b, true) !== word) return false
    }
    const last = (mix(row + (whole >> 2)) ^ frame) & mask
    for (let b = whole; b < rowBytes; b++) {
      if (bytes[start + b] !== ((last >>> (8 * (b & 3))) & 0xff)) return false
    }
  }
  return true
}

const FRAME = 0x9e3779b9

/** The finalizer of MurmurHash3. */
export function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return word ^ (word >>> 16)
}

/** What {@link mix} was given: each of its steps can be undone. */
function unmix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x7ed1b41d)
  word = Math.imul(word ^ (word >>> 13) ^ (word >>> 26), 0xa5cb9243)
  return word ^ (word >>> 16)
}

function bytesOf(image: Uint8Array | Uint16Array): Uint8Array {
  return image instanceof Uint8Array
    ? image
    : new Uint8Array(image.buffer, image.byteOffset, image.byteLength)
}
