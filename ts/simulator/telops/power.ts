import { DevicePowerState, TDCStatusBit } from '../../telops/enumerations.js'
import type { CameraRegisters } from './registers.js'

/** Of the sensor, in degC. */
const WARM = 22
const COLD = -193.2
/** How much of the cooling is over when only the sensor is waited for. */
const NEARLY_COLD = 0.9

/** How long things take, in ms. */
export interface PowerTimes {
  coolingMs: number
  powerTransitionMs: number
}

/** Power, cooling, and what the camera waits for before it is ready. */
export class Power {
  readonly #now: () => number
  readonly #times: PowerTimes
  #switched: { sinceMs: number; on: boolean }
  readonly #waits = new Map<number, number>()

  constructor(registers: CameraRegisters, now: () => number, times: PowerTimes) {
    this.#now = now
    this.#times = times
    this.#switched = { sinceMs: now() - times.powerTransitionMs, on: true }
    registers.setting('DevicePowerStateSetpoint', DevicePowerState.ON, {
      changed: () => this.#switch(registers.get('DevicePowerStateSetpoint') === DevicePowerState.ON),
    })
    registers.reading('DevicePowerState', () => {
      if (this.#sinceMs < 0) return DevicePowerState.IN_TRANSITION
      return this.#switched.on ? DevicePowerState.ON : DevicePowerState.STANDBY
    })
    registers.reading('DeviceNotReady', () => (this.isReady ? 0 : 1))
    registers.reading('DeviceTemperature', () => this.sensorCelsius)
  }

  /** The camera is switched on: what was cold is warm by now. */
  load(): void {
    this.#switched = { sinceMs: this.#now() - this.#times.powerTransitionMs, on: true }
    this.#waits.clear()
  }

  get isReady(): boolean {
    return this.waits === 0
  }

  /** It is not ready for so long, with a bit of `TDCStatusBit` for the reason. */
  wait(reason: number, ms: number): void {
    this.#waits.set(reason, this.#now() + ms)
  }

  /** What it waits for: bits of `TDCStatusBit`. */
  get waits(): number {
    const bit = TDCStatusBit
    let waits = 0
    for (const [reason, untilMs] of this.#waits) if (this.#now() < untilMs) waits |= reason
    if (!this.#switched.on || this.#sinceMs < 0) return waits | bit.WAITING_FOR_POWER_ON
    if (this.#progress >= 1) return waits
    const isNear = this.#progress >= NEARLY_COLD
    return waits | bit.WAITING_FOR_SENSOR | (isNear ? bit.WAITING_FOR_CAL_INIT : bit.WAITING_FOR_COOLER)
  }

  get sensorCelsius(): number {
    const [from, to] = this.#switched.on ? [WARM, COLD] : [COLD, WARM]
    return from + (to - from) * Math.max(0, this.#progress)
  }

  /** Ms since it is on, or in standby; negative in the transition. */
  get #sinceMs(): number {
    return this.#now() - this.#switched.sinceMs - this.#times.powerTransitionMs
  }

  /** Of cooling, or of warming up. */
  get #progress(): number {
    const { coolingMs } = this.#times
    return coolingMs === 0 ? 1 : Math.min(1, this.#sinceMs / coolingMs)
  }

  #switch(on: boolean): void {
    if (on !== this.#switched.on) this.#switched = { sinceMs: this.#now(), on }
  }
}
