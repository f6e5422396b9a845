import { expect, it } from 'vitest'
import { SessionCost } from '../../../../ts/telops/download/session-cost.js'

it('whole frames are bridged that take no longer than a session', () => {
  const cost = new SessionCost()
  expect(cost.bridgedFrames, 'before anything is known').toBe(8)
  cost.took(1000, 1000)
  expect(cost.bridgedFrames, 'of 1 ms each, with the overhead that is taken for likely').toBe(30)
  for (let sessions = 0; sessions < 50; sessions++) cost.took(10, 110)
  expect(cost.bridgedFrames, 'after sessions that took 100 ms beside their frames').toBe(100)
  for (let sessions = 0; sessions < 50; sessions++) cost.took(10, 10)
  expect(cost.bridgedFrames, 'after sessions that took nothing beside them').toBe(8)
})

it('neither slow frames nor fast ones make it go astray', () => {
  const slow = new SessionCost()
  slow.took(10, 10_000)
  expect(slow.bridgedFrames).toBe(8)
  const fast = new SessionCost()
  fast.took(1_000_000, 1)
  expect(fast.bridgedFrames).toBe(10_000)
  const none = new SessionCost()
  none.took(10, 0)
  expect(none.bridgedFrames).toBe(8)
})
