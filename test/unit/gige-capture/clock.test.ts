import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CameraClock } from '../../../ts/gige/capture/camera-clock.js'

const SECOND = 1_000_000_000n
/** 2026-01-01, in ns. */
const START = 1_767_225_600n * SECOND

/** A camera whose clock began at some time, and runs too slow or too fast by so many millionths. */
interface Quartz {
  frequency: bigint
  ppm: number
  beganTicks: bigint
}

const quartz = fc.record({
  frequency: fc.constantFrom(1_000_000_000n, 125_000_000n, 1_000_000n, 0n),
  ppm: fc.double({ min: -50, max: 50, noNaN: true }),
  beganTicks: fc.bigInt({ min: 1n, max: 2n ** 52n }),
})

/** What the camera's clock shows so many ns after the start. */
function ticksAt({ frequency, ppm, beganTicks }: Quartz, ns: bigint): bigint {
  const rate = frequency || SECOND
  const own = ns - BigInt(Math.round((Number(ns) * ppm) / 1e6))
  return beganTicks + (own * rate) / SECOND
}

/** Delays from 0 to 1, from a seed. */
function* chances(seed: number): Generator<number> {
  for (let state = seed >>> 0 || 1; ; ) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield (state >>> 0) / 2 ** 32
  }
}

const ms = (ns: bigint) => Number(ns) / 1e6

describe('the clock of a camera', () => {
  it('follows frames: least delay and drift are found under jitter, and time never runs back', () => {
    fc.assert(
      fc.property(quartz, fc.integer(), fc.integer({ min: 5, max: 60 }), (camera, seed, fps) => {
        const clock = new CameraClock(camera.frequency)
        const chance = chances(seed)
        let last = 0n
        const errors: number[] = []
        for (let frame = 0; frame < 90 * fps; frame++) {
          const atNs = (BigInt(frame) * SECOND) / BigInt(fps)
          const ticks = ticksAt(camera, atNs)
          // 200 us at least; mostly little more, now and then a busy host.
          const jitter = chance.next().value! ** 3 * 2e6 + (chance.next().value! < 0.01 ? 30e6 : 0)
          const receivedNs = START + atNs + 200_000n + BigInt(Math.round(jitter))
          clock.received(ticks, receivedNs)
          const hostNs = clock.hostNs(ticks, receivedNs)!
          expect(hostNs).toBeGreaterThan(last)
          expect(hostNs <= receivedNs).toBe(true)
          last = hostNs
          if (frame > 20 * fps) errors.push(ms(hostNs - START - atNs - 200_000n))
        }
        expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.5)
        expect(Math.abs(clock.drift * 1e6 - camera.ppm)).toBeLessThan(10)
      }),
      { numRuns: 15 },
    )
  })

  it('believes latches, not frames that were long in coming', () => {
    fc.assert(
      fc.property(quartz, fc.integer(), (camera, seed) => {
        const clock = new CameraClock(camera.frequency)
        const chance = chances(seed)
        for (let step = 0; step < 600; step++) {
          const atNs = BigInt(step) * 100_000_000n
          const ticks = ticksAt(camera, atNs)
          if (step % 50 === 0) {
            const before = BigInt(Math.round(chance.next().value! * 150_000))
            const behind = BigInt(Math.round(chance.next().value! * 150_000))
            clock.latched(ticks, START + atNs - before, START + atNs + behind)
          }
          // Exposed and read out for 40 ms.
          const receivedNs = START + atNs + 40_000_000n
          clock.received(ticks, receivedNs)
          const hostNs = clock.hostNs(ticks, receivedNs)!
          expect(Math.abs(ms(hostNs - START - atNs))).toBeLessThan(0.7)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('begins anew when the camera is set to another time', () => {
    const steps = fc.bigInt({ min: 200_000_000n, max: 10n ** 15n }).map((ns) => ns + 2n)
    fc.assert(
      fc.property(steps, fc.boolean(), (stepNs, isBack) => {
        const clock = new CameraClock(SECOND)
        const began = 10n ** 16n
        let errorMs = 0
        for (let frame = 0; frame < 600; frame++) {
          const atNs = BigInt(frame) * 50_000_000n
          const step = frame < 300 ? 0n : isBack ? -stepNs : stepNs
          const receivedNs = START + atNs + 100_000n
          clock.received(began + atNs + step, receivedNs)
          errorMs = ms(clock.hostNs(began + atNs + step, receivedNs)! - START - atNs)
        }
        expect(Math.abs(errorMs)).toBeLessThan(1)
      }),
      { numRuns: 50 },
    )
  })

  it('takes no capture for later than its first packet', () => {
    const clock = new CameraClock(SECOND)
    clock.latched(1_000_000n, START, START + 2_000_000n)
    expect(clock.hostNs(1_000_000n, START + 500_000n)).toBe(START + 500_000n)
  })

  it('knows nothing before it was told of a moment', () => {
    expect(new CameraClock(SECOND).hostNs(5n, START)).toBeUndefined()
  })
})
