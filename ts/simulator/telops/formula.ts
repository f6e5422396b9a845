import { CalibrationMode } from '../../telops/enumerations.js'
import type { CalibrationModeName } from '../../telops/header.js'
import { mix, patternWord } from '../pattern.js'

/** Counts of a simulated Telops camera begin here: in mode RT these are 24 degC. */
const LEAST_COUNT = 24_576

/**
 * The count that a simulated Telops camera shows in a row and column, header rows left out, of the frame with this id in
 * its header: 24,576 and the lower 12 bits of half a word of {@link patternWord}, the lower half first.
 */
export function telopsCount(frameId: number, row: number, column: number): number {
  const half = patternWord(frameId, row, column >> 1) >>> (16 * (column & 1))
  return LEAST_COUNT + (half & 0x0fff)
}

/** Every count of a frame, row by row; see {@link telopsCount}. */
export function telopsFrame(frameId: number, width: number, height: number): Uint16Array<ArrayBuffer> {
  const counts = new Uint16Array(width * height)
  // What the frame has in every word, and the row: a sixth of the work that each pixel by itself would be.
  const frame = patternWord(frameId, 0, 0) ^ mix(mix(1))
  for (let r = 0, at = 0; r < height; r++) {
    const row = mix(r + 1)
    for (let column = 0; column < width; column += 2) {
      const word = mix(row + (column >> 1)) ^ frame
      counts[at++] = LEAST_COUNT + (word & 0x0fff)
      if (column + 1 < width) counts[at++] = LEAST_COUNT + ((word >>> 16) & 0x0fff)
    }
  }
  return counts
}

/**
 * Every physical value of a frame, row by row, computed in 64 bits and rounded once: degC in mode RT, about 24 to 28;
 * counts in those modes that have no physical values.
 */
export function telopsValues(
  frameId: number,
  width: number,
  height: number,
  mode: CalibrationModeName = 'RT',
): Float32Array<ArrayBuffer> {
  const { exponent, offset } = scaleOf(CalibrationMode[mode])
  const kelvin = mode === 'RT' ? 273.15 : 0
  return Float32Array.from(
    telopsFrame(frameId, width, height),
    (count) => count * 2 ** exponent + offset - kelvin,
  )
}

/** What the header of a frame says of its physical values. */
export function scaleOf(calibrationMode: number): { exponent: number; offset: number } {
  const { RT, IBR, IBI } = CalibrationMode
  const hasValues = [RT, IBR, IBI].some((mode) => mode === calibrationMode)
  return hasValues ? { exponent: -10, offset: Math.fround(273.15) } : { exponent: 0, offset: 0 }
}
