import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternWord } from '../../ts/simulator/pattern.js'
import { telopsCount, telopsFrame, telopsValues } from '../../ts/simulator/telops/formula.js'
import { maxFrameRateHz } from '../../ts/simulator/telops/frame-rate.js'

const frameId = fc.integer({ min: 0, max: 2 ** 32 - 1 })

describe('what a simulated Telops camera shows', () => {
  it('is made of the words of the pattern', () => {
    const word = patternWord(7, 3, 5)
    expect([telopsCount(7, 3, 10), telopsCount(7, 3, 11)]).toEqual([
      24_576 + (word % 4096),
      24_576 + (Math.floor(word / 65_536) % 4096),
    ])
  })

  it('is, as a frame, each of its counts', () => {
    fc.assert(
      fc.property(
        frameId,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        (id, width, height) => {
          const counts = Array.from({ length: width * height }, (_, at) =>
            telopsCount(id, Math.floor(at / width), at % width),
          )
          expect([...telopsFrame(id, width, height)]).toEqual(counts)
        },
      ),
    )
  })

  it('is 24 to 28 degC in mode RT, the same in kelvin in others, and counts where there are no values', () => {
    const counts = telopsFrame(9, 64, 4)
    const celsius = telopsValues(9, 64, 4)
    counts.forEach((count, at) => {
      expect(celsius[at]).toBeCloseTo(count / 1024, 4)
    })
    expect(Math.min(...celsius)).toBeGreaterThan(23.9)
    expect(Math.max(...celsius)).toBeLessThan(28.1)
    expect(telopsValues(9, 64, 4, 'IBR')[0]).toBeCloseTo(counts[0]! / 1024 + 273.15, 3)
    expect([...telopsValues(9, 64, 4, 'NUC')]).toEqual([...counts])
  })
})

// The table that the maker publishes.
describe.each([
  [320, 256, 10, 3115],
  [320, 128, 10, 5973],
  [320, 64, 10, 11_034],
  [128, 64, 10, 17_836],
  [64, 32, 10, 36_676],
  [64, 4, 10, 64_491],
  [64, 4, 5, 95_184],
])('%i x %i pixels at %i us', (width, rows, exposureUs, hz) => {
  it(`come at up to ${hz} Hz`, () => {
    expect(Math.abs(maxFrameRateHz(width, rows, exposureUs) / hz - 1)).toBeLessThan(0.005)
  })
})
