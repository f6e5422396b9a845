import {
  type AcquisitionOptions,
  type AcquisitionStatistics,
  type GigeFrame,
  openCamera,
} from 'framewire/gige'
import type { GigeSimulatorOptions, SimulatorStatistics } from 'framewire/simulator'
import { loopbackAddress } from './loopback.js'
import { ourSimulator, type Recorded } from './ours/ours.js'

/** Leaves room for 540 bytes of image in a packet. */
const PACKET_SIZE = 576

/** What an acquisition from a simulated camera is to be like. */
export interface LiveOptions {
  camera: GigeSimulatorOptions
  frames: number
  acquisition?: AcquisitionOptions
}

/** What came of it, on both sides. */
export interface LiveResult {
  statistics: AcquisitionStatistics
  /** What the camera says of itself, and of each frame. */
  camera: SimulatorStatistics
  records: Recorded[]
}

/** How long no frame comes before the acquisition is over, in ms: far longer than anything that is lost is waited for. */
const SILENCE_MS = 2000

/**
 * Let a simulated camera on the loopback interface send so many frames, and our host receive them. `onFrame` is called
 * with each; its data is gone afterwards.
 */
export async function live(
  { camera: simulated, frames, acquisition: options }: LiveOptions,
  onFrame: (frame: GigeFrame) => void,
): Promise<LiveResult> {
  const address = loopbackAddress()
  const simulator = await ourSimulator({ address, recordFrames: frames, ...simulated })
  try {
    const camera = await openCamera(address, { interfaceIp: '127.0.0.1' })
    let statistics: AcquisitionStatistics
    try {
      const features = await camera.features()
      await features.set('AcquisitionMode', 'MultiFrame')
      await features.set('AcquisitionFrameCount', frames)
      const acquisition = camera.acquisition({ packetSize: PACKET_SIZE, ...options })
      for (let read = 0; read < frames; read++) {
        const frame = await acquisition.readFrame({ timeoutMs: SILENCE_MS })
        if (!frame) break
        onFrame(frame)
        frame[Symbol.dispose]()
      }
      statistics = await acquisition.stop()
    } finally {
      await camera.close()
    }
    const said = await simulator.stop()
    return { statistics, camera: said.statistics, records: said.records }
  } catch (error) {
    await simulator.stop()
    throw error
  }
}
