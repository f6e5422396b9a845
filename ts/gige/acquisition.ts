import { hasCode } from '../errors.js'
import { sleep, systemClock } from '../upload/clock.js'
import type { GigeFrame } from './frame.js'
import type { ReadOptions } from './frame-reader.js'
import { type AcquisitionStatistics, acquisitionStatistics, type Interruption } from './statistics.js'
import { acquiringFault, noFrameFault } from './stream-faults.js'
import { type StreamOptions, streamSettings } from './stream-options.js'
import { FIRST_PACKET_TIMEOUT_MS, type StreamingCamera, StreamRun } from './stream-run.js'

/** How to acquire. */
export interface AcquisitionOptions extends StreamOptions {
  /**
   * When a camera that was started sends nothing for so long, in ms, reading fails with `gige/no-stream`; default 5000.
   * Not for cameras that wait for a trigger.
   */
  firstPacketTimeoutMs?: number
  /**
   * For cameras opened with `reconnect`: set the camera up again when it came back, before it acquires again. A camera
   * that was switched off has forgotten its settings.
   */
  onReconnected?: () => Promise<void>
}

/** How to acquire so many frames. */
export interface AcquireOptions extends AcquisitionOptions {
  /** How long to wait for each frame, in ms; default 5000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** How to acquire frames until the loop ends. */
export interface FramesOptions extends AcquisitionOptions, Pick<ReadOptions, 'latest' | 'signal'> {}

const FRAME_TIMEOUT_MS = 5000

/** Cameras that acquire. */
const acquiring = new WeakSet<StreamingCamera>()

/**
 * A camera that acquires, from now on until `stop`; `await using` stops it at the end of its block. When a camera that
 * was opened with `reconnect` is lost and comes back, the acquisition goes on: the statistics tell of the gap.
 */
export class Acquisition<F extends Disposable = GigeFrame> implements AsyncDisposable {
  /**
   * Resolves when the camera acquires: from then on no trigger is missed. Rejects with `gige/acquiring`, `gige/option`,
   * `gige/packet-size`, or what the camera says; so does everything else then. Need not be awaited.
   */
  readonly started: Promise<void>
  readonly #camera: StreamingCamera<F>
  readonly #options: AcquisitionOptions
  /** One, and one more after each time that the camera was lost. */
  readonly #runs: StreamRun<F>[] = []
  /** The one that frames are read of. */
  #reading = 0
  readonly #interruptions: Interruption[] = []
  /** Resolves when the camera acquires again. */
  #resuming: Promise<void> | undefined
  #isRestarting = false
  #stopped: Promise<AcquisitionStatistics> | undefined

  /** @internal */
  constructor(camera: StreamingCamera<F>, options: AcquisitionOptions) {
    this.#camera = camera
    this.#options = options
    this.started = this.#start()
    this.started.catch(() => {})
  }

