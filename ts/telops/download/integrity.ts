import { FramewireError } from '../../errors.js'
import type { DownloadOptions } from './options.js'
import type { DownloadStatistics } from './statistics.js'

/** Frames that an error's message names, at most. */
const NAMED = 10

/**
 * Throws `telops/frame-integrity` where more frames are incomplete than the options allow, or the camera left frames out
 * in silence. `partial`: what came, for whoever can use it.
 */
export function judge(
  stats: DownloadStatistics,
  { maxDroppedFrames = 0, verifyOrder = true }: DownloadOptions,
  partial: unknown,
): void {
  const { nIncomplete, nStrideGaps, nFrames, incompleteFrames, incompleteFrameIds, rounds } = stats
  if (nIncomplete <= maxDroppedFrames && !(verifyOrder && nStrideGaps > 0)) return
  const named = (numbers: readonly number[]) =>
    numbers.slice(0, NAMED).join(', ') + (nIncomplete > NAMED ? ', ...' : '')
  const message =
    nIncomplete > maxDroppedFrames
      ? `${nIncomplete} of ${nFrames} frames are incomplete after ${rounds} further passes (${named(incompleteFrames)}, ` +
        `counted from 0; the camera's ids ${named(incompleteFrameIds)}). They are still in the camera: ` +
        'download again with a lower bitrateMbps, call tuneConnection, or allow for them with maxDroppedFrames.'
      : `${nStrideGaps} of ${nFrames} frames are not one period behind the frame before: the camera left frames out. They ` +
        'are still in the camera: download again; or, of a recording that was triggered from outside, with verifyOrder: false.'
  throw new FramewireError('telops/frame-integrity', message, {
    nIncomplete,
    nStrideGaps,
    stats,
    ...(partial !== undefined && { partial }),
  })
}
