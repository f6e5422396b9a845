import { TimestampControl } from '../gige-vision/bootstrap.js'

/** The clock of a camera, in ticks of a ns by its own opinion, since it was switched on. */
export class CameraClock {
  readonly ticksPerSecond = 1_000_000_000n
  /** The time that was latched. */
  latched = 0n
  readonly #now: () => number
  readonly #rate: number
  #startMs: number

  /** @param now this host's clock, in ms; @param driftPpm how much too fast it goes, in millionths */
  constructor(now: () => number, driftPpm: number) {
    this.#now = now
    this.#rate = 1 + driftPpm / 1e6
    this.#startMs = now()
  }

  /** Ticks at a moment of this host's clock. */
  ticks(atMs: number): bigint {
    return BigInt(Math.max(0, Math.round((atMs - this.#startMs) * 1e6 * this.#rate)))
  }

  /** The register that latches and resets it. */
  control(value: number): undefined {
    if (value & TimestampControl.reset) this.#startMs = this.#now()
    if (value & TimestampControl.latch) this.latched = this.ticks(this.#now())
  }
}
