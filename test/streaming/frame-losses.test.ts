import { describe, expect, it } from 'vitest'
import { frameLosses } from '../../ts/gige/capture/frame-losses.js'
import type { StreamStatistics } from '../../ts/gige/statistics.js'

const losses = (statistics: Partial<StreamStatistics>) =>
  frameLosses({
    skipped: 0,
    incomplete: 0,
    queueFull: 0,
    missingPackets: 0,
    kernelDrops: 0,
    queueDrops: 0,
    ...statistics,
  } as StreamStatistics)

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
