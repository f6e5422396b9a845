import type { Conversion } from '../core/core.js'
import { FramewireError } from '../errors.js'
import type { FrameRun } from './stack.js'

/**
 * How pixels wider than 8 bit become 8 bit, in exact integer arithmetic:
 * `v8 = clamp(floor((v - lo) * 255 / (hi - lo)), 0, 255)`, 0 where `hi = lo`.
 *
 * - `{ lo, hi }` a stated range; `'full'` is 0 .. 2^bits - 1.
 * - `'max'` is 0 .. the frame's own maximum: it rescales every frame and so destroys intensity trends.
 * - `'measured'` is min .. max of the first chunk, kept for the rest of the stream.
 */
export type Scale = { lo: number; hi: number } | 'full' | 'max' | 'measured'

/** Colour to gray: `mean` is `floor((r + g + b) / 3)`; `luma` weighs by Rec. 601. Alpha is ignored. */
export type Gray = 'mean' | 'luma'

/**
 * A conversion whose range is not known yet: it will be least and greatest value of the stream's first chunk.
 * `conversion.range === 'measured'` tells it from a {@link Conversion}.
 */
export interface UnmeasuredConversion {
  range: 'measured'
  gray?: Gray
}

/** What the user stated, unchecked: from JavaScript it may be anything. */
export interface StatedConversion {
  scale?: Scale
  gray?: Gray
}

/**
 * The conversion of these frames, from what the user stated.
 *
 * 8-bit gray frames need none: the answer is empty. `gray`, and the scales `full`, `max` and `measured`, may be
 * stated all the same and are left aside, so that one command fits mixed recordings; a range `lo:hi` that could not
 * be applied is an error, for whoever states one expects to see it.
 *
 * Throws `frames/scale-required` (16-bit, no scale), `frames/gray-required` (colour, no gray), `frames/conversion`
 * (neither known, a range that is not `0 <= lo <= hi <= 65535` in whole numbers, or a range for 8-bit data).
 */
export function conversionFor(
  run: Pick<FrameRun, 'bits' | 'channels' | 'height' | 'width'>,
  { scale, gray }: StatedConversion,
): Conversion | UnmeasuredConversion {
  if (scale !== undefined) checkScale(scale)
  if (gray !== undefined && gray !== 'mean' && gray !== 'luma') throw unknownGray(gray)

  if (run.channels !== 1 && gray === undefined) {
    throw new FramewireError(
      'frames/gray-required',
      'The frames are in colour; the stream is gray. State how: gray `mean` (the mean of red, green and blue) or `luma` (weighed as the eye does).',
      { shape: [run.height, run.width, run.channels] },
    )
  }
  const asGray = run.channels === 1 ? {} : { gray }

  if (run.bits === 8) {
    if (typeof scale === 'object') {
      throw new FramewireError(
        'frames/conversion',
        `The frames are 8-bit and are sent as they are; the scale ${scale.lo}:${scale.hi} cannot be applied. Leave the scale out.`,
        { given: scale },
      )
    }
    return asGray
  }
  if (scale === undefined) {
    throw new FramewireError(
      'frames/scale-required',
      `The frames are 16-bit; the stream is 8-bit, and nothing is cut in silence. State a scale: a range such as 0:4095, \`full\` (0:${2 ** run.bits - 1}), \`measured\` (range of the first chunk) or \`max\` (each frame's own maximum: intensity trends are lost).`,
      { dtype: 'uint16' },
    )
  }
  if (scale === 'full') return { range: { lo: 0, hi: 2 ** run.bits - 1 }, ...asGray }
  if (typeof scale === 'object') return { range: { lo: scale.lo, hi: scale.hi }, ...asGray }
  // Spelled out: the two names belong to two types.
  return scale === 'max' ? { range: 'max', ...asGray } : { range: 'measured', ...asGray }
}

/**
 * Read a scale as the command line spells it: `lo:hi` (whole numbers, `0:4095`), `full`, `max`, `measured`.
 * Throws `frames/conversion`.
 */
export function parseScale(text: string): Scale {
  const range = /^(\d{1,5}):(\d{1,5})$/.exec(text)
  const scale = range ? { lo: Number(range[1]), hi: Number(range[2]) } : text
  checkScale(scale)
  return scale
}

/** Read a conversion to gray as the command line spells it: `mean`, `luma`. Throws `frames/conversion`. */
export function parseGray(text: string): Gray {
  if (text !== 'mean' && text !== 'luma') throw unknownGray(text)
  return text
}

function checkScale(scale: unknown): asserts scale is Scale {
  if (scale === 'full' || scale === 'max' || scale === 'measured') return
  const { lo, hi } = (scale ?? {}) as { lo?: unknown; hi?: unknown }
  if (isPixelValue(lo) && isPixelValue(hi) && lo <= hi) return
  throw new FramewireError(
    'frames/conversion',
    `${describe(scale)} is no scale. Give a range of whole numbers with 0 <= lo <= hi <= 65535 (\`0:4095\`, or \`{ lo: 0, hi: 4095 }\`), \`full\`, \`max\` or \`measured\`.`,
    { given: scale },
  )
}

function isPixelValue(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535
}

function unknownGray(given: unknown) {
  return new FramewireError(
    'frames/conversion',
    `${describe(given)} is no conversion to gray. Give \`mean\` or \`luma\`.`,
    { given },
  )
}

function describe(given: unknown): string {
  if (typeof given !== 'object' || given === null) return `\`${String(given)}\``
  const { lo, hi } = given as { lo?: unknown; hi?: unknown }
  return `\`${String(lo)}:${String(hi)}\``
}
