import { describe, expect, it } from 'vitest'
import { sleep, systemClock } from '../../../ts/upload/clock.js'

/** Timers that keep the process alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe("the platform's clock", () => {
  it('holds the process with a timer, but not with one in the background', () => {
    const before = timers()
    const cancel = systemClock.after(60_000, () => undefined)
    expect(timers()).toBe(before + 1)
    cancel()
    expect(timers()).toBe(before)
    const cancelBackground = systemClock.after(60_000, () => undefined, { background: true })
    expect(timers()).toBe(before)
    cancelBackground()
  })

  it('can wait longer than the platform', async () => {
    let fired = false
    const cancel = systemClock.after(2 ** 40, () => {
      fired = true
    })
    await sleep(systemClock, 20)
    cancel()
    expect(fired).toBe(false)
  })

  it('ends a wait when the signal fires, and waits not at all when it has', async () => {
    const stop = new AbortController()
    const waiting = sleep(systemClock, 60_000, stop.signal)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'stream/aborted' })
    await expect(sleep(systemClock, 60_000, stop.signal)).rejects.toMatchObject({ code: 'stream/aborted' })
  })
})
