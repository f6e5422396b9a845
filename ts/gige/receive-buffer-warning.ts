import { isFramewireError } from '../errors.js'
import { receiveBufferFinding } from './doctor/receive-buffer.js'
import type { StandardFeatures } from './standard-features.js'
import type { StreamStatistics } from './statistics.js'
import type { StreamSettings } from './stream-options.js'

let isTold = false

/**
 * Warn, once in a process, where the kernel grants less of a receive buffer than was asked for and than the camera's
 * frames need; with the doctor's line that mends it. To be called before the camera sends.
 */
export async function warnOfReceiveBuffer(
  camera: StandardFeatures,
  { receiveBufferBytes: asked, payloadBytes }: StreamSettings,
  { receiveBufferBytes: granted }: StreamStatistics,
): Promise<void> {
  if (isTold || granted >= asked) return
  const fps = await knownFrameRate(camera)
  const { level, message, fix } = receiveBufferFinding(granted, fps && fps * payloadBytes)
  if (level === 'ok') return
  isTold = true
  process.emitWarning(`The kernel's receive buffer is small: ${message}.`, {
    code: 'FRAMEWIRE_RECEIVE_BUFFER',
    detail: fix && `$ ${fix}`,
  })
}

/** Undefined where the camera does not tell; what else is wrong with it the next command will meet. */
async function knownFrameRate(camera: StandardFeatures): Promise<number | undefined> {
  try {
    return (await camera.frameRate()) || undefined
  } catch (error) {
    if (isFramewireError(error)) return undefined
    throw error
  }
}
