import { type Clock, sleep } from '../upload/clock.js'
import { optionFault } from './faults.js'
import { checkWindow, type Pair } from './geometry.js'
import type { RegisterAccess, RegisterPort } from './register-access.js'
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName, type TelopsSettings } from './settings.js'
import type { Warn } from './warnings.js'

/** Of a window that is changed faster the camera's firmware can hang until it is switched off, in ms. */
const BETWEEN_RESOLUTIONS_MS = 1000
/** Less is the camera's own rounding. */
const CLAMPED_PART = 1e-3

/** Sets a camera up: checks everything before anything is written, and tells what the camera made of it. */
export class Configuration {
  readonly #registers: RegisterAccess
  readonly #port: RegisterPort
  readonly #clock: Clock
  readonly #warn: Warn
  #resolutionChangedAt = Number.NEGATIVE_INFINITY
  #packetDelayTicks: number | undefined

  constructor(registers: RegisterAccess, port: RegisterPort, clock: Clock, warn: Warn) {
    this.#registers = registers
    this.#port = port
    this.#clock = clock
    this.#warn = warn
  }

  /** What the user set, to be set again for each stream; undefined: nothing. */
  get packetDelayTicks(): number | undefined {
    return this.#packetDelayTicks
  }

  read<K extends SettingName>(name: K): Promise<TelopsSettings[K]> {
    return SETTINGS[name].read(this.#registers, this.#port)
  }

  /** Set one; what the camera made of it. */
  async set<K extends SettingName>(name: K, value: TelopsSettings[K]): Promise<TelopsSettings[K]> {
    const made = await this.configure({ [name]: value } as Partial<TelopsSettings>)
    return made[name] as TelopsSettings[K]
  }

  /** Set these; what the camera made of them, and the frame rate where it was lowered. */
  configure(wanted: Partial<TelopsSettings>): Promise<Partial<TelopsSettings>> {
    return this.#registers.inTurn('settings', async () => {
      await this.#check(wanted)
      const before = await this.#frameRate(wanted)
      const made: Partial<TelopsSettings> = {}
      for (const name of namesOf(wanted)) await this.#apply(name, wanted, made)
      if (before !== undefined) await this.#tellLoweredRate(before, wanted, made)
      return made
    })
  }

  async #check(wanted: Partial<TelopsSettings>): Promise<void> {
    const unknown = Object.keys(wanted).find((name) => !Object.hasOwn(SETTINGS, name))
    if (unknown !== undefined) {
      throw optionFault('settings', unknown, `settings of ${SETTING_NAMES.join(', ')}`)
    }
    for (const name of namesOf(wanted)) settingOf(name).check(wanted[name])
    const isAuto = wanted.integrationTimeAuto !== undefined && wanted.integrationTimeAuto !== 'off'
    if (isAuto && wanted.integrationTimeUs !== undefined) {
      throw optionFault('integrationTimeUs', wanted.integrationTimeUs, 'none with integrationTimeAuto')
    }
    if (!wanted.resolution && !wanted.roiOffset) return
    const resolution = wanted.resolution ?? (await this.read('resolution'))
    checkWindow(resolution, wanted.roiOffset ?? (await this.read('roiOffset')))
  }

  async #apply<K extends SettingName>(
    name: K,
    wanted: Partial<TelopsSettings>,
    made: Partial<TelopsSettings>,
  ): Promise<void> {
    const setting = settingOf<K>(name)
    const value = wanted[name]!
    if (name === 'resolution') await this.#changeResolution(wanted)
    else await setting.write(this.#registers, this.#port, value)
    if (name === 'packetDelayTicks') this.#packetDelayTicks = wanted.packetDelayTicks
    const actual = await setting.read(this.#registers, this.#port, value)
    made[name] = actual
    if (!setting.canClamp || isSame(value, actual)) return
    const most =
      name === 'frameRateHz'
        ? ` For the other settings it takes ${shown(await this.#registers.read('FrameRateMax'))} Hz at most.`
        : ''
    this.#warn(
      'FRAMEWIRE_TELOPS_CLAMPED',
      `The camera took ${name} ${shown(actual)} instead of ${shown(value)}.${most}`,
    )
  }

  /** An offset that leaves no room for the new size gives way before it. */
  async #changeResolution({ resolution, roiOffset }: Partial<TelopsSettings>): Promise<void> {
    await sleep(this.#clock, this.#resolutionChangedAt + BETWEEN_RESOLUTIONS_MS - this.#clock.now())
    try {
      if (roiOffset) await SETTINGS.roiOffset.write(this.#registers, this.#port, [0, 0])
      await SETTINGS.resolution.write(this.#registers, this.#port, resolution!)
    } finally {
      this.#resolutionChangedAt = this.#clock.now()
    }
  }

  /** Undefined where nothing that is set can lower it, or it is set itself. */
  async #frameRate(wanted: Partial<TelopsSettings>): Promise<number | undefined> {
    const limits = wanted.resolution ?? wanted.integrationTimeUs ?? wanted.calibrationMode
    if (limits === undefined || wanted.frameRateHz !== undefined) return undefined
    return this.#registers.read('AcquisitionFrameRate')
  }

  async #tellLoweredRate(
    before: number,
    wanted: Partial<TelopsSettings>,
    made: Partial<TelopsSettings>,
  ): Promise<void> {
    const after = await this.#registers.read('AcquisitionFrameRate')
    if (after >= before || isSame(before, after)) return
    made.frameRateHz = after
    const settings = namesOf(wanted).join(', ')
    this.#warn(
      'FRAMEWIRE_TELOPS_FRAME_RATE',
      `The camera lowered its frame rate from ${shown(before)} to ${shown(after)} Hz for what was set (${settings}).`,
    )
  }
}

function namesOf(wanted: Partial<TelopsSettings>): SettingName[] {
  return SETTING_NAMES.filter((name) => wanted[name] !== undefined)
}

function settingOf<K extends SettingName>(name: K): Setting<TelopsSettings[K] | undefined> {
  return SETTINGS[name] as Setting<TelopsSettings[K] | undefined>
}

function isSame(wanted: unknown, actual: unknown): boolean {
  if (typeof wanted === 'number' && typeof actual === 'number') {
    return Math.abs(actual - wanted) <= CLAMPED_PART * Math.abs(wanted)
  }
  return String(wanted as Pair) === String(actual as Pair)
}

/** Of a register's float not more digits than it has. */
function shown(value: unknown): string {
  const isFloat = typeof value === 'number' && !Number.isInteger(value)
  return isFloat ? value.toPrecision(6) : String(value)
}
