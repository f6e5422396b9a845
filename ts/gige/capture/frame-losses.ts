import type { CaptureLosses } from '../../packing/live.js'
import type { StreamStatistics } from '../statistics.js'

/**
 * The frames that a stream lost, each at one place. Which frame a packet was of that the kernel dropped nobody knows:
 * incomplete frames count as the kernel's in the proportion that it has in the packets that are missing.
 */
export function frameLosses(statistics: StreamStatistics): CaptureLosses {
  const { skipped, incomplete, queueFull, missingPackets, kernelDrops = 0, queueDrops } = statistics
  const dropped = Math.min(missingPackets, kernelDrops + queueDrops)
  const kernel = missingPackets > 0 ? Math.round((incomplete * dropped) / missingPackets) : 0
  return { camera: skipped, wire: incomplete - kernel, kernel, app: queueFull }
}
