import { isFramewireError } from '../../errors.js'
import { type OpenCameraOptions, openCamera } from '../camera.js'
import type { DiscoveredCamera } from '../discovery.js'
import type { FrameTrial } from './camera.js'

/** How long a frame is waited for, in ms. */
const WAIT_MS = 3000

/** Open a camera as an acquisition does, and have it send a frame. Rejects as `openCamera`. */
export async function tryFrame(
  { address, interfaceIp }: DiscoveredCamera,
  options: OpenCameraOptions,
): Promise<FrameTrial> {
  const camera = await openCamera(address, { ...options, interfaceIp })
  const failed = { arrived: false, waitedMs: WAIT_MS } as const
  try {
    const acquisition = camera.acquisition({
      incomplete: 'deliver',
      firstPacketTimeoutMs: Number.POSITIVE_INFINITY,
    })
    try {
      const frame = await acquisition.readFrame({ timeoutMs: WAIT_MS })
      const { packetSize, missingPackets } = await acquisition.statistics()
      if (frame) return { arrived: true, shape: frame.shape, packetSize, missingPackets }
      return { ...failed, waitsForTrigger: await camera.isTriggered(), reason: 'the camera sends none' }
    } finally {
      await acquisition[Symbol.asyncDispose]()
    }
  } catch (error) {
    if (!isFramewireError(error)) throw error
    return { ...failed, waitsForTrigger: false, reason: error.message.replace(/\.$/, '') }
  } finally {
    await camera.close()
  }
}
