import type { Clock } from '../../../ts/upload/clock.js'

/** A clock for waits that need not be sat through: it jumps to the end of each wait at once. */
export class HastyClock implements Clock {
  /** Every wait that was asked for, in ms. */
  readonly waits: number[] = []
  #now = 0

  now(): number {
    return this.#now
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now
  }

  after(ms: number, then: () => void, _options?: { background?: boolean }): () => void {
    this.waits.push(ms)
    const timer = setImmediate(() => {
      this.#now += ms
      then()
    })
    return () => clearImmediate(timer)
  }
}
