import { hasCode } from '../../errors.js'
import type { ConnectionSetting, TrialStatistics, TunableCamera } from './tunable-camera.js'

/** What became of frames in packets of a size. */
export interface PacketSizeProbe {
  /** Bytes of a whole IP packet. */
  packetSize: number
  /** Packets of this size get through; some may be lost. */
  isCarried: boolean
  nFrames: number
  /** Frames of which something was missing. */
  nIncomplete: number
}

const ETHERNET_MTU = 1500
/** IP, UDP and GVSP headers of a packet. */
const HEADERS_BYTES = 36
/** A path that carries a size at all lets some of so many frames' packets through. */
const PROBE_FRAMES = 4

/** Recorded frames that sizes are tried with. */
export interface ProbedRecording {
  sequence: number
  frames: number
  /** Of one frame, header rows included. */
  frameBytes: number
}

/** Whether frames of so many bytes fill a packet of this size: those that do not prove nothing of it. */
export function fills(frameBytes: number, packetSize: number): boolean {
  return frameBytes >= packetSize - HEADERS_BYTES
}

/** Have some frames sent in packets of a size, slowly: what is missing then is not for speed. */
export async function probePacketSize(
  camera: TunableCamera,
  { sequence, frames, frameBytes }: ProbedRecording,
  setting: ConnectionSetting & { signal?: AbortSignal },
): Promise<PacketSizeProbe> {
  const { packetSize } = setting
  const count = Math.min(frames, PROBE_FRAMES)
  const failed = { packetSize, isCarried: false, nFrames: count, nIncomplete: count }
  try {
    const statistics = await trialDownload(camera, { ...setting, sequence, count })
    // A camera that sends smaller packets than it was told to proves nothing.
    if (!statistics || statistics.packetSizeUsed < packetSize) return failed
    const { nFrames, nIncomplete, perFrameMissing } = statistics
    // The last packet of a frame is a short one: that it comes tells nothing.
    const full = Math.min(packetSize - HEADERS_BYTES, frameBytes)
    const isCarried =
      nIncomplete < nFrames || [...perFrameMissing.values()].some((missing) => frameBytes - missing >= full)
    return { packetSize, isCarried, nFrames, nIncomplete }
  } catch (error) {
    // Every camera sends packets of Ethernet's own size; larger ones it may refuse.
    if (hasCode(error, 'gige/refused') && packetSize > ETHERNET_MTU) return failed
    throw error
  }
}

/** A download as it comes, nothing of it asked for again. Undefined where not one packet came. */
export async function trialDownload(
  camera: TunableCamera,
  options: Parameters<TunableCamera['bufferDownload']>[0],
): Promise<TrialStatistics | undefined> {
  try {
    const { statistics } = await camera.bufferDownload({
      ...options,
      convert: false,
      resend: false,
      retries: 0,
      maxDroppedFrames: Number.POSITIVE_INFINITY,
      verifyOrder: false,
    })
    return statistics
  } catch (error) {
    if (hasCode(error, 'gige/no-stream')) return undefined
    throw error
  }
}
