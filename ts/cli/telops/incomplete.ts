import type { DownloadStatistics } from '../../telops.js'

/** Frames that a line names, at most. */
const NAMED = 10

/** `12 of 10000 frames are incomplete (frames 4, 5, ids 100005, 100006)`; frames as places in what was asked for. */
export function incompleteText({
  nFrames,
  nIncomplete,
  incompleteFrames,
  incompleteFrameIds,
}: DownloadStatistics): string {
  const named = (numbers: readonly number[]) =>
    numbers.slice(0, NAMED).join(', ') + (numbers.length > NAMED ? ', ...' : '')
  return `${nIncomplete} of ${nFrames} frames incomplete (frames ${named(incompleteFrames)}, counted from 0; the camera's ids ${named(incompleteFrameIds)})`
}
