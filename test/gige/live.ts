import {
  type AcquisitionOptions,
  type AcquisitionStatistics,
  type GigeFrame,
  openCamera,
} from 'framewire/gige'
import {
  createGigeSimulator,
  type FrameRecord,
  type GigeSimulatorOptions,
  type SimulatorStatistics,
} from 'framewire/simulator'

/** Bytes of image in a payload packet of the packet size of these tests. */
const PACKET_SIZE = 576
export const PAYLOAD_BYTES = PACKET_SIZE - 36

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
  records: FrameRecord[]
}

/** How long no frame comes before the acquisition is over, in ms: far longer than anything that is lost is waited for. */
const SILENCE_MS = 2000

let cameras = 0

/**
 * Let a simulated camera on the loopback interface send so many frames, and our host receive them. `onFrame` is called
 * with each; its data is gone afterwards.
 */
export async function live(
  { camera: simulated, frames, acquisition: options }: LiveOptions,
  onFrame: (frame: GigeFrame) => void,
): Promise<LiveResult> {
  const simulator = await createGigeSimulator({
    address: loopbackAddress(),
    recordFrames: frames,
    ...simulated,
  })
  try {
    const camera = await openCamera(simulator.address, { interfaceIp: '127.0.0.1' })
    try {
      const features = await camera.features()
      await features.set('AcquisitionMode', 'MultiFrame')
      await features.set('AcquisitionFrameCount', frames)
      const acquisition = camera.acquisition({ packetSize: PACKET_SIZE, ...options })
      for (;;) {
        const frame = await acquisition.readFrame({ timeoutMs: SILENCE_MS })
        if (!frame) break
        onFrame(frame)
        frame[Symbol.dispose]()
      }
      const statistics = await acquisition.stop()
      return { statistics, camera: simulator.statistics, records: simulator.records() }
    } finally {
      await camera.close()
    }
  } finally {
    await simulator.close()
  }
}

/** An address of the loopback interface that no other camera of these tests has. */
export function loopbackAddress(): string {
  cameras++
  return `127.${64 + (process.pid % 128)}.${(process.pid >> 7) % 256}.${1 + (cameras % 254)}`
}
