import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedPoints, type SeriesChannel } from '../../../ts/streaming/series-points.js'

const digest = (points: SeriesChannel) => checkedPoints(points).digest
const list = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 })
const points = list.chain((values) =>
  fc.record({
    values: fc.constant(values),
    timestamps: fc.array(fc.constantFrom(0, 1, 2, 1.5), {
      minLength: values.length,
      maxLength: values.length,
    }),
    units: fc.option(fc.constantFrom('', 'C', 'mbar'), { nil: undefined }),
  }),
)
/** What makes two chunks the same: every bit of every number, and the units. */
const identity = ({ timestamps, values, units }: SeriesChannel) =>
  JSON.stringify([
    [...new BigUint64Array(Float64Array.from([...Array.from(timestamps), ...Array.from(values)]).buffer)].map(
      String,
    ),
    units ?? null,
  ])

describe('the digest of points', () => {
  it('is the same for the same points, of whatever list', () => {
    fc.assert(
      fc.property(points, ({ timestamps, values, units }) => {
        const typed = { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values), units }
        expect(digest(typed)).toBe(digest({ timestamps, values, units }))
        expect(Number.isSafeInteger(digest(typed))).toBe(true)
      }),
    )
  })

  it('tells different points apart', () => {
    const seen = new Map<number, string>()
    fc.assert(
      fc.property(points, (given) => {
        const known = seen.get(digest(given)) ?? identity(given)
        expect(identity(given)).toBe(known)
        seen.set(digest(given), known)
      }),
      { numRuns: 2_000 },
    )
    // Signs are the top bits of the words, the first that a weak mixing loses.
    const signs = Array.from({ length: 256 }, (_, k) =>
      Array.from({ length: 8 }, (_, bit) => ((k >> bit) & 1 ? -1 : 1)),
    )
    const timestamps = Array(8).fill(0)
    expect(new Set(signs.map((values) => digest({ timestamps, values }))).size).toBe(256)
  })

  it('tells lists of other lengths, swapped lists and units apart', () => {
    const given: SeriesChannel[] = [
      { timestamps: [], values: [] },
      { timestamps: [0], values: [0] },
      { timestamps: [0, 0], values: [0, 0] },
      { timestamps: [0, 1], values: [1, 0] },
      { timestamps: [1, 0], values: [0, 1] },
      { timestamps: [0, 1], values: [1, 0], units: '' },
      { timestamps: [0, 1], values: [1, 0], units: 'C' },
      { timestamps: [0, 1], values: [1, 0], units: 'K' },
    ]
    expect(new Set(given.map(digest)).size).toBe(given.length)
  })
})
