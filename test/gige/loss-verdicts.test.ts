import { isPattern, patternFrameNumber } from 'framewire/simulator'
import { expect, it } from 'vitest'
import { live } from './live.js'
import { CELLS, FRAMES } from './loss-cells.js'

// What is lost stays lost: the host has to say of each frame exactly what the camera knows of it.
it.each(CELLS)('2,000 frames without resends, $name: the verdicts are the record', async ({ camera }) => {
  const { width = 0, height = 0 } = camera
  const verdicts = new Map<number, unknown>()
  const { records, statistics } = await live(
    { camera, frames: FRAMES, acquisition: { resend: false, incomplete: 'deliver' } },
    ({ blockId, complete, missing, data }) => {
      if (complete && !isPattern(data, { width, height }, patternFrameNumber(data))) {
        throw new Error(`block ${blockId} is called whole and is no frame`)
      }
      verdicts.set(Number(blockId), { complete, missing })
    },
  )
  expect(records.length).toBe(FRAMES)
  const recorded = records.map(
    ({ id, missing }) => [id, { complete: missing.length === 0, missing }] as const,
  )
  expect(verdicts).toEqual(new Map(recorded))
  expect(statistics.losses).toMatchObject({ kernel: 0, app: 0 })
  expect(statistics.resendRequests).toBe(0)
})
