import { FramewireError } from '../errors.js'

/** What the axes of an array mean. */
export interface Axes {
  /** Number of frames; 1 for a single frame. */
  frames: number
  height: number
  width: number
  /** 1 for gray; 3 or 4 for colour. */
  channels: 1 | 3 | 4
}

/** Below this, an axis before a last axis of 3 or 4 may well be a (tiny) frame's height. */
const COLOUR_SUSPECT = 16

/**
 * Read the meaning of `shape`: `(H, W)`, `(N, H, W)`, or with colour `(H, W, C)`, `(N, H, W, C)`.
 * Throws `frames/rank`, `frames/empty`, `frames/layout` (an axis that is no whole number, or too many pixels to count).
 *
 * An array of three axes whose last is 3 or 4 is nearly always one colour frame, and read as a stack it would be a
 * stack of slivers: it is refused where `channels` does not say.
 * @param channels the length of the last axis where that is colour
 * @param subject what has this shape, for the message
 */
export function axesOf(shape: readonly number[], channels: 3 | 4 | undefined, subject: string): Axes {
  if (shape.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new FramewireError(
      'frames/layout',
      `${subject} has the shape ${spell(shape)}, whose axes are not all whole numbers.`,
      { reason: 'an axis of the shape is not a whole number' },
    )
  }
  if (channels !== undefined && channels !== 3 && channels !== 4) {
    throw new FramewireError(
      'frames/rank',
      `${subject} has \`channels: ${channels}\`; colour has 3 (RGB) or 4 (RGBA).`,
      { shape },
    )
  }
  const planes = channels ? shape.slice(0, -1) : shape
  const colourFits = channels === undefined || shape.at(-1) === channels
  if ((planes.length !== 2 && planes.length !== 3) || !colourFits) throw rankError(shape, channels, subject)
  if (!channels && shape.length === 3 && isColour(shape[2]!) && shape[1]! > COLOUR_SUSPECT) {
    throw rankError(shape, channels, subject)
  }
  if (shape.includes(0)) {
    throw new FramewireError('frames/empty', `${subject} is empty: its shape is ${spell(shape)}.`, { shape })
  }
  if (!Number.isSafeInteger(2 * shape.reduce((product, length) => product * length, 1))) {
    throw new FramewireError('frames/layout', `${subject} has the impossible shape ${spell(shape)}.`, {
      reason: 'the shape is too large to count its bytes',
    })
  }
  const [frames, height, width] = planes.length === 2 ? [1, ...planes] : planes
  return { frames: frames!, height: height!, width: width!, channels: channels ?? 1 }
}

/** Whether an axis of this length can be colour: RGB or RGBA. */
export function isColour(length: number | undefined): length is 3 | 4 {
  return length === 3 || length === 4
}

/** A shape as numpy writes it: `(26, 1038, 1388)`. */
export function spell(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
}

/** Elements from one index to the next along each axis of a whole array, `'C'`: last axis fastest, `'F'`: first. */
export function stridesOf(shape: readonly number[], order: 'C' | 'F'): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let k = 0; k < shape.length; k++) {
    const axis = order === 'F' ? k : shape.length - 1 - k
    strides[axis] = step
    step *= shape[axis]!
  }
  return strides
}

function rankError(shape: readonly number[], channels: 3 | 4 | undefined, subject: string) {
  const expected = channels
    ? `(H, W, ${channels}) or (N, H, W, ${channels})`
    : isColour(shape.at(-1)) && shape.length > 2
      ? '(H, W) or (N, H, W). If the last axis is colour, say so: `channels: 3` (or 4) on a stack; in a file use the shape (N, H, W, C)'
      : '(H, W) or (N, H, W)'
  return new FramewireError(
    'frames/rank',
    `${subject} has the shape ${spell(shape)}; expected ${expected}.`,
    { shape },
  )
}
