import { streamChannel } from '../gige-vision/bootstrap.js'
import { CalibrationMode, ExposureAuto, FrameRateMode, TestImageSelector } from './enumerations.js'
import { optionFault } from './faults.js'
import { HEADER_ROWS } from './frame.js'
import { checkOffset, checkResolution, type Pair } from './geometry.js'
import type { CalibrationModeName } from './header.js'
import { choiceOf } from './named-choice.js'
import type { Choices, RegisterAccess, RegisterPort } from './register-access.js'
import type { RegisterName } from './registers.js'
import { checkedTrigger, readTrigger, type TriggerOptions, writeTrigger } from './trigger.js'

/** How the camera keeps its frame rate. */
export const FRAME_RATE_MODES = {
  fixed: FrameRateMode.FIXED,
  fixedLocked: FrameRateMode.FIXED_LOCKED,
  maximum: FrameRateMode.MAXIMUM,
  burst: FrameRateMode.BURST,
} as const

/** Automatic exposure. */
export const AUTO_EXPOSURES = {
  off: ExposureAuto.OFF,
  once: ExposureAuto.ONCE,
  continuous: ExposureAuto.CONTINUOUS,
} as const

/** Images that the camera makes up. */
export const TEST_IMAGES = {
  off: TestImageSelector.OFF,
  staticShade: TestImageSelector.STATIC_SHADE,
  dynamicShade: TestImageSelector.DYNAMIC_SHADE,
  constantValue: TestImageSelector.CONSTANT_VALUE,
} as const

/** What can be set of a camera, alone or together with `configure`. */
export interface TelopsSettings {
  /**
   * Width and height in usable pixels: widths 64 to 320 in steps of 64, heights 4 to 256 in steps of 4. One second apart
   * from the last change, which is waited for: the camera can hang otherwise.
   */
  resolution: Pair
  /** Where the window lies on the sensor: x in steps of 64, y in steps of 4; with the resolution within 320 x 256. */
  roiOffset: Pair
  /** In us, above 0; the camera has limits of its own. Ends automatic exposure. */
  integrationTimeUs: number
  /** The camera sets the integration time. */
  integrationTimeAuto: keyof typeof AUTO_EXPOSURES
  /** `fixed` (what every camera is set to when it is opened): as `frameRateHz` says. */
  frameRateMode: keyof typeof FRAME_RATE_MODES
  /** What the camera makes of the pixels: `RT` radiometric temperature, `NUC` corrected counts, `RAW`, `RAW0`, `IBR`, `IBI`. */
  calibrationMode: CalibrationModeName
  /** Pixels known as bad are replaced by what lies around them; on when the camera is opened. */
  badPixelReplacement: boolean
  /** The image is mirrored left to right. */
  reverseX: boolean
  /** The image is mirrored top to bottom. */
  reverseY: boolean
  /** An image that the camera makes up; `off` when the camera is opened. */
  testImage: keyof typeof TEST_IMAGES
  /** How frames are triggered; read back it is that of its own selector. */
  trigger: TriggerOptions
  /** Frames of each trigger, 1 or more. */
  triggerFrameCount: number
  /**
   * Pause between two packets, 0 to 4294967295 ticks of 8 ns; it is kept when streams begin anew. 1000 spreads a frame
   * over 2 ms, for up to 400 fps; 5000 for up to 100 fps. Downloads do without.
   */
  packetDelayTicks: number
  /** In Hz, above 0 and at most `frameRateMax()` for the other settings, else the camera takes that. */
  frameRateHz: number
}

/** The name of a setting. */
export type SettingName = keyof TelopsSettings

/** One setting: what it takes, and how it is written and read back. */
export interface Setting<T> {
  /** Throws `telops/option`. */
  check(value: T): void
  write(registers: RegisterAccess, port: RegisterPort, value: T): Promise<void>
  /** What the camera made of `value`. */
  read(registers: RegisterAccess, port: RegisterPort, value?: T): Promise<T>
  /** Whether the camera can make something else of it, which is warned of. */
  canClamp?: true
}

