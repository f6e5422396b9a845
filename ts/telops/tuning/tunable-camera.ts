import type { ReachableCamera } from '../../gige/selection.js'
import type { BufferInfo, BufferSequence } from '../buffer/buffer-info.js'
import type { DownloadOptions } from '../download/options.js'
import type { DownloadStatistics } from '../download/statistics.js'

/** What a connection is tuned in. */
export interface ConnectionSetting {
  /** Bytes of a whole IP packet. */
  packetSize: number
  /** Most Mbit/s that the camera is to send. */
  bitrateMbps: number
  /** Receive buffer to ask the kernel for. */
  receiveBufferBytes: number
}

/** What tuning looks at of a download. */
export type TrialStatistics = Pick<
  DownloadStatistics,
  | 'nFrames'
  | 'nIncomplete'
  | 'perFrameMissing'
  | 'nStrideGaps'
  | 'throughputMBps'
  | 'elapsedSeconds'
  | 'packetSizeUsed'
>

/** What tuning needs of a camera: what was recorded, and to download some of it. */
export interface TunableCamera {
  readonly identity: ReachableCamera
  /** Frames of each sequence. */
  bufferInfo(): Promise<Pick<BufferInfo, 'recorded'>>
  /** Size of a sequence's frames. */
  bufferSequence(sequence: number): Promise<Pick<BufferSequence, 'width' | 'height'>>
  /** Puts every register of the camera back, whatever becomes of it. */
  bufferDownload(
    options: DownloadOptions & Partial<ConnectionSetting>,
  ): Promise<{ readonly statistics: TrialStatistics }>
}

/** A camera that keeps what was found, for its later downloads. */
export interface TunedCamera {
  /** Begin later downloads so. */
  useConnection(packetSize: number, bitrateMbps: number, receiveBufferBytes: number): void
}
