import type { DeviceImage } from '../device.js'
import { BufferingFlag, type FrameFacts } from './header.js'

const UNITS_PER_MS = 10_000

/** A sequence in the buffer: what it takes to make any of its frames anew. */
export interface Recording {
  firstFrameId: number
  frames: number
  /** Frames before that of the MOI. */
  preMoi: number
  /** When the first frame was taken, in ms of this host's clock. */
  startedMs: number
  /** The same in units of 100 ns since 1970, by the camera's clock of then. */
  startedAt: bigint
  image: DeviceImage
  facts: Omit<FrameFacts, 'frameId' | 'takenAt' | 'buffering'>
}

/** A frame that was recorded. */
export interface RecordedFrame {
  facts: FrameFacts
  /** When it was taken, in ms of this host's clock. */
  takenMs: number
}

/** A frame of a recording; `shown` is the one whose time and flag it has. */
export function recordedFrame(recording: Recording, index: number, shown = index): RecordedFrame {
  const { firstFrameId, preMoi, startedMs, startedAt, facts } = recording
  const afterMs = (shown * 1000) / facts.frameRateHz
  const takenAt = startedAt + BigInt(Math.round(afterMs * UNITS_PER_MS))
  const { preMoi: before, moi, postMoi } = BufferingFlag
  const buffering = shown < preMoi ? before : shown === preMoi ? moi : postMoi
  return {
    facts: { ...facts, frameId: firstFrameId + index, takenAt, buffering },
    takenMs: startedMs + afterMs,
  }
}
