import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Pacer } from '../../ts/simulator/pacer.js'

/** How far behind its time a stream may catch up, in ms. */
const BEHIND_MS = 30

it('never lets more packets go than the link and the delay allow', () => {
  const run = fc.record({
    packetBytes: fc.integer({ min: 64, max: 9000 }),
    bandwidthMBps: fc.constantFrom(1, 10, 125, 1000),
    delayMs: fc.constantFrom(0, 0.01, 3),
    pausesMs: fc.array(fc.double({ min: 0.1, max: 200, noNaN: true }), { minLength: 1, maxLength: 60 }),
  })
  fc.assert(
    fc.property(run, ({ packetBytes, bandwidthMBps, delayMs, pausesMs }) => {
      const pacer = new Pacer()
      pacer.start(packetBytes, bandwidthMBps, delayMs)
      pacer.begin(1000)
      const intervalMs = packetBytes / (bandwidthMBps * 1000) + delayMs
      let [nowMs, packets] = [1000, 0]
      for (const pauseMs of pausesMs) {
        let due = pacer.due(nowMs)
        // A tick after a pause catches up with no more than is allowed, whatever it missed.
        expect(due).toBeLessThanOrEqual(Math.min(pauseMs + 1000, BEHIND_MS) / intervalMs + 2)
        // Asked again at the same time, it may find one that was due to the very moment, and was rounded away; no more.
        for (let again = 0; due > 0; again++, due = pacer.due(nowMs)) {
          expect(again).toBeLessThan(2)
          pacer.spend(due, due * packetBytes)
          packets += due
        }
        expect(packets).toBeLessThanOrEqual((nowMs - 1000) / intervalMs + 1.001)
        nowMs += pauseMs
      }
    }),
  )
})

it('keeps the rate of the link while it is asked often enough', () => {
  const pacer = new Pacer()
  pacer.start(1000, 10, 0)
  pacer.begin(50)
  let packets = 0
  for (let nowMs = 50; nowMs <= 1050; nowMs += 0.5) {
    const due = pacer.due(nowMs)
    pacer.spend(due, due * 1000)
    packets += due
  }
  // 10 MB/s for a second, in packets of 1000 bytes.
  expect(Math.abs(packets - 10_000)).toBeLessThanOrEqual(1)
})

it('counts short packets as what they are', () => {
  const pacer = new Pacer()
  pacer.start(1000, 10, 0)
  pacer.begin(50)
  pacer.spend(pacer.due(50), 100)
  expect(pacer.due(50.009)).toBe(0)
  expect(pacer.due(50.011)).toBe(1)
})

it('knows no limit where the link has none', () => {
  const pacer = new Pacer()
  pacer.start(1500, Number.POSITIVE_INFINITY, 0)
  expect(pacer.due(1)).toBe(Number.POSITIVE_INFINITY)
})
