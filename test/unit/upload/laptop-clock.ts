import type { Clock } from '../../../ts/upload/clock.js'
import { VirtualClock } from '../../simulation/clock.js'

/** A time in which the machine sleeps, in true ms. */
export interface Sleep {
  from: number
  ms: number
}

/** What befalls the clocks of a machine. */
export interface ClockFaults {
  /** Its wall clock is set by so much, at these true times. */
  sets?: readonly { at: number; byMs: number }[]
  sleep?: Sleep
  /** The monotonic clock counts the sleep (macOS, Windows); else it stands still, and timers with it (Linux). */
  counts?: boolean
}

/** The clock of a machine that is set, and sleeps, in simulated true time. */
export class LaptopClock implements Clock {
  readonly truth = new VirtualClock()
  readonly #faults: ClockFaults

  constructor(faults: ClockFaults = {}) {
    this.#faults = faults
  }

  now(): number {
    const { sleep, counts } = this.#faults
    const now = this.truth.now()
    return sleep && !counts && now >= sleep.from + sleep.ms ? now - sleep.ms : now
  }

  wall(): number {
    const { sets = [] } = this.#faults
    const now = this.truth.now()
    return sets.reduce((wall, { at, byMs }) => (at <= now ? wall + byMs : wall), this.truth.wall())
  }

  after(ms: number, then: () => void): () => void {
    const { sleep, counts } = this.#faults
    const now = this.truth.now()
    const due = now + Math.max(ms, 0)
    const overslept = sleep && now < sleep.from && due >= sleep.from
    const late = overslept ? Math.max(sleep.from + sleep.ms, counts ? due : due + sleep.ms) : due
    return this.truth.after(late - now, then)
  }

  /** As what comes from outside: after so many true ms, or when the machine is awake again. */
  arrives(ms: number, then: () => void): void {
    const { sleep } = this.#faults
    const at = this.truth.now() + ms
    const isAsleep = sleep && at >= sleep.from && at < sleep.from + sleep.ms
    this.truth.after((isAsleep ? sleep.from + sleep.ms : at) - this.truth.now(), then)
  }
}
