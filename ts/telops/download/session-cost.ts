/** What a session costs at first, in ms, until one was measured. */
const FIRST_OVERHEAD_MS = 30
/** How much the last session counts beside those before. */
const WEIGHT = 1 / 4
/** A session for each gap would be asked for where frames are very slow; one for all where they are very fast. */
const [LEAST_BRIDGED, MOST_BRIDGED] = [8, 10_000]

/**
 * What it costs to have another run of frames sent: commands to the camera and the wait for its last frame. Whole frames
 * between missing ones are streamed again where that is done sooner.
 */
export class SessionCost {
  #frameMs: number | undefined
  #overheadMs = FIRST_OVERHEAD_MS

  /** A session of so many frames took so long. */
  took(frames: number, ms: number): void {
    // The first is the longest: in it the overhead hardly counts.
    if (this.#frameMs === undefined) this.#frameMs = ms / frames
    else this.#overheadMs += (Math.max(0, ms - frames * this.#frameMs) - this.#overheadMs) * WEIGHT
  }

  /** So many whole frames take no longer than a session. */
  get bridgedFrames(): number {
    if (!this.#frameMs) return LEAST_BRIDGED
    return Math.min(MOST_BRIDGED, Math.max(LEAST_BRIDGED, Math.round(this.#overheadMs / this.#frameMs)))
  }
}
