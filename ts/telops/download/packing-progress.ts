import type { DownloadProgress } from './download.js'

/** How often what is packed is told, in ms. */
const EVERY_MS = 100

/** Tells of frames that come, and, when all came that do, of those that are packed. */
export class PackingProgress {
  readonly #tell: (progress: DownloadProgress) => void
  #last: DownloadProgress | undefined
  #haveAllCome = false
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(tell: (progress: DownloadProgress) => void) {
    this.#tell = tell
  }

  came(progress: DownloadProgress): void {
    this.#last = progress
    this.#tell(progress)
  }

  allCame(): void {
    this.#haveAllCome = true
  }

  /** So many frames are packed, of all. */
  packed(frames: number): void {
    const last = this.#last
    if (!this.#haveAllCome || !last) return
    const nowMs = performance.now()
    if (frames < last.frames && nowMs < this.#toldMs + EVERY_MS) return
    this.#toldMs = nowMs
    this.#last = { ...last, packed: frames }
    this.#tell(this.#last)
  }
}
