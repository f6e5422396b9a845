import { type Clock, sleep } from '../upload/clock.js'
import { ImageCorrectionMode } from './enumerations.js'
import { optionFault, timeoutFault } from './faults.js'
import { choiceOf } from './named-choice.js'
import type { RegisterAccess } from './register-access.js'

/** What a correction is made against. */
export const NUC_MODES = { blackBody: ImageCorrectionMode.BLACK_BODY, icu: ImageCorrectionMode.ICU } as const

/** How a non-uniformity correction is made. */
export interface NucOptions {
  /** Against a black body in front of the lens (default), or the camera's internal calibration unit. */
  mode?: keyof typeof NUC_MODES
  /** Temperature of the black body in degC; default what the camera was told last. */
  blackbodyTemperatureC?: number
  /** How long it may take, in ms; default 60,000. */
  timeoutMs?: number
  signal?: AbortSignal
}

const POLL_MS = 1000
const ABSOLUTE_ZERO_C = -273.15

/** Correct non-uniformity, and wait until the camera is ready again. */
export async function correctNonUniformity(
  registers: RegisterAccess,
  clock: Clock,
  { mode = 'blackBody', blackbodyTemperatureC: degrees, timeoutMs = 60_000, signal }: NucOptions,
): Promise<void> {
  const modeValue = choiceOf('mode', NUC_MODES, mode)
  if (degrees !== undefined && !(degrees >= ABSOLUTE_ZERO_C && degrees < Number.POSITIVE_INFINITY)) {
    throw optionFault('blackbodyTemperatureC', degrees, 'degrees Celsius')
  }
  await registers.write('ImageCorrectionMode', modeValue)
  if (degrees !== undefined && mode === 'blackBody') await registers.write('ExternalBlackbodyTemp', degrees)
  await registers.execute('ImageCorrection')
  const began = clock.now()
  do {
    if (clock.now() - began >= timeoutMs) {
      throw timeoutFault(
        'The non-uniformity correction is not done',
        clock.now() - began,
        'Most registers stay locked until it is: wait with waitUntilReady(), or switch the camera off and on.',
      )
    }
    // The first look comes late enough for it to have begun.
    await sleep(clock, POLL_MS, signal)
  } while (await registers.isSet('DeviceNotReady'))
}
