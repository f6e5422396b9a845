import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../../../ts/streaming/budget.js'

describe('MemoryBudget', () => {
  it('refuses at once what does not fit, and takes nothing of it', () => {
    const budget = new MemoryBudget(100)
    budget.hold(60)
    expect(() => budget.hold(41)).toThrow(
      expect.objectContaining({
        code: 'stream/memory-budget',
        details: { budgetBytes: 100, heldBytes: 60, chunkBytes: 41 },
      }),
    )
    expect(budget.heldBytes).toBe(60)
    budget.hold(40)
    expect(budget.heldBytes).toBe(100)
  })

  it('takes one chunk larger than itself when nothing else is held', () => {
    const budget = new MemoryBudget(100)
    budget.hold(500)
    expect(() => budget.hold(1)).toThrow(expect.objectContaining({ code: 'stream/memory-budget' }))
    budget.release(500)
    budget.hold(1)
    expect(budget.heldBytes).toBe(1)
  })

  it('does not let a push overtake those that wait', async () => {
    const budget = new MemoryBudget(100)
    budget.hold(90)
    const waiting = budget.waitAndHold(50)
    expect(() => budget.hold(5)).toThrow(expect.objectContaining({ code: 'stream/memory-budget' }))
    budget.release(90)
    await waiting
    expect(budget.heldBytes).toBe(50)
  })

  it('lets the next one in when a waiting one is aborted', async () => {
    const budget = new MemoryBudget(100)
    budget.hold(80)
    const abort = new AbortController()
    const large = budget.waitAndHold(90, abort.signal)
    const small = budget.waitAndHold(20)
    abort.abort()
    await expect(large).rejects.toMatchObject({ code: 'stream/aborted' })
    await small
    expect(budget.heldBytes).toBe(100)
    await expect(budget.waitAndHold(90, abort.signal)).rejects.toMatchObject({ code: 'stream/aborted' })
  })

  it('never holds more than its limit, but for one chunk alone, and serves all in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 30 }), async (sizes) => {
        const budget = new MemoryBudget(100)
        const held: number[] = []
        const order: number[] = []
        const waits = sizes.map((size, i) =>
          budget.waitAndHold(size).then(() => {
            held.push(size)
            order.push(i)
          }),
        )
        for (let guard = 0; order.length < sizes.length && guard < 1000; guard++) {
          await Promise.resolve()
          const sum = held.reduce((total, size) => total + size, 0)
          expect(sum <= 100 || held.length === 1).toBe(true)
          const first = held.shift()
          if (first !== undefined) budget.release(first)
        }
        await Promise.all(waits)
        expect(order).toEqual(sizes.map((_, i) => i))
      }),
    )
  })
})
