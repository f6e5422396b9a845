import { describe, expect, it } from 'vitest'
import { closing } from '../../ts/cli/telops/download.js'
import { barText } from '../../ts/cli/telops/download-bar.js'
import type { DownloadStatistics } from '../../ts/telops.js'

const NO_LOSS: DownloadStatistics = {
  nFrames: 10_000,
  nBefore: 0,
  nIncomplete: 0,
  incompleteFrames: [],
  incompleteFrameIds: [],
  perFrameMissing: new Map(),
  resendRequested: 0,
  resendRecovered: 0,
  resendFailed: 0,
  recoveredByRetry: 0,
  firstPassNComplete: 10_000,
  throughputMBps: 44.83,
  elapsedSeconds: 36.84,
  packetSizeUsed: 1500,
  bitrateUsedMbps: 1000,
  nOutOfOrder: 0,
  nStrideGaps: 0,
  rounds: 0,
  sessions: 1,
  values: { frames: 10_000, min: 24.9, max: 36.24, mean: 28.06 },
}

describe('the lines of a download', () => {
  it('at its end are those of the guide', () => {
    expect(closing(NO_LOSS)).toBe(
      'Downloaded 10000 frames in 36.8 s (271 fps, 44.8 MB/s)\n' +
        'Data check: OK, 10000 frames, range [24.9, 36.2], mean 28.1',
    )
  })

  it('tell of counts as whole numbers, and of frames that were there before', () => {
    const values = { frames: 10_000, min: 24_576, max: 28_671, mean: 26_623.45 }
    expect(closing({ ...NO_LOSS, nBefore: 4000, values, elapsedSeconds: 10 })).toBe(
      'Downloaded 6000 frames in 10.0 s (600 fps, 44.8 MB/s); 4000 were there before\n' +
        'Data check: OK, 10000 frames, range [24576, 28671], mean 26623.5',
    )
  })

  it('name the frames that are not whole', () => {
    const incompleteFrames = Array.from({ length: 12 }, (_, n) => 5 + n)
    const incompleteFrameIds = incompleteFrames.map((frame) => 100_001 + frame)
    const lossy = { ...NO_LOSS, nIncomplete: 12, incompleteFrames, incompleteFrameIds, elapsedSeconds: 40 }
    expect(closing(lossy)).toBe(
      'Downloaded 9988 frames in 40.0 s (250 fps, 44.8 MB/s)\n' +
        'Data check: 12 of 10000 frames incomplete (frames 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, ..., counted from 0; ' +
        "the camera's ids 100006, 100007, 100008, 100009, 100010, 100011, 100012, 100013, 100014, 100015, ...), " +
        'range [24.9, 36.2], mean 28.1\n' +
        'Pixels that never came are NaN, or 0 where values are counts.',
    )
    const skipped = closing({ ...NO_LOSS, nStrideGaps: 2 })
    expect(skipped).toContain('Data check: 2 gaps in time, 10000 frames, range')
  })

  it.each([
    [0.0431, '0.043'],
    [0.5, '0.5'],
    [0.96, '1.0'],
  ])('has no time of 0.0 s: %d', (elapsedSeconds, shown) => {
    const [line] = closing({ ...NO_LOSS, elapsedSeconds }).split(' (')
    expect(line).toBe(`Downloaded 10000 frames in ${shown} s`)
  })

  const progress = {
    done: 10_000,
    frames: 10_000,
    framesPerSecond: 271.84,
    throughputMBps: 44.8,
    missing: 0,
    round: 0,
  }

  it('meanwhile are a bar, as the guide shows it', () => {
    expect(barText(progress, 36.8)).toBe(
      'Downloading: 100%|██████████| 10000/10000 [00:36<00:00, 271.84frame/s, 44.8MB/s, 0 missing]',
    )
  })

  it('then are a bar of what is packed', () => {
    expect(barText({ ...progress, packed: 5300 }, 40)).toBe('Packing:  53%|█████▎    | 5300/10000 [00:40]')
  })

  it.each([
    [0, 0, 0, 'Downloading:   0%|          | 0/10000 [00:00<?, 0.00frame/s, 1.0MB/s, 0 missing]'],
    [
      5300,
      100,
      53,
      'Downloading:  53%|█████▎    | 5300/10000 [00:53<00:47, 100.00frame/s, 1.0MB/s, 0 missing]',
    ],
    [
      9999,
      0.001,
      3725,
      'Downloading:  99%|█████████▉| 9999/10000 [1:02:05<16:40, 0.00frame/s, 1.0MB/s, 0 missing]',
    ],
  ])('shows %i of 10,000 frames', (done, framesPerSecond, seconds, line) => {
    expect(barText({ ...progress, done, framesPerSecond, throughputMBps: 1 }, seconds)).toBe(line)
  })
})
