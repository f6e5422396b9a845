import { DEFLATE_RATIO, inflateInto } from './inflate.js'

/**
 * The compressions that are read, by their number in the file (none, LZW, deflate, deflate, PackBits), and the most
 * bytes that each can make of one.
 */
export const mostPerByte: Readonly<Record<number, number>> = {
  1: 1,
  5: 4096,
  8: DEFLATE_RATIO,
  32946: DEFLATE_RATIO,
  32773: 64,
}

/**
 * Unpack one strip or tile into `into`, whose length is that of the whole block; answers the number of bytes written.
 * Never writes more than fits. Throws an `Error` that says what is wrong with the bytes.
 */
export function unpackBlock(compression: number, packed: Uint8Array, into: Uint8Array): number {
  if (compression === 5) return unpackLzw(packed, into)
  if (compression === 32773) return unpackPackBits(packed, into)
  if (compression === 8 || compression === 32946) return inflateInto(into, packed)
  const length = Math.min(packed.length, into.length)
  into.set(packed.subarray(0, length))
  return length
}

/** Runs: a count byte n, then n + 1 bytes as they are (n >= 0), or one byte 1 - n times (n < 0; -128 is nothing). */
function unpackPackBits(packed: Uint8Array, into: Uint8Array): number {
  let length = 0
  let at = 0
  while (at < packed.length && length < into.length) {
    const n = (packed[at++]! << 24) >> 24
    if (n === -128) continue
    const run = n < 0 ? 1 - n : n + 1
    const source = n < 0 ? 1 : run
    if (at + source > packed.length) throw new Error('PackBits data ends within a run')
    if (length + run > into.length) throw new RangeError('PackBits data unpacks to more than was declared')
    if (n < 0) into.fill(packed[at]!, length, length + run)
    else into.set(packed.subarray(at, at + run), length)
    at += source
    length += run
  }
  return length
}

const CLEAR = 256
const END = 257
const MAX_CODES = 4096

/**
 * TIFF's LZW: codes of 9 to 12 bits, highest bit first, each width left one code early. A code's string is one that was
 * written before, so the table keeps where it lies in the output in place of the string.
 */
function unpackLzw(packed: Uint8Array, into: Uint8Array): number {
  if (packed[0] === 0 && (packed[1] ?? 0) & 1) throw new Error('LZW data of the form used before 1992')
  const starts = new Uint32Array(MAX_CODES)
  const lengths = new Uint32Array(MAX_CODES)
  let codes = END + 1
  let width = 9
  let length = 0
  /** The string written last; its length is 0 after a clear. */
  let lastStart = 0
  let lastLength = 0

  let bits = 0
  let bitCount = 0
  for (let at = 0; at < packed.length; ) {
    while (bitCount < width && at < packed.length) {
      bits = ((bits << 8) | packed[at++]!) & 0xffffff
      bitCount += 8
    }
    if (bitCount < width) break
    bitCount -= width
    const code = (bits >>> bitCount) & ((1 << width) - 1)
    if (code === END) return length
    if (code === CLEAR) {
      codes = END + 1
      width = 9
      lastLength = 0
      continue
    }
    if (lastLength > 0 && codes < MAX_CODES) {
      // The new string is the last one and the byte that comes next, which is about to lie behind it.
      starts[codes] = lastStart
      lengths[codes] = lastLength + 1
      codes++
    } else if (lastLength > 0) throw new Error('LZW data has too many codes')
    if (code > END && code >= codes) throw new Error('LZW data has a code that was never defined')

    const run = code < CLEAR ? 1 : lengths[code]!
    if (length + run > into.length) throw new RangeError('LZW data unpacks to more than was declared')
    if (code < CLEAR) into[length] = code
    // Byte by byte: the string may overlap its own copy.
    else for (let k = 0, from = starts[code]!; k < run; k++) into[length + k] = into[from + k]!
    lastStart = length
    lastLength = run
    length += run
    if (codes + 1 >= 1 << width && width < 12) width++
  }
  return length
}

/**
 * Undo the horizontal predictor: each value is kept as the difference from the one `step` values to its left.
 * @param rowValues values of one row; @param step values of one pixel in a row
 */
export function undoPredictor(
  block: Uint8Array,
  rowValues: number,
  step: number,
  itemBytes: 1 | 2,
  littleEndian: boolean,
): void {
  const rowBytes = rowValues * itemBytes
  for (let row = 0; row + rowBytes <= block.length; row += rowBytes) {
    if (itemBytes === 1) {
      for (let k = row + step; k < row + rowBytes; k++) block[k] = block[k]! + block[k - step]!
      continue
    }
    const [low, high] = littleEndian ? [0, 1] : [1, 0]
    for (let k = row + 2 * step; k < row + rowBytes; k += 2) {
      const sum = block[k + low]! + block[k - 2 * step + low]!
      block[k + low] = sum
      block[k + high] = block[k + high]! + block[k - 2 * step + high]! + (sum >> 8)
    }
  }
}
