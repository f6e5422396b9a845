import { describe, expect, it } from 'vitest'
import { lossText } from '../../../ts/cli/grabbing.js'
import { acquisitionStatistics, frameLosses, type StreamStatistics } from '../../../ts/gige/statistics.js'

/** Counts of a stream that lost nothing but this. */
const counts = (lost: Partial<StreamStatistics>) =>
  ({
    skipped: 0,
    incomplete: 0,
    queueFull: 0,
    missingPackets: 0,
    kernelDrops: 0,
    queueDrops: 0,
    refused: {},
    streamingMs: 0,
    ...lost,
  }) as StreamStatistics

const losses = (lost: Partial<StreamStatistics>) => frameLosses(counts(lost))

describe('frameLosses', () => {
  it('has each lost frame at one place', () => {
    expect(losses({ skipped: 3, queueFull: 2 })).toEqual({ camera: 3, wire: 0, kernel: 0, app: 2 })
    expect(losses({ incomplete: 5, missingPackets: 40 })).toEqual({ camera: 0, wire: 5, kernel: 0, app: 0 })
  })

  it('shares incomplete frames between wire and kernel, as the packets that are missing', () => {
    expect(losses({ incomplete: 4, missingPackets: 40, kernelDrops: 10 })).toMatchObject({
      wire: 3,
      kernel: 1,
    })
    expect(losses({ incomplete: 4, missingPackets: 40, queueDrops: 40 })).toMatchObject({
      wire: 0,
      kernel: 4,
    })
    // Packets that were dropped and came again, or are of frames that nobody waits for, lost no frame.
    expect(losses({ incomplete: 4, missingPackets: 40, kernelDrops: 900 })).toMatchObject({
      wire: 0,
      kernel: 4,
    })
    expect(losses({ kernelDrops: 900 })).toMatchObject({ wire: 0, kernel: 0 })
  })

  it('takes a platform that does not tell for one that drops nothing', () => {
    expect(losses({ incomplete: 2, missingPackets: 9, kernelDrops: undefined })).toMatchObject({
      wire: 2,
      kernel: 0,
    })
  })
})

describe('the losses of an acquisition', () => {
  const READS = { read: 0, passedOver: 0, unread: 0 }

  it('are frames at every place, as those of a stream to packing workers', () => {
    const dropped = counts({ skipped: 1, incomplete: 4, missingPackets: 40, kernelDrops: 10, queueFull: 2 })
    expect(acquisitionStatistics([dropped], [READS], [])).toMatchObject({
      losses: { camera: 1, wire: 3, kernel: 1, app: 2 },
      kernelDrops: 10,
    })
  })

  it('are those of its streams together: what was dropped of one did not cost frames of another', () => {
    const streams = [counts({ incomplete: 4, missingPackets: 40 }), counts({ kernelDrops: 900, skipped: 2 })]
    expect(acquisitionStatistics(streams, [READS, READS], []).losses).toEqual({
      camera: 2,
      wire: 4,
      kernel: 0,
      app: 0,
    })
  })
})

it('is told in words, with every place that lost frames', () => {
  expect(lossText({ camera: 1, wire: 2, kernel: 3, app: 4 })).toBe(
    "1 frames left out by the camera, 2 on the wire, 3 in this host's receive buffer, 4 here: the disk is slower than the camera",
  )
  expect(lossText({ camera: 0, wire: 0, kernel: 0, app: 0 })).toBe('nothing')
})
