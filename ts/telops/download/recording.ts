import { FramewireError } from '../../errors.js'
import { type BufferSequence, bufferSequence } from '../buffer/buffer-info.js'
import { optionFault } from '../faults.js'
import type { RegisterAccess } from '../register-access.js'
import type { Run } from './inventory.js'
import type { DownloadOptions } from './options.js'

/** Frames of a recording in the camera's buffer, as a download asks for them. */
export interface Recording {
  /** The sequence's number, counted from 0. */
  index: number
  sequence: BufferSequence
  run: Run
}

/** Bounds of what a download can be asked for. */
const [LEAST_BITRATE, MOST_BITRATE] = [1, 10_000]

/**
 * What these options ask for. Rejects with `telops/option`, with `telops/no-sequence`, and with `telops/no-frames` where
 * nothing was recorded.
 */
export async function askedRecording(
  registers: RegisterAccess,
  options: DownloadOptions,
): Promise<Recording> {
  const { sequence: index = 0, first = 0, bitrateMbps } = options
  const { retries = 0, maxDroppedFrames = 0, orderTolerance = 0 } = options
  if (bitrateMbps !== undefined) within('bitrateMbps', bitrateMbps, LEAST_BITRATE, MOST_BITRATE)
  within('retries', retries, 0, 1000)
  within('maxDroppedFrames', maxDroppedFrames, 0, Number.POSITIVE_INFINITY)
  within('orderTolerance', orderTolerance, 0, 1)
  const sequence = await bufferSequence(registers, index)
  const { frames } = sequence
  if (frames === 0) {
    throw new FramewireError(
      'telops/no-frames',
      `Nothing was recorded in sequence ${index}. Call bufferRecord before.`,
      { sequence: index },
    )
  }
  whole('first', first, 0, frames - 1, `${index} has ${frames} frames`)
  const { count = frames - first } = options
  whole(
    'count',
    count,
    1,
    frames - first,
    `${index} has ${frames} frames, ${frames - first} from number ${first} on`,
  )
  return { index, sequence, run: [first, first + count] }
}

function whole(option: string, given: number, least: number, most: number, why: string): void {
  if (Number.isInteger(given) && given >= least && given <= most) return
  throw optionFault(option, given, `a whole number from ${least} to ${most}: sequence ${why}`)
}

function within(option: string, given: number, least: number, most: number): void {
  if (given >= least && given <= most) return
  throw optionFault(option, given, `a number from ${least} to ${most}`)
}