const { packetDelay } = streamChannel(0)

/** In the order in which they are set: each may limit those behind it. */
export const SETTINGS: { readonly [K in SettingName]: Setting<TelopsSettings[K]> } = {
  resolution: {
    check: checkResolution,
    async write(registers, _port, [width, height]) {
      await registers.write('Width', width)
      await registers.write('Height', height + HEADER_ROWS)
    },
    async read(registers) {
      return [await registers.read('Width'), (await registers.read('Height')) - HEADER_ROWS]
    },
    canClamp: true,
  },
  roiOffset: {
    check: checkOffset,
    async write(registers, _port, [x, y]) {
      await registers.write('OffsetX', x)
      await registers.write('OffsetY', y)
    },
    async read(registers) {
      return [await registers.read('OffsetX'), await registers.read('OffsetY')]
    },
    canClamp: true,
  },
  integrationTimeAuto: choice('ExposureAuto', 'integrationTimeAuto', AUTO_EXPOSURES),
  integrationTimeUs: {
    ...float('ExposureTime', 'integrationTimeUs', 'us'),
    async write(registers, _port, value) {
      // It locks the register.
      if ((await registers.read('ExposureAuto')) !== ExposureAuto.OFF) {
        await registers.write('ExposureAuto', ExposureAuto.OFF)
      }
      await registers.write('ExposureTime', value)
    },
  },
  frameRateMode: choice('FrameRateMode', 'frameRateMode', FRAME_RATE_MODES),
  calibrationMode: choice('CalibrationMode', 'calibrationMode', CalibrationMode),
  badPixelReplacement: flag('BadPixelReplacement', 'badPixelReplacement'),
  reverseX: flag('ReverseX', 'reverseX'),
  reverseY: flag('ReverseY', 'reverseY'),
  testImage: choice('TestImageSelector', 'testImage', TEST_IMAGES),
  trigger: {
    check: checkedTrigger,
    write: (registers, _port, value) => writeTrigger(registers, checkedTrigger(value)),
    read: (registers, _port, value) => readTrigger(registers, value?.selector ?? 'acquisitionStart'),
  },
  triggerFrameCount: {
    check: (value) => whole('triggerFrameCount', value, 1),
    write: (registers, _port, value) => registers.write('TriggerFrameCount', value),
    read: (registers) => registers.read('TriggerFrameCount'),
    canClamp: true,
  },
  packetDelayTicks: {
    check: (value) => whole('packetDelayTicks', value, 0),
    write: (_registers, port, value) => port.writeRegister(packetDelay, value),
    read: (_registers, port) => port.readRegister(packetDelay),
    canClamp: true,
  },
  frameRateHz: float('AcquisitionFrameRate', 'frameRateHz', 'Hz'),
}

/** Their names, in that order. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

function choice<C extends Choices>(
  register: RegisterName,
  name: SettingName,
  choices: C,
): Setting<keyof C & string> {
  return {
    check: (value) => void choiceOf(name, choices, value),
    write: (registers, _port, value) => registers.write(register, choices[value]!),
    read: (registers) => registers.choice(register, choices),
  }
}

function flag(register: RegisterName, name: SettingName): Setting<boolean> {
  return {
    check(value) {
      if (typeof value !== 'boolean') throw optionFault(name, value, 'true or false')
    },
    write: (registers, _port, value) => registers.write(register, value),
    read: (registers) => registers.isSet(register),
  }
}

function float(register: RegisterName, name: SettingName, unit: string): Setting<number> {
  return {
    check(value) {
      if (typeof value === 'number' && value > 0 && Number.isFinite(Math.fround(value))) return
      throw optionFault(name, value, `a number of ${unit} above 0`)
    },
    write: (registers, _port, value) => registers.write(register, value),
    read: (registers) => registers.read(register),
    canClamp: true,
  }
}

function whole(name: SettingName, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 32) return
  throw optionFault(name, value, `a whole number from ${least} to ${2 ** 32 - 1}`)
}
