import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConnectionTrial, isStable, ranked } from '../../../../ts/telops/tuning/ranking.js'

function trial(stated: Partial<ConnectionTrial>): ConnectionTrial {
  return {
    packetSize: 1500,
    bitrateMbps: 1000,
    receiveBufferBytes: 2 ** 25,
    nFrames: 300,
    nIncomplete: 0,
    nStrideGaps: 0,
    throughputMBps: 100,
    elapsedSeconds: 1,
    ...stated,
  }
}

/** Which of two is ranked first, whichever is given first. */
function better(a: Partial<ConnectionTrial>, b: Partial<ConnectionTrial>): Partial<ConnectionTrial> {
  const [first, second] = [trial(a), trial(b)]
  const winners = [ranked([first, second])[0], ranked([second, first])[0]]
  expect(winners[0]).toBe(winners[1])
  return winners[0] === first ? a : b
}

describe('ranking of trials', () => {
  it('puts a slow one without loss before a fast one with one frame lost', () => {
    const slow = { throughputMBps: 30 }
    expect(better(slow, { nIncomplete: 1, throughputMBps: 110 })).toBe(slow)
  })

  it('puts frames that the camera left out on a level with lost ones', () => {
    const slow = { throughputMBps: 30 }
    expect(better(slow, { nStrideGaps: 1, throughputMBps: 110 })).toBe(slow)
    expect(isStable(trial({ nStrideGaps: 1 }))).toBe(false)
    expect(isStable(trial({ nIncomplete: 1 }))).toBe(false)
    expect(isStable(trial({}))).toBe(true)
  })

  it('puts the faster one of two without loss first', () => {
    const fast = { throughputMBps: 110, packetSize: 1500 }
    expect(better(fast, { throughputMBps: 80, packetSize: 9000 })).toBe(fast)
  })

  it('weighs much less loss over speed', () => {
    const fewer = { nIncomplete: 3, throughputMBps: 60 }
    expect(better(fewer, { nIncomplete: 60, throughputMBps: 90 })).toBe(fewer)
  })

  it('weighs speed over a difference in loss that is chance', () => {
    const faster = { nIncomplete: 49, throughputMBps: 90 }
    expect(better(faster, { nIncomplete: 45, throughputMBps: 30 })).toBe(faster)
  })

  it('decides a tie for larger packets, then for the lower bitrate, then for the smaller buffer', () => {
    const large = { packetSize: 9000, throughputMBps: 100 }
    expect(better(large, { packetSize: 8000, throughputMBps: 100.001 })).toBe(large)
    const gentle = { bitrateMbps: 700 }
    expect(better(gentle, { bitrateMbps: 1000 })).toBe(gentle)
    const small = { receiveBufferBytes: 2 ** 20 }
    expect(better(small, { receiveBufferBytes: 2 ** 22 })).toBe(small)
  })

  it('ranks trials of which nothing came by the same ties', () => {
    const nothing = { nIncomplete: 300, throughputMBps: 0 }
    const large = { ...nothing, packetSize: 9000 }
    expect(better(large, { ...nothing, packetSize: 4000 })).toBe(large)
  })

  it('gives one order for any trials, no loss before any loss', () => {
    const trials = fc.array(
      fc.record({
        packetSize: fc.constantFrom(1500, 9000),
        bitrateMbps: fc.constantFrom(300, 1000),
        nIncomplete: fc.nat(300),
        nStrideGaps: fc.nat(3),
        throughputMBps: fc.double({ min: 0, max: 120, noNaN: true }),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(trials, (stated) => {
        const all = stated.map(trial)
        const order = ranked(all)
        expect(new Set(order)).toEqual(new Set(all))
        const stable = order.map(isStable)
        expect(stable.lastIndexOf(true)).toBe(all.filter(isStable).length - 1)
        // Pairs agree with the whole: the order is transitive.
        for (let i = 1; i < order.length; i++) {
          const pair = [order[i - 1]!, order[i]!]
          expect(ranked(pair)).toEqual(pair)
        }
      }),
    )
  })
})
