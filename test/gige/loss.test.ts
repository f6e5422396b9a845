import type { GigeFrame } from 'framewire/gige'
import { expectedPixel, isPattern, patternFrameNumber } from 'framewire/simulator'
import { describe, expect, it } from 'vitest'
import { live } from './live.js'
import { CELLS, FRAMES, type LossCell, PATIENCE } from './loss-cells.js'

/** Up to here every frame has to be whole. */
const RECOVERABLE = 0.1

type Ranges = GigeFrame['missing']
const ALL = Array.from({ length: FRAMES }, (_, number) => number)

/** Acquire, with packets asked for again; what is said to be there has to be what the camera showed. */
async function acquire({ camera }: LossCell) {
  const { width = 0, height = 0 } = camera
  const whole: number[] = []
  const incomplete = new Map<number, Ranges>()
  const acquisition = { incomplete: 'deliver', resend: PATIENCE } as const
  const result = await live({ camera, frames: FRAMES, acquisition }, (frame) => {
    // The camera is new: its first frame has the number 0 and the id 1.
    const number = Number(frame.blockId) - 1
    if (frame.complete) {
      whole.push(number)
      const isShown = isPattern(frame.data, { width, height }, number)
      expect(isShown, `frame ${number} is what was shown, not ${patternFrameNumber(frame.data)}`).toBe(true)
    } else {
      incomplete.set(number, frame.missing)
      expect(
        wrongPixels(frame, number, width),
        `wrong pixels of frame ${number}, which are not missing`,
      ).toBe(0)
    }
  })
  expect(result.camera).toMatchObject({ frames: FRAMES, unsent: 0, prematureResends: 0 })
  expect(result.statistics.losses).toMatchObject({ kernel: 0, app: 0 })
  return { ...result, whole, incomplete }
}

/** Pixels that are not missing and not what was shown. (Without its leader a frame has no rows.) */
function wrongPixels(frame: GigeFrame, number: number, width: number): number {
  const mask = frame.mask()
  const isWrong = (at: number) =>
    mask[at] === 1 && frame.data[at] !== expectedPixel(number, Math.floor(at / width), at % width)
  return [...mask.keys()].filter(isWrong).length
}

const packetsIn = (ranges: Ranges) => new Set(ranges.flatMap(([first, last]) => ALL.slice(first, last + 1)))

describe('2,000 frames, with packets asked for again', () => {
  const soft = CELLS.filter(({ loss }) => loss <= RECOVERABLE)
  it.each(soft)('$name: every frame is whole', async (cell) => {
    const { whole, incomplete, statistics } = await acquire(cell)
    expect(incomplete).toEqual(new Map())
    expect(whole).toEqual(ALL)
    expect(statistics).toMatchObject({ complete: FRAMES, incomplete: 0, skipped: 0 })
  })

  const hard = CELLS.filter(({ loss }) => loss > RECOVERABLE)
  it.each(hard)('$name: every frame is whole, or told with what is missing', async (cell) => {
    const { whole, incomplete, records } = await acquire(cell)
    expect([...whole, ...incomplete.keys()].sort((a, b) => a - b)).toEqual(ALL)
    for (const { number, missing } of records) {
      const told = packetsIn(incomplete.get(number) ?? [])
      const untold = [...packetsIn(missing)].filter((packet) => !told.has(packet))
      expect(untold, `missing packets of frame ${number} that are not told`).toEqual([])
    }
  })
})
