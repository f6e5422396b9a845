import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ArrivedBlock, Placing, Stride } from '../../../../ts/telops/download/placing.js'

const FIRST_ID = 500

interface SentBlock extends ArrivedBlock {
  /** Which frame it really is. */
  really: number
}

function sent(blockId: number, really: number, hasHeader = true): SentBlock {
  return { blockId: BigInt(blockId), header: hasHeader ? header(really) : undefined, really }
}

function header(frame: number, at100ns = 0, frameRateHz = 1000): Float64Array {
  const numbers = new Float64Array(14)
  numbers[0] = FIRST_ID + frame
  numbers[7] = frameRateHz
  numbers[9] = 1_700_000_000 + Math.floor(at100ns / 1e7)
  numbers[10] = at100ns % 1e7
  return numbers
}

function placedOf(run: readonly [number, number], blocks: SentBlock[]) {
  const placing = new Placing<SentBlock>(run, FIRST_ID)
  const placed = [...blocks.flatMap((block) => placing.take(block)), ...placing.end()]
  return { placing, placed, frames: placed.map(({ frame }) => frame) }
}

describe('placing blocks', () => {
  it('goes by headers, whatever the numbers are', () => {
    const { frames, placing } = placedOf([10, 14], [sent(1, 12), sent(2, 10), sent(7, 13), sent(3, 11)])
    expect(frames).toEqual([12, 10, 13, 11])
    expect(placing.outOfOrder).toBe(4)
  })

  it('takes no frame that was not asked for', () => {
    expect(placedOf([10, 12], [sent(1, 9), sent(2, 12), sent(3, -700), sent(4, 11)]).frames).toEqual([
      undefined,
      undefined,
      undefined,
      11,
    ])
  })

  it('believes the number of a block between two whose headers keep step', () => {
    const blocks = [sent(1, 10), sent(2, 11, false), sent(3, 12, false), sent(4, 13)]
    expect(placedOf([10, 14], blocks).frames).toEqual([10, 11, 12, 13])
  })

  it('believes no number at either end, nor where the step changes', () => {
    const blocks = [sent(1, 10, false), sent(2, 11), sent(3, 12, false), sent(4, 10), sent(5, 11, false)]
    expect(placedOf([10, 14], blocks).frames).toEqual([undefined, 11, undefined, 10, undefined])
  })

  it('keeps few blocks back', () => {
    const placing = new Placing<SentBlock>([0, 100], FIRST_ID)
    placing.take(sent(1, 0))
    const decided = Array.from({ length: 20 }, (_, at) => placing.take(sent(at + 2, at + 1, false)))
    expect(decided.flat().length).toBe(12)
    expect(placing.take(sent(22, 21)).map(({ frame }) => frame)).toEqual([
      ...Array.from({ length: 8 }, (_, at) => 13 + at),
      21,
    ])
  })

  it('is right about each block that it places, of a late tail and a session, whatever their numbers', () => {
    const part = fc.record({
      block: fc.integer({ min: 1, max: 30 }),
      frame: fc.integer({ min: 0, max: 30 }),
      came: fc.array(fc.constantFrom('header', 'none', 'lost'), { maxLength: 15 }),
    })
    fc.assert(
      fc.property(part, part, (late, session) => {
        const blocks = [late, session].flatMap(({ block, frame, came }) =>
          came.flatMap((how, at) => (how === 'lost' ? [] : [sent(block + at, frame + at, how === 'header')])),
        )
        const { placed } = placedOf([5, 35], blocks)
        expect(placed.map(({ block }) => block)).toEqual(blocks)
        for (const { block, frame } of placed) if (frame !== undefined) expect(frame).toBe(block.really)
        const isInRun = ({ really }: SentBlock) => really >= 5 && really < 35
        const headed = placed.filter(({ block }) => block.header && isInRun(block))
        expect(headed.every(({ frame }) => frame !== undefined)).toBe(true)
      }),
    )
  })
})

describe('the stride', () => {
  const gaps = (tolerance: number, frames: [frame: number, at100ns: number][], rate?: number) => {
    const stride = new Stride(tolerance)
    for (const [frame, at] of frames) stride.take(frame, header(frame, at, rate))
    return stride.gaps
  }

  it('has no gap where frames lie a period apart, within the tolerance and a unit of the clock', () => {
    expect(
      gaps(0.05, [
        [0, 9_999_000],
        [1, 10_009_000],
        [2, 10_019_501],
        [3, 10_029_000],
      ]),
    ).toBe(0)
    expect(
      gaps(
        0,
        [
          [0, 0],
          [1, 105],
          [2, 211],
        ],
        95_184,
      ),
    ).toBe(0)
  })

  it('has one where a frame is off', () => {
    expect(
      gaps(0.05, [
        [0, 0],
        [1, 20_000],
        [2, 30_000],
      ]),
    ).toBe(1)
    expect(
      gaps(0.05, [
        [0, 0],
        [1, 10_502],
      ]),
    ).toBe(1)
    expect(
      gaps(0.05, [
        [0, 0],
        [1, 9498],
      ]),
    ).toBe(1)
  })

  it('compares neighbours alone, and each once', () => {
    expect(
      gaps(0.05, [
        [0, 0],
        [2, 20_000],
        [1, 10_000],
        [5, 3],
      ]),
    ).toBe(0)
    expect(
      gaps(0.05, [
        [0, 0],
        [1, 20_000],
        [0, 0],
        [1, 20_000],
      ]),
    ).toBe(1)
    expect(
      gaps(
        0.05,
        [
          [0, 0],
          [1, 7],
        ],
        0,
      ),
    ).toBe(0)
  })
})
