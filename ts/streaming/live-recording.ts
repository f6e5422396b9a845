import type { CaptureLosses } from '../packing/live.js'
import { type AttachOptions, checkedAttach, type Recording, type RecordingSummary } from './live-options.js'
import { LiveSession, type SessionEnd, type SessionParts } from './live-session.js'
import type { LiveSource } from './live-source.js'

/** What a recording is made with. */
export interface RecordingParts extends SessionParts {
  /** Told when the camera sends nothing more. */
  onEnd(): void
}

/** A camera that is attached to a stream: one session after another, where it is lost and comes back. */
export class LiveRecording implements Recording {
  readonly done: Promise<RecordingSummary>
  readonly #source: LiveSource
  readonly #options: AttachOptions
  readonly #parts: RecordingParts
  readonly #ends: SessionEnd[] = []
  /** Fires when no session shall follow. */
  readonly #stopped = new AbortController()
  #session: LiveSession

  /**
   * Start the camera. Throws `stream/option`, `frames/...` where its frames cannot be sent as they are, `core/load`, and
   * what the camera throws.
   */
  static async begin(
    source: LiveSource,
    options: AttachOptions,
    parts: RecordingParts,
  ): Promise<LiveRecording> {
    const { frames, durationMs, signal } = checkedAttach(options)
    const session = await LiveSession.begin(source, { frames, durationMs }, parts)
    const recording = new LiveRecording(source, options, parts, session)
    const stop = () => void recording.stop().catch(() => undefined)
    signal?.addEventListener('abort', stop, { once: true })
    const forget = () => signal?.removeEventListener('abort', stop)
    recording.done.then(forget, forget)
    if (signal?.aborted) stop()
    return recording
  }

  private constructor(
    source: LiveSource,
    options: AttachOptions,
    parts: RecordingParts,
    session: LiveSession,
  ) {
    this.#source = source
    this.#options = options
    this.#parts = parts
    this.#session = session
    this.#say(`${source.label} is attached`)
    this.done = this.#follow()
    this.done.catch(() => {})
  }

  stop(): Promise<RecordingSummary> {
    this.#stopped.abort()
    void this.#session.stop()
    return this.done
  }

  /** As `stop`, but the camera is not waited for: frames that are not packed yet are lost. */
  cut(): Promise<RecordingSummary> {
    this.#stopped.abort()
    this.#session.cut()
    return this.done
  }

  async #follow(): Promise<RecordingSummary> {
    const { stream, log, onEnd } = this.#parts
    try {
      for (;;) {
        const end = await this.#session.done
        this.#ends.push(end)
        if (!end.failure) return this.#summary()
        log.error(`stream ${stream.declaration.dataId}: ${end.failure.message}`, end.failure)
        if (!(await this.#comeBack(end.failure))) return this.#summary()
      }
    } finally {
      onEnd()
    }
  }

  /** Wait for a camera that was lost, and go on with it. False where it was stopped meanwhile; throws where it cannot. */
  async #comeBack(lost: Error): Promise<boolean> {
    const { signal } = this.#stopped
    if (signal.aborted) return false
    for (let failure = lost; ; ) {
      const back = this.#source.comeBack?.(failure)
      if (!back) throw failure
      const stopped = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      )
      await Promise.race([back, stopped])
      if (signal.aborted) return false
      try {
        if (!(await this.#goOn())) return false
        if (signal.aborted) void this.#session.stop()
        this.#say(`${this.#source.label} is back`)
        return true
      } catch (error) {
        // It may be gone again.
        failure = error as Error
      }
    }
  }

  /** Start the camera for what is left to be taken; false where that is nothing. */
  async #goOn(): Promise<boolean> {
    const { frames, durationMs } = this.#options
    const { startUnixMs } = this.#ends.find((end) => end.startUnixMs !== undefined) ?? {}
    const { endUnixMs: sinceUnixMs } = this.#ends.findLast((end) => end.endUnixMs !== undefined) ?? {}
    const left = frames === undefined ? undefined : frames - this.#summary().frames
    const passed = startUnixMs === undefined ? 0 : this.#parts.wall() - startUnixMs
    const leftMs = durationMs === undefined ? undefined : durationMs - passed
    if ((left ?? 1) <= 0 || (leftMs ?? 1) <= 0) return false
    const limits = { frames: left, durationMs: leftMs, sinceUnixMs }
    this.#session = await LiveSession.begin(this.#source, limits, this.#parts)
    return true
  }

  #summary(): RecordingSummary {
    const losses: CaptureLosses = { camera: 0, wire: 0, kernel: 0, app: 0 }
    let [frames, chunks] = [0, 0]
    for (const end of this.#ends) {
      frames += end.frames
      chunks += end.chunks
      for (const place of Object.keys(losses) as (keyof CaptureLosses)[]) losses[place] += end.losses[place]
    }
    return { frames, chunks, losses, reason: this.#ends.at(-1)!.reason }
  }

  #say(message: string): void {
    const { stream, log } = this.#parts
    log.info(`stream ${stream.declaration.dataId}: ${message}`)
  }
}
