import { WANTED_RECEIVE_BUFFER_BYTES } from '../../gige/receive-buffer.js'
import { optionFault } from '../faults.js'
import type { PacketSizeProbe } from './packet-size-probe.js'
import type { ConnectionTrial } from './ranking.js'

/** What is tried. */
export interface TuneOptions {
  /** Try packet sizes alone; the highest bitrate is recommended then, untried. Default false. */
  probeOnly?: boolean
  /** In bytes of a whole IP packet, 576 to 65,535; default 16260, 9000, 8000, 4000, 1500. */
  candidatePacketSizes?: readonly number[]
  /** Most Mbit/s that the camera sends, 1 to 10,000; default 1000, 700, 500, 300. */
  candidateBitratesMbps?: readonly number[]
  /** Receive buffers to ask the kernel for, in bytes; default 32 MiB alone. */
  candidateReceiveBufferBytes?: readonly number[]
  /** Frames of each download of the sweep; default 300, and never more than there are. */
  testFrames?: number
  /** Called after each trial. */
  onProgress?: (progress: TuneProgress) => void
  signal?: AbortSignal
}

/** How far tuning is: after each packet size, then after each download of the sweep. */
export type TuneProgress =
  | { kind: 'probe'; done: number; of: number; result: PacketSizeProbe }
  | { kind: 'sweep'; done: number; of: number; result: ConnectionTrial }

/** Options with their defaults; candidates once each, the largest first. */
export type CheckedTuneOptions = Required<Omit<TuneOptions, 'onProgress' | 'signal'>> &
  Pick<TuneOptions, 'onProgress' | 'signal'>

const PACKET_SIZES = [16_260, 9000, 8000, 4000, 1500]
const BITRATES_MBPS = [1000, 700, 500, 300]
const TEST_FRAMES = 300

/** Throws `telops/option`. */
export function checkedTuneOptions({
  probeOnly = false,
  candidatePacketSizes = PACKET_SIZES,
  candidateBitratesMbps = BITRATES_MBPS,
  candidateReceiveBufferBytes = [WANTED_RECEIVE_BUFFER_BYTES],
  testFrames = TEST_FRAMES,
  onProgress,
  signal,
}: TuneOptions): CheckedTuneOptions {
  if (!(Number.isInteger(testFrames) && testFrames >= 1)) {
    throw optionFault('testFrames', testFrames, 'a whole number from 1 on')
  }
  return {
    probeOnly,
    candidatePacketSizes: candidates('candidatePacketSizes', candidatePacketSizes, 576, 65_535),
    candidateBitratesMbps: candidates('candidateBitratesMbps', candidateBitratesMbps, 1, 10_000),
    candidateReceiveBufferBytes: candidates(
      'candidateReceiveBufferBytes',
      candidateReceiveBufferBytes,
      1,
      2 ** 30,
    ),
    testFrames,
    onProgress,
    signal,
  }
}

function candidates(option: string, given: readonly number[], least: number, most: number): number[] {
  const isFit = (one: number) => Number.isInteger(one) && one >= least && one <= most
  if (given.length === 0 || !given.every(isFit)) {
    throw optionFault(option, given, `whole numbers from ${least} to ${most}, at least one`)
  }
  return [...new Set(given)].sort((a, b) => b - a)
}
