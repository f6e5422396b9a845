import { isFramewireError } from '../errors.js'
import { receiveBufferFinding } from './doctor/receive-buffer.js'
import type { StandardFeatures } from './standard-features.js'
import type { StreamStatistics } from './statistics.js'
import type { StreamSettings } from './stream-options.js'

/** Sizes that were told of. */
const told = new Set<number>()

/**
 * Warn where a stream's receive buffer is less than the camera's frames need, once in a process for each size, and say
 * what mends it: the doctor's line, or the option where the kernel granted all that was asked for. To be called before the
 * camera sends.
 */
export async function warnOfReceiveBuffer(
  camera: Pick<StandardFeatures, 'frameRate'>,
  { receiveBufferBytes: asked, payloadBytes, recorded }: StreamSettings,
  { receiveBufferBytes: granted }: StreamStatistics,
): Promise<void> {
  // A recording comes as fast as the link allows, whatever it was recorded at.
  const fps = recorded ? undefined : await knownFrameRate(camera)
  const { level, message, fix, details } = receiveBufferFinding(granted, fps && fps * payloadBytes)
  if (level === 'ok' || told.has(granted)) return
  told.add(granted)
  process.emitWarning(`The kernel's receive buffer is small: ${message}.`, {
    code: 'FRAMEWIRE_RECEIVE_BUFFER',
    detail:
      granted < asked ? fix && `$ ${fix}` : `Ask for more: { receiveBufferBytes: ${details.wantedBytes} }`,
  })
}

/** Undefined where the camera does not tell; what else is wrong with it the next command will meet. */
async function knownFrameRate(camera: Pick<StandardFeatures, 'frameRate'>): Promise<number | undefined> {
  try {
    return (await camera.frameRate()) || undefined
  } catch (error) {
    if (isFramewireError(error)) return undefined
    throw error
  }
}
