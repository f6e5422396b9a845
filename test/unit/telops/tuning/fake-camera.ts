import { FramewireError } from '../../../../ts/errors.js'
import type { TunableCamera, TunedCamera } from '../../../../ts/telops/tuning/tunable-camera.js'

/** Of 64 x 126 pixels with their two header rows: enough to fill packets of 16,260 bytes. */
const [WIDTH, HEIGHT] = [64, 128]
export const FRAME_BYTES = WIDTH * HEIGHT * 2

export type TrialOptions = Parameters<TunableCamera['bufferDownload']>[0]

/** What a download comes to: bytes that are missing of each of its frames, and its speed. */
export interface TrialOutcome {
  missing?: readonly number[]
  strideGaps?: number
  throughputMBps?: number
  /** What the camera made of the packet size; default what it was told. */
  packetSizeUsed?: number
}

export interface FakeCamera extends TunableCamera, TunedCamera {
  /** What each download was asked for, in order. */
  asked: TrialOptions[]
  applied: number[][]
}

/** A camera with recorded frames; `answer` says what becomes of a download. */
export function fakeCamera(
  answer: (options: TrialOptions) => TrialOutcome | 'silence' = () => ({}),
  { recorded = [500], width = WIDTH, height = HEIGHT } = {},
): FakeCamera {
  const asked: TrialOptions[] = []
  const applied: number[][] = []
  return {
    asked,
    applied,
    identity: {
      mac: '02:00:00:00:00:07',
      serialNumber: 'SN-7',
      address: '192.168.5.10',
      interfaceName: 'eth1',
      interfaceIp: '192.168.5.1',
      reachable: true,
    } as TunableCamera['identity'],
    useConnection: (...setting) => void applied.push(setting),
    bufferInfo: async () => ({ recorded }),
    bufferSequence: async () => ({ width, height }),
    async bufferDownload(options) {
      asked.push(options)
      const outcome = answer(options)
      if (outcome === 'silence') {
        throw new FramewireError('gige/no-stream', 'nothing came', {
          address: '192.168.5.10',
          port: 50_000,
          waitedMs: 5000,
        })
      }
      const { missing = [], strideGaps = 0, throughputMBps = 1, packetSizeUsed } = outcome
      const incomplete = missing.flatMap((bytes, id) => (bytes > 0 ? [[id, bytes] as const] : []))
      const nFrames = options.count!
      return {
        statistics: {
          nFrames,
          nIncomplete: incomplete.length,
          perFrameMissing: new Map(incomplete),
          throughputMBps,
          elapsedSeconds: 1,
          nStrideGaps: strideGaps,
          packetSizeUsed: packetSizeUsed ?? options.packetSize!,
        },
      }
    },
  }
}

/** So many bytes missing of each of so many frames. */
export function missingOf(frames: number, bytes: number): number[] {
  return Array.from({ length: frames }, () => bytes)
}
