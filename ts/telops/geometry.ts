import { optionFault } from './faults.js'

/** Width and height, or x and y, in usable pixels. */
export type Pair = readonly [number, number]

/** The sensor's size in usable pixels. */
export const SENSOR: Pair = [320, 256]
/** Steps of widths and heights, and of offsets. */
export const STEP: Pair = [64, 4]

/** Widths that the camera can send: 64 to 320 in steps of 64. */
export const VALID_WIDTHS: readonly number[] = steps(STEP[0], SENSOR[0])
/** Heights that the camera can send, in usable pixels: 4 to 256 in steps of 4. */
export const VALID_HEIGHTS: readonly number[] = steps(STEP[1], SENSOR[1])

/** Throws `telops/option`. */
export function checkResolution(size: Pair): void {
  const [width, height] = pairOf('resolution', size)
  if (!VALID_WIDTHS.includes(width)) throw optionFault('width', width, among(VALID_WIDTHS))
  if (!VALID_HEIGHTS.includes(height)) throw optionFault('height', height, 'a multiple of 4 from 4 to 256')
}

/** Throws `telops/option`. */
export function checkOffset(offset: Pair): void {
  const [x, y] = pairOf('roiOffset', offset)
  const offsets = [0, ...VALID_WIDTHS.slice(0, -1)]
  if (!offsets.includes(x)) throw optionFault('x', x, among(offsets))
  const most = SENSOR[1] - STEP[1]
  if (!(Number.isInteger(y) && y >= 0 && y <= most && y % STEP[1] === 0)) {
    throw optionFault('y', y, `a multiple of 4 from 0 to ${most}`)
  }
}

/** Whether a window lies within the sensor. Throws `telops/option`. */
export function checkWindow([width, height]: Pair, [x, y]: Pair): void {
  if (x + width <= SENSOR[0] && y + height <= SENSOR[1]) return
  throw optionFault(
    'roiOffset',
    [x, y],
    `at most ${SENSOR[0] - width}, ${SENSOR[1] - height} with ${width} x ${height} pixels`,
  )
}

function pairOf(option: string, given: Pair): Pair {
  if (Array.isArray(given) && given.length === 2) return given as unknown as Pair
  throw optionFault(option, given, 'two numbers, such as [320, 256]')
}

function steps(step: number, most: number): number[] {
  return Array.from({ length: most / step }, (_, index) => step * (index + 1))
}

function among(values: readonly number[]): string {
  return `one of ${values.join(', ')}`
}
