import type { ConnectionSetting, TrialStatistics } from './tunable-camera.js'

/** What a download with a setting came to, without any recovery. */
export interface ConnectionTrial
  extends ConnectionSetting,
    Omit<TrialStatistics, 'perFrameMissing' | 'packetSizeUsed'> {}

/** Every frame came whole, and one period behind the frame before. */
export function isStable(trial: ConnectionTrial): boolean {
  return lost(trial) === 0
}

/**
 * Trials, the best first: stable ones, then those that lost fewer frames, each by throughput. What differs by no more
 * than chance makes is equal. Of equals the larger packets, which cost less CPU, then the lower bitrate and the smaller
 * buffer.
 */
export function ranked(trials: readonly ConnectionTrial[]): ConnectionTrial[] {
  return [...trials].sort(
    (a, b) =>
      Number(!isStable(a)) - Number(!isStable(b)) ||
      lossClass(a) - lossClass(b) ||
      throughputClass(b) - throughputClass(a) ||
      b.packetSize - a.packetSize ||
      a.bitrateMbps - b.bitrateMbps ||
      a.receiveBufferBytes - b.receiveBufferBytes,
  )
}

function lost({ nIncomplete, nStrideGaps }: ConnectionTrial): number {
  return nIncomplete + nStrideGaps
}

/** A count of losses varies by its square root, so its root by about one half, whatever it is: a class is four times that. */
function lossClass(trial: ConnectionTrial): number {
  return Math.floor(Math.sqrt(lost(trial)) / 2)
}

/** Within 2 %. */
function throughputClass({ throughputMBps }: ConnectionTrial): number {
  return Math.floor(Math.log(Math.max(throughputMBps, Number.MIN_VALUE)) / Math.log(1.02))
}
