import type { Clock } from '../../ts/upload/clock.js'

interface Timer {
  at: number
  order: number
  then: () => void
}

/** Time that passes only when the simulation says so: one timer after the other, those of one moment in their order. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #now = 0
  #order = 0

  now(): number {
    return this.#now
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), order: this.#order++, then }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size
  }

  /** Go to the next timer and let everything happen that follows from it; false where there is none before `until`. */
  async step(until = Infinity): Promise<boolean> {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    if (!next || next.at > until) return false
    this.#timers.delete(next)
    this.#now = next.at
    next.then()
    await settled()
    return true
  }
}

/** Promises that can be kept are kept: their turn comes before that of an immediate. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
