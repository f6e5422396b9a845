import { getEventListeners, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { within } from '../../ts/cli/deadline.js'

const passing = async (passed: AbortSignal) => {
  if (!passed.aborted) await once(passed, 'abort')
  return 'passed'
}
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('a deadline', () => {
  it('passes after the grace that an interruption leaves, be it early or late', async () => {
    const interruption = new AbortController()
    const { signal } = interruption
    const early = within({ signal, graceMs: 1 }, passing)
    interruption.abort()
    expect(await early).toBe('passed')
    expect(await within({ signal, graceMs: 1 }, passing)).toBe('passed')
  })

  it('passes at its limit, with no interruption', async () => {
    const { signal } = new AbortController()
    expect(await within({ signal, graceMs: 60_000, limitMs: 1 }, passing)).toBe('passed')
  })

  it.each([
    ['is done', async () => 'done'],
    ['fails', async () => Promise.reject(new Error('failed'))],
  ])('leaves neither a listener nor a timer when the work %s', async (_, work) => {
    const interruption = new AbortController()
    const { signal } = interruption
    const before = timers()
    let heard: AbortSignal | undefined
    const end = await within({ signal, graceMs: 60_000, limitMs: 60_000 }, async (passed) => {
      heard = passed
      return work()
    }).catch(({ message }) => message)
    expect(end).toMatch(/done|failed/)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(timers()).toBe(before)
    interruption.abort()
    expect(timers()).toBe(before)
    expect(heard!.aborted).toBe(false)
  })

  it('never passes without a limit, where an interruption leaves all the time', async () => {
    const before = timers()
    const end = await within(
      { signal: AbortSignal.abort(), graceMs: Number.POSITIVE_INFINITY },
      async ({ aborted }) => [aborted, timers() - before],
    )
    expect(end).toEqual([false, 0])
  })
})
