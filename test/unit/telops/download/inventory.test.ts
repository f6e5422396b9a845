import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteRange, difference, intersection } from '../../../../ts/telops/download/byte-ranges.js'
import { FrameParts } from '../../../../ts/telops/download/frame-parts.js'
import { Inventory } from '../../../../ts/telops/download/inventory.js'
import { Spool } from '../../../../ts/telops/download/spool.js'
import { ForgetfulDisk } from '../../../disk/forgetful-disk.js'

const SIZE = 40

/** Ranges of bytes that are set. */
function rangesOf(bytes: readonly boolean[]): ByteRange[] {
  const ranges: [number, number][] = []
  for (const [at, isSet] of bytes.entries()) {
    if (!isSet) continue
    if (ranges.at(-1)?.[1] === at) ranges.at(-1)![1] = at + 1
    else ranges.push([at, at + 1])
  }
  return ranges
}

const flags = fc.array(fc.boolean(), { minLength: SIZE, maxLength: SIZE })

describe('ranges of bytes', () => {
  it('are what sets of bytes are', () => {
    fc.assert(
      fc.property(flags, flags, (a, b) => {
        expect(intersection(rangesOf(a), rangesOf(b))).toEqual(
          rangesOf(a.map((isSet, at) => isSet && b[at]!)),
        )
        expect(difference(rangesOf(a), rangesOf(b))).toEqual(rangesOf(a.map((isSet, at) => isSet && !b[at]!)))
      }),
    )
  })
})

describe('an inventory', () => {
  const [FROM, TO] = [3, 23]
  const frame = fc.integer({ min: FROM, max: TO - 1 })
  const change = fc.oneof(
    fc.record({ whole: frame }),
    fc.record({ part: frame, missing: flags.map(rangesOf) }),
    fc.record({ gone: frame }),
  )

  it('is as one that is counted anew each time', () => {
    const runs = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 3 })
    fc.assert(
      fc.property(runs, fc.array(change, { maxLength: 40 }), fc.nat(4), (before, changes, bridged) => {
        const inventory = new Inventory([FROM, TO], before)
        const all = Array.from({ length: TO - FROM }, (_, at) => FROM + at)
        const whole = new Set(all.filter((each) => before.some(([from, to]) => each >= from && each < to)))
        const parts = new Map<number, readonly ByteRange[]>()
        for (const step of changes) {
          if ('whole' in step) {
            inventory.setWhole(step.whole)
            whole.add(step.whole)
            parts.delete(step.whole)
          } else if ('part' in step && !whole.has(step.part)) {
            inventory.setPart(step.part, step.missing)
            parts.set(step.part, step.missing)
          } else if ('gone' in step) {
            inventory.setPart(step.gone, undefined)
            parts.delete(step.gone)
          }
        }
        const missing = all.filter((each) => !whole.has(each))
        expect(inventory.missing).toBe(missing.length)
        expect(inventory.missingFrames()).toEqual(missing)
        expect(all.filter((each) => inventory.isWhole(each))).toEqual([...whole].sort((a, b) => a - b))
        for (const each of all) expect(inventory.missingOf(each)).toEqual(parts.get(each))
        const listed = (list: readonly (readonly [number, number])[]) =>
          all.filter((each) => list.some(([from, to]) => each >= from && each < to))
        expect(listed(inventory.wholeRuns())).toEqual([...whole].sort((a, b) => a - b))
        const bridging = inventory.runs(bridged)
        expect(missing.filter((each) => !listed(bridging).includes(each))).toEqual([])
        for (const [at, [from, to]] of bridging.entries()) {
          expect([whole.has(from), whole.has(to - 1)]).toEqual([false, false])
          if (at > 0) expect(from - bridging[at - 1]![1]).toBeGreaterThan(bridged)
          // Whole frames within a run: never more than may be bridged, one behind the other.
          const inside = all.filter((each) => each >= from && each < to).map((each) => whole.has(each))
          const longest = Math.max(...rangesOf(inside).map(([first, end]) => end - first), 0)
          expect(longest).toBeLessThanOrEqual(bridged)
        }
      }),
    )
  })
})

describe('parts of frames', () => {
  const image = Uint8Array.from({ length: SIZE }, (_, at) => at + 1)

  function part(missing: readonly boolean[], of = image) {
    return { raw: of.map((byte, at) => (missing[at] ? 0 : byte)), missing: rangesOf(missing) }
  }

  async function kept() {
    const inventory = new Inventory([0, 4])
    return { inventory, parts: new FrameParts(inventory, new Spool(new ForgetfulDisk(), '/spool', SIZE + 8)) }
  }

  it('are whole when together they have every byte, and not before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(flags, { minLength: 1, maxLength: 6 }), async (all) => {
        const { parts, inventory } = await kept()
        let missing: boolean[] = new Array(SIZE).fill(true)
        for (const each of all) {
          const whole = await parts.add(2, part(each))
          missing = missing.map((isMissing, at) => isMissing && each[at]!)
          if (!missing.includes(true)) {
            expect(whole).toEqual(image)
            return
          }
          expect(whole).toBeUndefined()
          expect(inventory.missingOf(2)).toEqual(rangesOf(missing))
          expect(await parts.get(2, SIZE)).toEqual(part(missing))
        }
      }),
    )
  })

  it('of two images are never mixed: the later one stays', async () => {
    const { parts } = await kept()
    const other = image.map((byte) => byte + 100)
    const [front, behind] = [(at: number) => at < 30, (at: number) => at >= 10]
    const missing = (is: (at: number) => boolean) => Array.from(image, (_, at) => is(at))
    await parts.add(1, part(missing(behind)))
    // Bytes 0 to 9 of the one, 5 to 39 of the other.
    expect(
      await parts.add(
        1,
        part(
          missing((at) => at < 5),
          other,
        ),
      ),
    ).toBeUndefined()
    expect(await parts.get(1, SIZE)).toEqual(
      part(
        missing((at) => at < 5),
        other,
      ),
    )
    expect(await parts.add(1, part(missing(front), other))).toBeUndefined()
    parts.drop(1)
    expect(await parts.get(1, SIZE)).toBeUndefined()
  })
})
