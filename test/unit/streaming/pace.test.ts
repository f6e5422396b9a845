import { describe, expect, it } from 'vitest'
import { Pace } from '../../../ts/streaming/pace.js'

/** Play chunks of `frames` whose producer needs `workMs` each; answers when each is sent. */
function play(fps: number, frames: readonly number[], workMs: readonly number[]): number[] {
  let now = 5_000
  const pace = new Pace(fps, () => now)
  return frames.map((count, i) => {
    now += workMs[i] ?? 0
    now += pace.waitMs(count)
    return now
  })
}

describe('Pace', () => {
  it('sends a chunk when the frames before it have lasted', () => {
    expect(play(10, [20, 20, 5, 20], [])).toEqual([5_000, 7_000, 9_000, 9_500])
  })

  it('does not slow a producer twice that sleeps by itself', () => {
    // The producer sleeps for the 2 s that a chunk lasts before it yields the next.
    expect(play(10, [20, 20, 20], [0, 2_000, 2_000])).toEqual([5_000, 7_000, 9_000])
  })

  it('catches up after a late chunk', () => {
    expect(play(10, [20, 20, 20, 20], [0, 4_500, 0, 0])).toEqual([5_000, 9_500, 9_500, 11_000])
  })

  it('does not add up rounding over a long stream', () => {
    const times = play(29.97, Array(100_000).fill(60), [])
    expect(times.at(-1)).toBeCloseTo(5_000 + (99_999 * 60 * 1000) / 29.97, 3)
  })
})
