import type { ChunkState } from '../streaming/receipt.js'
import type { ChunkProgress } from '../streaming/rheed-options.js'
import type { Output } from './output.js'
import { duration } from './table.js'

/** How often a line is said where nobody watches, and a watched one drawn anew, in ms. */
const PLAIN_MS = 5_000
const LIVE_MS = 200
/** The rate shown is that of the last seconds. */
const RATE_MS = 10_000

/** Tells how far a stream is: one live line on a terminal, else a line every few seconds. */
export class Progress {
  /** Undefined where it is not known how many come. */
  readonly #totalFrames: number | undefined
  readonly #output: Output
  readonly #now: () => number
  readonly #startMs: number
  readonly #timer: NodeJS.Timeout
  readonly #chunks = new Map<number, { state: ChunkState; frames: number }>()
  #framesBefore = 0
  #stored: { ms: number; bytes: number }[] = []
  #said = ''

  constructor(totalFrames: number | undefined, output: Output, now: () => number = () => performance.now()) {
    this.#totalFrames = totalFrames
    this.#output = output
    this.#now = now
    this.#startMs = now()
    this.#timer = setInterval(() => this.#say(), output.isTerminal ? LIVE_MS : PLAIN_MS)
    this.#timer.unref()
  }

  /** A chunk changed. */
  update({ index, state, frames, rawBytes }: ChunkProgress): void {
    const isKnown = this.#chunks.has(index)
    this.#chunks.set(index, { state, frames })
    // A chunk that is first heard of as stored was so before a stream was resumed.
    if (state === 'stored' && isKnown) this.#stored.push({ ms: this.#now(), bytes: rawBytes })
    else if (state === 'stored') this.#framesBefore += frames
    // Who watches sees at once that it goes.
    if (this.#output.isTerminal && this.#said === '') this.#say()
  }

  /** The stream ended; where nobody watched, its last line is said. */
  end(): void {
    clearInterval(this.#timer)
    if (this.#output.isTerminal) this.#output.live('')
    else this.#say()
  }

  /** How things stand: frames stored, raw MB/s, chunks by state, time left. */
  line(): string {
    const now = this.#now()
    const count = { queued: 0, spilled: 0, packaged: 0, journaled: 0, stored: 0, failed: 0 }
    let frames = 0
    for (const chunk of this.#chunks.values()) {
      count[chunk.state]++
      if (chunk.state === 'stored') frames += chunk.frames
    }
    const elapsedMs = now - this.#startMs
    this.#stored = this.#stored.filter(({ ms }) => ms > now - RATE_MS)
    const recent = this.#stored.reduce((sum, { bytes }) => sum + bytes, 0)
    const rate = recent / 1e3 / Math.max(Math.min(elapsedMs, RATE_MS), 1)
    const sent = frames - this.#framesBefore
    const total = this.#totalFrames
    const left =
      sent === 0 || total === undefined ? Number.NaN : ((total - frames) / sent) * (elapsedMs / 1000)
    return [
      `${frames}${total === undefined ? '' : `/${total}`} frames stored`,
      `${rate.toFixed(1)} MB/s`,
      `chunks: ${count.queued + count.spilled} queued, ${count.packaged + count.journaled} packaged, ${count.stored} stored` +
        (count.failed > 0 ? `, ${count.failed} failed` : ''),
      ...(left > 0 ? [`${duration(left)} left`] : []),
    ].join(' | ')
  }

  #say(): void {
    const line = this.line()
    if (this.#output.isTerminal) this.#output.live(line)
    else if (line !== this.#said) this.#output.note(line)
    this.#said = line
  }
}
