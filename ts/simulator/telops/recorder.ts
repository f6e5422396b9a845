import type { DeviceImage } from '../device.js'
import type { FrameFacts } from './header.js'
import type { Recording } from './recording.js'

/** Ids of the frames of two sequences are at least so far apart. */
const LEAST_STRIDE = 100_000

/** What an acquisition records. */
export interface Plan {
  sequences: number
  /** Frames of a sequence. */
  frames: number
  preMoi: number
  image: DeviceImage
  facts: Omit<FrameFacts, 'frameId' | 'takenAt' | 'buffering'>
}

/** Sequences as time goes by, from the start of an armed acquisition to its end; no frame is kept anywhere. */
export class Recorder {
  /** Sequences that are whole. */
  readonly recordings: Recording[] = []
  readonly #plan: Plan
  readonly #dateOf: (ms: number) => bigint
  readonly #periodMs: number
  /** From when on the ring has frames of the next sequence. */
  #ringMs: number
  #current: { moiMs: number; preMoi: number } | undefined
  #hasEnded = false

  /** @param ringMs when the ring begins to record; @param dateOf moments as units of 100 ns since 1970 */
  constructor(plan: Plan, ringMs: number, dateOf: (ms: number) => bigint) {
    this.#plan = plan
    this.#ringMs = ringMs
    this.#dateOf = dateOf
    this.#periodMs = 1000 / plan.facts.frameRateHz
  }

  /** The moment of interest of the next sequence; the frames before it are those that the ring has by now. */
  moi(atMs: number): void {
    this.advance(atMs)
    if (this.#current || this.isDone) return
    const moiMs = Math.max(atMs, this.#ringMs)
    const inRing = Math.floor((moiMs - this.#ringMs) / this.#periodMs)
    this.#current = { moiMs, preMoi: Math.min(this.#plan.preMoi, inRing) }
  }

  /** Let time pass. */
  advance(nowMs: number): void {
    if (!this.#current || this.#hasEnded) return
    const after = this.#plan.frames - this.#plan.preMoi
    const endMs = this.#current.moiMs + after * this.#periodMs
    if (nowMs < endMs) return
    this.#keep(after)
    this.#ringMs = endMs
  }

  /** The acquisition is stopped: of a sequence that was being recorded there is what there is. */
  end(nowMs: number): void {
    this.advance(nowMs)
    if (this.#current) this.#keep(Math.floor((nowMs - this.#current.moiMs) / this.#periodMs))
    this.#hasEnded = true
  }

  /** Nothing more is recorded. */
  get isDone(): boolean {
    return this.#hasEnded || this.recordings.length >= this.#plan.sequences
  }

  /** Keep the current sequence, with so many frames from the MOI on. */
  #keep(after: number): void {
    const { moiMs, preMoi } = this.#current!
    this.#current = undefined
    const frames = preMoi + after
    if (frames <= 0) return
    const { image, facts } = this.#plan
    const stride = Math.ceil(this.#plan.frames / LEAST_STRIDE) * LEAST_STRIDE
    const firstFrameId = 1 + this.recordings.length * stride
    const startedMs = moiMs - preMoi * this.#periodMs
    const startedAt = this.#dateOf(startedMs)
    this.recordings.push({ firstFrameId, frames, preMoi, startedMs, startedAt, image, facts })
  }
}
