import type { MeasuredValues } from './measured.js'

/** What came of a download. */
export interface DownloadStatistics {
  /** Frames that were asked for. */
  nFrames: number
  /** Of these: frames that were there from a download before, which was gone on with. */
  nBefore: number
  /** Of these: frames that never came whole. */
  nIncomplete: number
  /** Those, counted from the first frame that was asked for: their indices in the file or array. */
  incompleteFrames: readonly number[]
  /** The camera's ids of those. */
  incompleteFrameIds: readonly number[]
  /** Bytes that are missing of each of those, the two header rows counted, by the camera's id. */
  perFrameMissing: ReadonlyMap<number, number>
  /** Packets that were asked for again, each time counted, that came for it, and askings that brought nothing. */
  resendRequested: number
  resendRecovered: number
  resendFailed: number
  /** Frames that came whole only when they were streamed again. */
  recoveredByRetry: number
  /** Frames that were whole after the first pass. */
  firstPassNComplete: number
  /** Of whole frames, the two header rows counted, in 10^6 bytes per second. */
  throughputMBps: number
  elapsedSeconds: number
  /** Bytes of a whole IP packet. */
  packetSizeUsed: number
  /** Most Mbit/s that the camera was to send. */
  bitrateUsedMbps: number
  /** Blocks whose header tells another frame than their number. */
  nOutOfOrder: number
  /** Frames that are not one period behind the frame before, by the time stamps of their headers. */
  nStrideGaps: number
  /** Passes behind the first one. */
  rounds: number
  /** Sessions of the camera, all passes together. */
  sessions: number
  /** Of the pixels of all whole frames; undefined where none is. */
  values: MeasuredValues | undefined
}
