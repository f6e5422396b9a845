import type { ResendPolicy } from '../../gige-vision/reassembler.js'
import type { PixelUnit } from '../frame.js'
import type { FrameValues } from './destination.js'
import type { DownloadProgress } from './download.js'
import type { DownloadedFrame } from './ordered-frames.js'
import type { DownloadStatistics } from './statistics.js'

/** Which frames to download, and how. */
export interface DownloadOptions {
  /** Counted from 0; default 0. */
  sequence?: number
  /** First frame of it, counted from 0; default 0. */
  first?: number
  /** Frames; default all behind the first. */
  count?: number
  /** Values in degC where the camera is calibrated for it, as float32, instead of counts as uint16; default true. */
  convert?: boolean
  /** Most Mbit/s that the camera sends; 1 to 10,000. Default: what was learned of the connection, 1000 at first. */
  bitrateMbps?: number
  /** Bytes of a whole IP packet; default: the largest that gets through, tried once. */
  packetSize?: number
  /** Receive buffer to ask the kernel for, in bytes; default 32 MiB. */
  receiveBufferBytes?: number
  /** How often what is missing is streamed again, at most; default 6. */
  retries?: number
  /** Ask for missing packets again while the camera has them; default true. */
  resend?: boolean | Partial<ResendPolicy>
  /** So many frames may be incomplete at the end; default 0. Their missing pixels are 0 as `uint16`, NaN as `float32`. */
  maxDroppedFrames?: number
  /** Check that frames lie one period apart; default true. Not for recordings that were triggered from outside. */
  verifyOrder?: boolean
  /** Part of a period that they may be off; default 0.05. */
  orderTolerance?: number
  /** Called up to ten times a second, and at the end. */
  onProgress?: (progress: DownloadProgress) => void
  signal?: AbortSignal
}

/** How to download into a file. */
export interface FileDownloadOptions extends DownloadOptions {
  /** Go on with a download that broke off; default false: the file must be new. */
  resume?: boolean
}

/** Frames in memory. */
export interface DownloadedFrames {
  /** `[frames, height, width]` in C order. Pixels that never came are 0 (`uint16`) or NaN (`float32`). */
  data: FrameValues
  shape: readonly [frames: number, height: number, width: number]
  dtype: 'uint16' | 'float32'
  unit: PixelUnit
  statistics: DownloadStatistics
}

/** Frames as they come, in order. */
export interface FrameDownload extends AsyncIterable<DownloadedFrame> {
  /** When it is over; rejects as the iteration does. */
  readonly statistics: Promise<DownloadStatistics>
}
