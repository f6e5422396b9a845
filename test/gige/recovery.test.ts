import { type GigeSimulatorOptions, isPattern, patternFrameNumber } from 'framewire/simulator'
import { expect, it } from 'vitest'
import { type LiveResult, live } from './live.js'
import { PATIENCE } from './loss-cells.js'
import type { Recorded } from './ours/ours.js'

/** A leader, six packets of pixels, a trailer. */
const IMAGE = { width: 64, height: 48, fps: 200, seed: 1 }
const FRAMES = 100

const packetsIn = (ranges: Recorded['dropped']) =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)

// Last is counted that there was something to mend.
it.each<[string, GigeSimulatorOptions, (result: LiveResult) => number]>([
  [
    'has ids of 64 bits, which do not wrap',
    { extendedIds: true, firstBlockId: 65_500, faults: { loss: 0.05 } },
    ({ records, statistics }) => records.filter(({ id }) => id > 65_535).length * statistics.recovered,
  ],
  [
    'sends damaged headers',
    { faults: { damage: 0.05 } },
    ({ records }) => records.flatMap(({ damaged }) => damaged).length,
  ],
  [
    'sends other packets than those it was asked for',
    { faults: { loss: 0.05, resendWrong: 0.5 } },
    // More than those that were lost.
    ({ camera, records }) => camera.resentPackets - packetsIn(records.flatMap(({ dropped }) => dropped)),
  ],
  [
    'says of packets that they are sent again',
    { resendStatus: true, faults: { loss: 0.05 } },
    ({ camera }) => camera.resentPackets,
  ],
])('every frame is whole of a camera that %s', async (_, options, evidence) => {
  const ids: bigint[] = []
  const numbers: number[] = []
  const task = { camera: { ...IMAGE, ...options }, frames: FRAMES, acquisition: { resend: PATIENCE } }
  const result = await live(task, ({ blockId, data }) => {
    const number = patternFrameNumber(data)
    expect(isPattern(data, IMAGE, number), `block ${blockId} is a frame that was shown`).toBe(true)
    numbers.push(number)
    ids.push(blockId)
  })
  const { firstBlockId = 1 } = options
  const all = Array.from({ length: FRAMES }, (_, n) => n)
  expect(numbers).toEqual(all)
  expect(ids).toEqual(all.map((n) => BigInt(firstBlockId + n)))
  expect(evidence(result)).toBeGreaterThan(0)
})
