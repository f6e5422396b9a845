import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../ts/errors.js'
import { logFrame, readLog } from '../../ts/journal/log-frame.js'
import { random } from '../interop/images.js'
import { LONG, scaled } from './journals.js'

const groups = fc.array(fc.array(fc.jsonValue(), { maxLength: 4 }), { minLength: 1, maxLength: 6 })
/** Records as long as several sectors of a disk. */
const long = fc.array(
  fc.array(fc.string({ minLength: 300, maxLength: 900 }), { minLength: 1, maxLength: 3 }),
  {
    minLength: 1,
    maxLength: 4,
  },
)

function frames(records: readonly (readonly unknown[])[]): Uint8Array<ArrayBuffer>[] {
  return records.map((group, seq) => logFrame(seq, group))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** How a reader takes these bytes: whole records, a torn tail, or damage. */
function reading(bytes: Uint8Array): { records: unknown[][]; torn: number } | 'damaged' {
  try {
    const { frames, length, torn } = readLog('log', bytes)
    expect(length + torn).toBe(bytes.length)
    return { records: frames.map(({ records }) => records), torn }
  } catch (error) {
    if (hasCode(error, 'journal/damaged')) return 'damaged'
    throw error
  }
}

/** As JSON gives it back. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown[][]

describe('a log', () => {
  it('gives back the records that were written', () => {
    fc.assert(
      fc.property(groups, (records) => {
        expect(reading(joined(frames(records)))).toEqual({ records: plain(records), torn: 0 })
      }),
    )
  })

  it('is text, a line for each write', () => {
    const text = Buffer.from(joined(frames([['a\n\0'], [{ b: 1 }]]))).toString()
    expect(text).toMatch(
      /^00000000 0000000d [0-9a-f]{8} \["a\\n\\u0000"\]\n00000001 00000009 [0-9a-f]{8} \[\{"b":1\}\]\n$/,
    )
  })

  it('is read as far as it is whole, wherever it was cut', () => {
    fc.assert(
      fc.property(groups, (records) => {
        const parts = frames(records)
        const bytes = joined(parts)
        let whole = 0
        let end = 0
        for (let cut = 0; cut <= bytes.length; cut++) {
          if (whole < parts.length && cut === end + parts[whole]!.length) end += parts[whole++]!.length
          expect(reading(bytes.subarray(0, cut))).toEqual({
            records: plain(records.slice(0, whole)),
            torn: cut - end,
          })
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is read as far as it is whole, whichever sectors of the last write are missing', () => {
    fc.assert(
      fc.property(long, fc.integer({ min: 1, max: 2 ** 12 }), fc.nat(), (records, holes, cut) => {
        const parts = frames(records)
        const last = parts.at(-1)!
        const start = joined(parts).length - last.length
        const bytes = joined(parts).subarray(0, start + 1 + (cut % last.length))
        let lost = bytes.length < start + last.length
        for (let at = start, sector = 0; at < bytes.length; sector++) {
          const next = Math.min(bytes.length, at + 512 - (at % 512))
          if ((holes >> (sector % 12)) & 1) {
            bytes.fill(0, at, next)
            lost = true
          }
          at = next
        }
        const before = plain(records.slice(0, -1))
        expect(reading(bytes)).toEqual(
          lost ? { records: before, torn: bytes.length - start } : { records: plain(records), torn: 0 },
        )
      }),
    )
  })

  it('is cut where nothing but zeros was left of a write', () => {
    const [first] = frames([['a']])
    for (const zeros of [1, 5, 27, 28, 511, 512, 513, 5000]) {
      expect(reading(joined([first!, new Uint8Array(zeros)]))).toEqual({ records: [['a']], torn: zeros })
    }
  })

  it('is damaged by any single bit, of any frame, the last one too', () => {
    const bytes = joined(
      frames([['session'], [{ tried: 1 }, { text: ' @ é\u2028 J' }], [], [['last'], 2 ** 33]]),
    )
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect([bit, reading(bytes)]).toEqual([bit, 'damaged'])
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
  })

  const flips = scaled(20_000, 100_000)
  it(`is damaged by each of ${flips} single bits of other logs`, LONG, () => {
    const next = random(4)
    let flipped = 0
    while (flipped < flips) {
      const records = fc.sample(next() < 0.5 ? groups : long, {
        numRuns: 1,
        seed: Math.floor(next() * 2 ** 31),
      })[0]!
      const bytes = joined(frames(records))
      for (let turn = 0; turn < 200; turn++, flipped++) {
        const at = Math.floor(next() * bytes.length)
        const bit = 1 << Math.floor(next() * 8)
        bytes[at]! ^= bit
        if (reading(bytes) !== 'damaged')
          throw new Error(`byte ${at}, bit ${bit} of ${JSON.stringify(records)}`)
        bytes[at]! ^= bit
      }
    }
  })

  it('is damaged where a frame is missing, comes again, or follows a torn one', () => {
    const [a, b, c] = frames([['a'], ['b'], ['c']]) as [Uint8Array, Uint8Array, Uint8Array]
    for (const order of [
      [b],
      [a, c],
      [a, b, b],
      [b, a],
      [a, b.subarray(0, -4), c],
      [a, new Uint8Array(600), c],
    ]) {
      expect(reading(joined(order))).toBe('damaged')
    }
  })

  it('is damaged where its end is not the beginning of the next frame', () => {
    const [a, , c] = frames([['a'], ['b'], ['c']]) as [Uint8Array, Uint8Array, Uint8Array]
    const text = (words: string) => new Uint8Array(Buffer.from(words))
    for (const tail of [
      c.subarray(0, 4),
      c.subarray(0, 8),
      c.subarray(0, -1),
      text('x'),
      text('some words'),
      text('y'.repeat(99)),
    ]) {
      // The first digits of any two frames are the same.
      expect(reading(joined([a, tail]))).toEqual(
        tail.length === 4 ? { records: [['a']], torn: 4 } : 'damaged',
      )
    }
  })

  it('is damaged, and never read, where a frame that is whole holds something else', () => {
    const frame = logFrame(0, [])
    expect(reading(frame)).toEqual({ records: [[]], torn: 0 })
    for (const value of [{}, null, 7, 'text']) {
      expect(reading(logFrame(0, value as unknown as unknown[]))).toBe('damaged')
    }
    expect(reading(logFrame(0, { toJSON: () => undefined } as unknown as unknown[]))).toBe('damaged')
  })

  it('takes any bytes at all without another error than damage', () => {
    const start = fc.oneof(
      fc.constant(new Uint8Array()),
      groups.map((records) => joined(frames(records))),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), (log, noise) => {
        const read = reading(joined([log, noise]))
        if (read !== 'damaged') expect(read.torn).toBeLessThanOrEqual(noise.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('says where it is damaged', () => {
    const bytes = joined(frames([['a'], ['b'], ['c']]))
    bytes[60]! ^= 4
    expect(() => readLog('/j/log', bytes)).toThrow(
      expect.objectContaining({
        code: 'journal/damaged',
        message: expect.stringMatching(/^\/j\/log: a frame is not as it was written.* \(byte 33\)\./),
        details: { path: '/j/log', offset: 33, reason: expect.any(String) },
      }),
    )
  })
})