  /**
   * The next frame; null where none came within `timeoutMs`. Rejects with `gige/no-stream` where the camera sends nothing
   * at all, with `gige/control-lost` when it was lost, with `gige/closed` after `stop`, with `stream/aborted`.
   */
  async readFrame(options: ReadOptions = {}): Promise<F | null> {
    await this.started
    const { timeoutMs = Number.POSITIVE_INFINITY } = options
    const end = performance.now() + timeoutMs
    for (;;) {
      const at = this.#reading
      try {
        return await this.#runs[at]!.reader.read({ ...options, timeoutMs: end - performance.now() })
      } catch (error) {
        if (!hasCode(error, 'gige/control-lost') || this.#resuming === undefined) throw error
        if (!this.#runs[at + 1] && !(await settled(this.#resuming, end, options.signal))) return null
        if (this.#stopped) throw error
        this.#reading = Math.max(this.#reading, at + 1)
      }
    }
  }

  /** Frame after frame until `stop`, or until the signal fires (`stream/aborted`). Rejects as {@link readFrame}. */
  async *frames(options: Pick<ReadOptions, 'latest' | 'signal'> = {}): AsyncGenerator<F, void, void> {
    while (!this.#stopped) {
      let frame: F | null
      try {
        frame = await this.readFrame(options)
      } catch (error) {
        if (this.#stopped && hasCode(error, 'gige/closed')) return
        throw error
      }
      if (frame) yield frame
    }
  }

  /** What came and what was lost so far; after `stop`, in all. */
  async statistics(): Promise<AcquisitionStatistics> {
    await this.started
    const runs = [...this.#runs]
    return acquisitionStatistics(
      await Promise.all(runs.map((run) => run.statistics())),
      runs.map(({ reader }) => reader.counts),
      [...this.#interruptions],
    )
  }

  /** Stop the camera. Frames that were not read are given up. What came of it; stopping again gives the same. */
  stop(): Promise<AcquisitionStatistics> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** As {@link stop}, where it was started. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isStarted = await this.started.then(
      () => true,
      () => false,
    )
    if (isStarted) await this.stop()
  }

  async #start(): Promise<void> {
    const camera = this.#camera
    if (acquiring.has(camera)) throw acquiringFault(camera.address)
    acquiring.add(camera)
    try {
      await this.#run()
    } catch (error) {
      acquiring.delete(camera)
      throw error
    }
  }

  async #run(): Promise<void> {
    const { firstPacketTimeoutMs = FIRST_PACKET_TIMEOUT_MS } = this.#options
    const settings = streamSettings(await this.#camera.payloadBytes(), this.#options, this.#camera.maker)
    const onEnd = (error: unknown) => {
      if (hasCode(error, 'gige/control-lost')) this.#lost()
    }
    this.#runs.push(await StreamRun.start(this.#camera, settings, firstPacketTimeoutMs, onEnd))
  }

  /** The camera is gone: where it is looked for, go on when it is back. */
  #lost(): void {
    const run = this.#runs.at(-1)
    if (!run || this.#stopped || this.#isRestarting) return
    const back = this.#camera.comeBack(run.returns)
    if (!back) return
    this.#resuming = this.#resume(run, back)
    this.#resuming.catch(() => {})
  }

  async #resume(lost: StreamRun<F>, back: Promise<void> | undefined): Promise<void> {
    const at = Date.now()
    await lost.conclude()
    for (;;) {
      await back
      if (this.#stopped) return
      const { returns } = this.#camera
      if (await this.#restart()) break
      back = this.#camera.comeBack(returns)
    }
    this.#interruptions.push({ at, gapMs: Date.now() - at })
  }

  /** False where the camera is gone again meanwhile. */
  async #restart(): Promise<boolean> {
    this.#isRestarting = true
    try {
      await this.#options.onReconnected?.()
      await this.#run()
      return true
    } catch (error) {
      if (!hasCode(error, 'gige/control-lost')) throw error
      return false
    } finally {
      this.#isRestarting = false
    }
  }

  async #stop(): Promise<AcquisitionStatistics> {
    await this.started
    if (this.#isRestarting) await this.#resuming?.catch(() => {})
    try {
      await this.#runs.at(-1)!.stop()
    } finally {
      acquiring.delete(this.#camera)
    }
    return this.statistics()
  }
}

/** Whether this settled before `end`, by the monotonic clock; rejects as it does, and with what the signal says. */
async function settled(promise: Promise<void>, end: number, signal?: AbortSignal): Promise<boolean> {
  const late = new AbortController()
  const time = sleep(systemClock, end - performance.now(), late.signal).then(() => false)
  const abort = () => late.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  time.catch(() => {})
  try {
    return await Promise.race([promise.then(() => true), time])
  } finally {
    signal?.removeEventListener('abort', abort)
    late.abort()
  }
}

/** Acquire `count` frames. Rejects as `readFrame`, and with `gige/no-frame` where one does not come in time. */
export async function acquire<F extends Disposable>(
  camera: StreamingCamera<F>,
  count: number,
  { timeoutMs = FRAME_TIMEOUT_MS, signal, ...options }: AcquireOptions = {},
): Promise<F[]> {
  const acquisition = new Acquisition(camera, options)
  try {
    const frames: F[] = []
    while (frames.length < count) {
      const frame = await acquisition.readFrame({ timeoutMs, signal })
      if (!frame) throw noFrameFault(camera.address, timeoutMs, await acquisition.statistics())
      frames.push(frame)
    }
    return frames
  } finally {
    await acquisition[Symbol.asyncDispose]()
  }
}

/** Frames of an acquisition that lasts as long as the loop over them. */
export async function* acquiredFrames<F extends Disposable>(
  camera: StreamingCamera<F>,
  { latest, signal, ...options }: FramesOptions = {},
): AsyncGenerator<F, void, void> {
  const acquisition = new Acquisition(camera, options)
  try {
    yield* acquisition.frames({ latest, signal })
  } finally {
    await acquisition[Symbol.asyncDispose]()
  }
}
