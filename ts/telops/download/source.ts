import type { TelopsFrame } from '../frame.js'
import type { ByteRange } from './byte-ranges.js'
import type { FrameValues } from './destination.js'
import type { Run } from './inventory.js'

/** A frame of a session, whole or in part. */
export interface ArrivedFrame {
  blockId: bigint
  /** Numbers of its header (see `frameHeader`); undefined where the rows that hold it are missing. */
  header: Float64Array<ArrayBuffer> | undefined
  /** Pixels of a whole frame; undefined where something is missing. */
  values: FrameValues | undefined
  /** Least, greatest and mean of those, where they were measured. */
  range: Float64Array | undefined
  /** A frame in part as the camera sent it, header rows included; what is missing is zero. */
  raw: Uint8Array<ArrayBuffer> | undefined
  /** Bytes of `raw` that are missing. */
  missing: readonly ByteRange[]
  /** Give its memory back. */
  dispose(): void
}

/** A frame as the camera's stream brings it. */
export function arrivedFrame(frame: TelopsFrame): ArrivedFrame {
  const { blockId, headerNumbers: header, raw, data, range } = frame
  return {
    blockId,
    header,
    values: raw ? undefined : data,
    range,
    raw,
    missing: raw ? frame.rawGaps() : [],
    dispose: () => frame[Symbol.dispose](),
  }
}

/** What a session counted. */
export interface SessionCounts {
  resendRequested: number
  resendRecovered: number
}

/** A recording in the camera's buffer, as a download asks for it. */
export interface DownloadSource {
  /** The camera's id of the recording's first frame. */
  readonly firstFrameId: number
  /** Of a frame as the camera sends it, at most. */
  readonly mostFrameBytes: number
  /** Bytes of a whole IP packet. */
  readonly packetSize: number
  /** Most Mbit/s that the camera is to send. */
  readonly bitrateMbps: number
  /**
   * Have the camera send a run of frames, once each. The generator ends when all came, or nothing more comes; it throws
   * `gige/no-stream` where not one packet came.
   */
  session(run: Run): AsyncGenerator<ArrivedFrame, SessionCounts, void>
}
