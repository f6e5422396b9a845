import type { ResumeRecord } from './resume-record.js'
import type { DownloadSource } from './source.js'

/** When a frame was taken: tells a recording from another one that took its place under the same numbers. */
export interface Witness {
  /** Counted from the recording's first one. */
  frame: number
  /** By the camera's calendar: since 1970, and in steps of 100 ns. */
  seconds: number
  subSecond: number
}

/** How often the frame is asked for: packets of it may be lost. */
const TRIES = 5

/** What this header says. */
export function witness(frame: number, header: Float64Array): Witness {
  return { frame, seconds: header[9]!, subSecond: header[10]! }
}

/**
 * See that the camera still has the recording that a download is gone on with. Rejects with `telops/resume` where it has
 * another one, and as the source does.
 */
export async function checkRecording(source: DownloadSource, record: ResumeRecord): Promise<void> {
  const before = record.before?.witness
  if (!before) return
  for (let tries = 0; tries < TRIES; tries++) {
    for await (const { header, dispose } of source.session([before.frame, before.frame + 1])) {
      dispose()
      if (header?.[0] === source.firstFrameId + before.frame) {
        return record.checkWitness(witness(before.frame, header))
      }
    }
  }
  record.checkWitness(undefined)
}
