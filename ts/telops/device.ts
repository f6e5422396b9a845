import type { Registers } from '../gige/registers.js'
import { floatBits, floatOf } from '../gige-vision/register-float.js'
import { type Clock, sleep } from '../upload/clock.js'
import { gevTimestampNs, posixTime, syncTime } from './clock.js'
import { setDefaults } from './connection.js'
import {
  type Diagnostics,
  readDiagnostics,
  sensorTemperature,
  TEMPERATURES,
  type TemperaturePlace,
} from './diagnostics.js'
import { DevicePowerState } from './enumerations.js'
import { optionFault, timeoutFault } from './faults.js'
import { choiceOf } from './named-choice.js'
import { type NotReadyReason, notReadyReasons, type ReadyOptions, waitUntilReady } from './readiness.js'
import { RegisterAccess } from './register-access.js'
import { type Warn, warningsOf } from './warnings.js'

/** `DevicePowerState` by the camera's own names. */
export type PowerState = keyof typeof DevicePowerState

const POLL_MS = 500
const STANDBY_MS = 30_000

/**
 * A Telops camera as a device: its registers, whether it is ready, its temperatures, its clocks. What is refused rejects
 * with `telops/refused`, a camera that is gone with `gige/...`.
 *
 * Events: `progress` (a `CustomEvent` with a {@link ReadyProgress}, every second while the camera is waited for) and
 * `warning` (with a {@link TelopsWarning}).
 */
export class TelopsDevice extends EventTarget {
  /** @internal */
  protected readonly port: Registers
  /** @internal */
  protected readonly clock: Clock
  /** @internal */
  protected readonly registers: RegisterAccess
  /** @internal */
  protected readonly warn: Warn

  /** @internal */
  constructor(port: Registers, clock: Clock) {
    super()
    this.port = port
    this.clock = clock
    this.registers = new RegisterAccess(port, clock)
    this.warn = warningsOf(this)
  }

  /** A register's 32 bits. */
  readRegister(address: number): Promise<number> {
    return this.port.readRegister(address)
  }

  /** A register's 32 bits. What this class knows of it is not kept in step. */
  writeRegister(address: number, value: number): Promise<void> {
    return this.port.writeRegister(address, value)
  }

  /** A register of a float, IEEE 754 single. */
  async readFloatRegister(address: number): Promise<number> {
    return floatOf(await this.port.readRegister(address))
  }

  /** A register of a float, IEEE 754 single. */
  async writeFloatRegister(address: number, value: number): Promise<void> {
    if (!Number.isFinite(Math.fround(value))) throw optionFault('value', value, 'a finite number')
    await this.port.writeRegister(address, floatBits(value))
  }

  /**
   * Wait until the camera is ready: minutes where it has to cool down. Rejects with `telops/not-ready` where it gets
   * nowhere, or not in time, and says why; with `stream/aborted`.
   */
  waitUntilReady(options: ReadyOptions = {}): Promise<void> {
    return waitUntilReady(this.registers, this.clock, {
      ...options,
      onProgress: (progress) => {
        options.onProgress?.(progress)
        this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
      },
    })
  }

  /** Why the camera is not ready, or what it waits for while it is. */
  async tdcStatus(): Promise<NotReadyReason[]> {
    return notReadyReasons(await this.registers.read('TDCStatus'))
  }

  /** Whether the camera and its cooler are on. */
  powerState(): Promise<PowerState> {
    return this.registers.choice('DevicePowerState', DevicePowerState)
  }

  /**
   * Switch the cooler off; the camera stays open. Not for short pauses: each cycle wears the cooler. Rejects with
   * `telops/timeout` where it does not come to that within 30 s.
   */
  async standby(): Promise<void> {
    if ((await this.powerState()) === 'STANDBY') return
    await this.registers.write('DevicePowerStateSetpoint', DevicePowerState.STANDBY)
    const began = this.clock.now()
    while ((await this.powerState()) !== 'STANDBY') {
      const waitedMs = this.clock.now() - began
      if (waitedMs >= STANDBY_MS) {
        throw timeoutFault('The camera is not in standby', waitedMs, 'Stop what is under way and try again.')
      }
      await sleep(this.clock, POLL_MS)
    }
  }

  /** Leave standby, and wait until the camera is cold again. Rejects as {@link waitUntilReady}. */
  async powerOn(options: ReadyOptions = {}): Promise<void> {
    if ((await this.powerState()) === 'STANDBY') {
      await this.registers.write('DevicePowerStateSetpoint', DevicePowerState.ON)
    }
    await this.waitUntilReady(options)
    await setDefaults(this.registers)
  }

  /** Temperature of the sensor, in degC; undefined where the camera does not tell. */
  temperature(): Promise<number | undefined> {
    return this.sensorTemperature('sensor')
  }

  /** A temperature in degC; undefined where this model has no such sensor. Rejects with `telops/option`. */
  async sensorTemperature(place: TemperaturePlace = 'sensor'): Promise<number | undefined> {
    choiceOf('place', TEMPERATURES, place)
    return sensorTemperature(this.registers, place)
  }

  /** Everything that the camera measures of itself, with some 40 registers. */
  diagnostics(): Promise<Diagnostics> {
    return readDiagnostics(this.registers)
  }

  /** The camera's calendar, in ms since 1970 (UTC) with fractions in steps of 100 ns; frames are stamped with it. */
  posixTime(): Promise<number> {
    return posixTime(this.registers)
  }

  /** Set the camera's calendar, in ms since 1970 (UTC): cut to whole seconds, 0 to 4294967295. */
  async setPosixTime(ms: number): Promise<void> {
    await this.registers.write('PosixTime', Math.floor(ms / 1000))
  }

  /**
   * Set the camera's calendar to that of this host, as a second begins, since it takes whole seconds alone. Resolves
   * within about a second, with how many ms it is ahead of this host then (up to a second, where the camera's own seconds
   * go on as they were).
   */
  syncTime(signal?: AbortSignal): Promise<number> {
    return syncTime(this.registers, this.clock, signal)
  }

  /** Time since the camera was switched on, in ns, by its clock of GigE Vision. */
  gevTimestampNs(): Promise<bigint> {
    return gevTimestampNs(this.registers)
  }

  /** Keep all settings in the camera, for when it is switched on again. */
  saveConfig(): Promise<void> {
    return this.registers.execute('SaveConfiguration')
  }
}
