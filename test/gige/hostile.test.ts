import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AcquisitionStatistics } from 'framewire/gige'
import { HOSTILE, isPattern, patternFrameNumber } from 'framewire/simulator'
import { afterAll, describe, expect, it } from 'vitest'
import { live } from './live.js'

const IMAGE = { width: 270, height: 80 }
const FRAMES = 200
/** What the process may grow by while it receives from all of them, far less than what they claim. */
const MOST_GROWTH_BYTES = 150e6

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Every second frame is as it should be. */
const isHonest = (number: number) => number % 2 === 0

/** Everything that says of a packet or a frame that it was not as it should be. */
const complaints = (statistics: AcquisitionStatistics) => {
  const { incomplete, skipped, duplicates, late, foreign, refused, unavailable, recovered } = statistics
  const counts = [incomplete, skipped, duplicates, late, foreign, unavailable, recovered]
  return [...counts, ...Object.values(refused)].reduce((sum, count) => sum + count, 0)
}

describe('a hostile camera', () => {
  const growth: number[] = []
  let before: number | undefined

  it.each(HOSTILE)('%s: no false frame, every honest one, and a count of what is wrong', async (hostile) => {
    const numbers: number[] = []
    const camera = { ...IMAGE, fps: 200, seed: 1, hostile }
    const { statistics, records } = await live({ camera, frames: FRAMES }, (frame) => {
      expect(frame.shape).toEqual([IMAGE.height, IMAGE.width])
      const number = patternFrameNumber(frame.data)
      expect(isPattern(frame.data, IMAGE, number), `block ${frame.blockId} is a frame that was shown`).toBe(
        true,
      )
      numbers.push(number)
    })
    expect(numbers, 'each frame once, in order').toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const honest = records.map(({ number }) => number).filter(isHonest)
    expect(honest.length).toBe(FRAMES / 2)
    expect(honest.filter((number) => !numbers.includes(number))).toEqual([])
    const isHarmless = numbers.length === FRAMES
    expect(complaints(statistics) > 0 || isHarmless, 'a count, where a frame is missing').toBe(true)
    collectGarbage()
    const { rss } = process.memoryUsage()
    before ??= rss
    growth.push(rss - before)
  })

  afterAll(() => {
    expect(growth.length).toBe(HOSTILE.length)
    expect(Math.max(...growth)).toBeLessThan(MOST_GROWTH_BYTES)
  })
})
