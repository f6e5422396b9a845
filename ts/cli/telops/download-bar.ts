import type { DownloadProgress } from '../../telops.js'
import type { Output } from '../output.js'

/** How often a line is said where nobody watches, in ms. */
const PLAIN_MS = 5000
/** Cells of the bar, and what fills an eighth, two eighths and on of one. */
const CELLS = 10
const EIGHTHS = ' ▏▎▍▌▋▊▉█'

/** Tells how far a download is: one live line on a terminal, else a line every few seconds; the last one stays. */
export class DownloadBar {
  readonly #output: Output
  readonly #beganMs = performance.now()
  #saidMs = performance.now()
  #last = ''
  #isPacking = false

  constructor(output: Output) {
    this.#output = output
  }

  update(progress: DownloadProgress): void {
    const now = performance.now()
    // The line of the download stays above that of packing.
    if (progress.packed !== undefined && !this.#isPacking) {
      this.end()
      this.#isPacking = true
    }
    this.#last = barText(progress, (now - this.#beganMs) / 1000)
    this.#output.live(this.#last)
    if (this.#output.isTerminal || now - this.#saidMs < PLAIN_MS) return
    this.#saidMs = now
    this.#output.note(this.#last)
  }

  /** The download is over. */
  end(): void {
    this.#output.live('')
    if (this.#last) this.#output.note(this.#last)
    this.#last = ''
  }
}

/**
 * How far a download is, in a line:
 * `Downloading:  53%|█████▎    | 5301/10000 [00:19<00:17, 271.84frame/s, 44.8MB/s, 3 missing]`; then, of a .zarr,
 * `Packing:  53%|█████▎    | 5301/10000 [00:36]`, the seconds since the download began.
 */
export function barText(progress: DownloadProgress, elapsedSeconds: number): string {
  const { done, frames, framesPerSecond, throughputMBps, missing, packed } = progress
  const elapsed = clock(elapsedSeconds)
  if (packed !== undefined) return `Packing: ${partText(packed, frames)} [${elapsed}]`
  const left = framesPerSecond > 0 ? clock((frames - done) / framesPerSecond) : '?'
  const rate = `${framesPerSecond.toFixed(2)}frame/s, ${throughputMBps.toFixed(1)}MB/s`
  return `Downloading: ${partText(done, frames)} [${elapsed}<${left}, ${rate}, ${missing} missing]`
}

/** ` 53%|█████▎    | 5301/10000`. */
function partText(done: number, frames: number): string {
  const part = done / frames
  const eighths = Math.floor(part * CELLS * 8)
  const bar = `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8]!}`.slice(0, CELLS).padEnd(CELLS)
  return `${String(Math.floor(part * 100)).padStart(3)}%|${bar}| ${done}/${frames}`
}

/** Seconds as a clock shows them: `00:36`, `1:02:03`. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (number: number) => String(number).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = two(Math.floor(whole / 60) % 60)
  return `${hours > 0 ? `${hours}:` : ''}${minutes}:${two(whole % 60)}`
}
