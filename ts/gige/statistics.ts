import type { ReassemblyStatistics } from '../gige-vision/reassembler.js'
import type { CaptureLosses } from '../packing/live.js'
import type { ReadCounts } from './frame-reader.js'

/** Counts of a stream since it began, as the capture worker has them. */
export interface StreamStatistics extends ReassemblyStatistics {
  /** Packets that the kernel dropped because the receive buffer was full; undefined where the platform does not tell. */
  kernelDrops: number | undefined
  /** Packets that Node's sockets dropped because nobody took them; 0 with the native part. */
  queueDrops: number
  /** UDP port of this host that the stream goes to. */
  port: number
  /** Bytes of a whole IP packet. */
  packetSize: number
  /** How that was found: a test packet came through, it was asked for, or it is a guess since no test packet ever came. */
  packetSizeBy: 'test' | 'option' | 'guess'
  /** Receive buffer that the kernel granted, in bytes. */
  receiveBufferBytes: number
  /** Images that may be in the capture worker's memory at once. */
  buffers: number
  /** Whether packets are asked for again: the camera can, and it was not switched off. */
  resend: boolean
  /** From the first packet to the last, in ms. */
  streamingMs: number
  /** Drift of the camera's clock against this host's, in millionths; positive where the camera's is slow. */
  clockDriftPpm: number
}

/** A time in which the camera was lost. */
export interface Interruption {
  /** When it was noticed, in ms since 1970. */
  at: number
  /** How long it was until the camera acquired again. */
  gapMs: number
}

/** What came of an acquisition so far. */
export interface AcquisitionStatistics extends StreamStatistics, ReadCounts {
  /** Frames; 0 everywhere: each one that the camera sent was whole and had room. */
  losses: CaptureLosses
  /** Mean rate from the first packet to the last, in MB of packets a second. */
  throughputMBps: number
  /** Times in which the camera was lost; what it would have sent then is counted nowhere else. */
  interruptions: Interruption[]
}

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

/** The statistics of an acquisition, of those of its streams, one after the other. */
export function acquisitionStatistics(
  streams: readonly StreamStatistics[],
  reads: readonly ReadCounts[],
  interruptions: Interruption[],
): AcquisitionStatistics {
  const stream = streams.reduce(sum)
  const { bytes, streamingMs } = stream
  const losses = streams.map(frameLosses)
  return {
    ...stream,
    read: total(reads.map(({ read }) => read)),
    passedOver: total(reads.map(({ passedOver }) => passedOver)),
    unread: total(reads.map(({ unread }) => unread)),
    losses: {
      camera: total(losses.map(({ camera }) => camera)),
      wire: total(losses.map(({ wire }) => wire)),
      kernel: total(losses.map(({ kernel }) => kernel)),
      app: total(losses.map(({ app }) => app)),
    },
    throughputMBps: streamingMs > 0 ? bytes / 1000 / streamingMs : 0,
    interruptions,
  }
}

/** What is no count: of the last stream. */
const NO_COUNTS = new Set(['port', 'packetSize', 'receiveBufferBytes', 'buffers', 'clockDriftPpm'])

function sum(before: StreamStatistics, last: StreamStatistics): StreamStatistics {
  const entries = Object.entries(last).map(([name, value]) => {
    const earlier = before[name as keyof StreamStatistics]
    const isCount = typeof value === 'number' && typeof earlier === 'number' && !NO_COUNTS.has(name)
    return [name, isCount ? earlier + value : value]
  })
  const refused = { ...before.refused }
  for (const [reason, count] of Object.entries(last.refused)) refused[reason] = (refused[reason] ?? 0) + count
  return { ...Object.fromEntries(entries), refused }
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
