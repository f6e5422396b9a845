import { isFramewireError } from '../../errors.js'
import { Bootstrap, TimestampControl } from '../../gige-vision/bootstrap.js'
import type { CameraClock } from './camera-clock.js'
import type { ControlChannel } from './control-channel.js'

/** The clock's rate is read, and the clock itself, by the registers that every camera has. */
export class ClockLatch {
  readonly #control: ControlChannel
  #lastTicks = 0n
  #works = true

  constructor(control: ControlChannel) {
    this.#control = control
  }

  /** Ticks in a second; 0 where the camera does not tell. */
  async frequency(): Promise<bigint> {
    return this.#long(Bootstrap.timestampFrequencyHigh, Bootstrap.timestampFrequencyLow).catch(() => 0n)
  }

  /** Have the camera note its time, and tell `clock` of it. A camera that cannot is asked no more. Never rejects. */
  async tell(clock: CameraClock): Promise<void> {
    if (!this.#works) return
    try {
      const fromNs = hostNs()
      await this.#control.writeRegister(Bootstrap.timestampControl, TimestampControl.latch)
      const toNs = this.#control.receivedAtNs
      const ticks = await this.#long(Bootstrap.timestampHigh, Bootstrap.timestampLow)
      // Registers that nobody serves keep what they hold.
      this.#works = ticks > 0n && ticks !== this.#lastTicks
      this.#lastTicks = ticks
      if (this.#works) clock.latched(ticks, fromNs, toNs)
    } catch (error) {
      if (!isFramewireError(error)) throw error
      this.#works = error.code !== 'gige/refused'
    }
  }

  async #long(high: number, low: number): Promise<bigint> {
    const upper = await this.#control.readRegister(high)
    return (BigInt(upper) << 32n) | BigInt(await this.#control.readRegister(low))
  }
}

/** Off by more, this host's clock was set since the process began. */
const SET_MS = 2

/** This host's clock in ns since 1970, finer than `Date.now()`. */
function hostNs(): bigint {
  const fine = performance.timeOrigin + performance.now()
  const coarse = Date.now()
  return BigInt(Math.round((Math.abs(coarse - fine) > SET_MS ? coarse : fine) * 1e6))
}
