/**
 * The capture cadence as an absolute schedule: a chunk is due when the frames before it have lasted. Time that the
 * producer spends itself is not waited for again, and a late chunk does not make the later ones late.
 */
export class Pace {
  readonly #fps: number
  readonly #now: () => number
  #startMs: number | undefined
  #frames = 0

  constructor(fps: number, now: () => number) {
    this.#fps = fps
    this.#now = now
  }

  /** Milliseconds to wait before a chunk of `frames` is sent; 0 for the first. */
  waitMs(frames: number): number {
    const now = this.#now()
    this.#startMs ??= now
    const dueMs = this.#startMs + (this.#frames * 1000) / this.#fps
    this.#frames += frames
    return Math.max(0, dueMs - now)
  }
}
