/** How far a recording into the camera's buffer is. */
export interface RecordProgress {
  /** `arming`: the first sequence is prepared; `firing`: another one is; then each is `recording` until it is `done`. */
  phase: 'arming' | 'firing' | 'recording' | 'done'
  /** From 0 on. */
  sequence: number
  nSequences: number
  /** Frames of a sequence. */
  frames: number
}

/**
 * What to write of it, without a line end until a sequence is done; one behind another:
 * `Arming (seq 1/3)... Recording... Done (10000 frames)`.
 */
export function recordingText({ phase, sequence, nSequences, frames }: RecordProgress): string {
  const which = `(seq ${sequence + 1}/${nSequences})... `
  switch (phase) {
    case 'arming':
      return `Arming ${which}`
    case 'firing':
      return `Firing ${which}`
    case 'recording':
      return 'Recording... '
    case 'done':
      return `Done (${frames} frames)\n`
  }
}
