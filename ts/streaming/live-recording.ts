import { fromWire } from '../core/wire-error.js'
import { FramewireError } from '../errors.js'
import type { CaptureLosses, FilledChunk, FromOutlet, LiveOrder, ToOutlet } from '../packing/live.js'
import type { PackingPool } from '../packing/pool.js'
import type { SealingLine } from '../sealing/line.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import type { FrameStream } from './frame-stream.js'
import { frameTimes } from './frame-times.js'
import { type AttachOptions, checkedAttach, type Recording, type RecordingSummary } from './live-options.js'
import type { LiveFormat, LiveRun, LiveSource } from './live-source.js'
import type { Logger } from './log.js'

/** How much capture the chunks cover that are granted ahead, where memory has room for them: this thread may be busy. */
const AHEAD_SECONDS = 60

/** What a recording is made with. */
export interface RecordingParts {
  stream: FrameStream
  line: SealingLine
  pool: PackingPool
  budget: MemoryBudget
  log: Logger
  /** What is known of the service's clock. */
  clock(): ClockOffset | undefined
  /** Told when the camera sends nothing more. */
  onEnd(): void
}

/**
 * A camera's frames on their way into a stream. They go from the thread that receives them to the packing workers; here
 * chunks are granted as memory has room for them, sealed when they are filled, and their losses told.
 */
export class LiveRecording implements Recording {
  readonly done: Promise<RecordingSummary>
  readonly #parts: RecordingParts
  readonly #label: string
  readonly #format: LiveFormat
  /** What the budget holds for a chunk: frames packed, at worst as large as their pixels. */
  readonly #chunkBytes: number
  readonly #outlet: MessagePort
  readonly #losses: CaptureLosses = { camera: 0, wire: 0, kernel: 0, app: 0 }
  #lossesTold = 0
  /** Chunks that the outlet may fill. */
  readonly #granted = new Set<number>()
  #onFilled = () => {}
  /** Why chunks cannot be sealed. */
  readonly #failed = new Map<number, Error>()
  readonly #over = new AbortController()
  readonly #leave: (() => void)[] = []
  #run: LiveRun | undefined
  #reason: RecordingSummary['reason'] = 'stopped'
  /** Why the camera sends nothing more, where nobody asked for it. */
  #failure: Error | undefined
  #frames = 0
  #chunks = 0

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
    const { stream, line } = parts
    const format = await source.format()
    stream.checkSize(format)
    const conversion = await stream.range.liveConversion(format)
    const { height, width, format: pixels, bytesPerFrame } = format
    const { chunkSize, fps } = stream.declaration
    const { port1, port2 } = new MessageChannel()
    const order: LiveOrder = {
      stream: line.stream,
      format: pixels,
      height,
      width,
      bytesPerFrame,
      conversion,
      chunkSize,
      fps,
      frames,
      durationMs,
    }
    const begun = new LiveRecording(source.label, format, port1, parts)
    await begun.#start(() => source.start(order, port2), signal)
    return begun
  }

  private constructor(label: string, format: LiveFormat, outlet: MessagePort, parts: RecordingParts) {
    const { stream } = parts
    this.#parts = parts
    this.#label = label
    this.#format = format
    this.#outlet = outlet
    this.#chunkBytes = stream.declaration.chunkSize * format.height * format.width
    const ended = new Promise<void>((resolve) => {
      outlet.onmessage = ({ data }) => {
        const message = data as FromOutlet
        this.#onMessage(message)
        if (message.type === 'ended') resolve()
      }
      outlet.addEventListener('close', () => {
        this.#failure = sourceLost(label)
        resolve()
      })
    })
    this.done = ended.then(() => this.#end())
    this.done.catch(() => {})
  }

  async stop(): Promise<RecordingSummary> {
    // Where that fails, the camera was lost, which is told by its outlet.
    await this.#run?.stop().catch(() => undefined)
    return this.done
  }

  async #start(start: () => Promise<LiveRun>, signal: AbortSignal | undefined): Promise<void> {
    const { stream, line, pool, budget, log } = this.#parts
    const { dataId } = stream.declaration
    if (budget.limitBytes < 2 * this.#chunkBytes) {
      log.warn(
        `stream ${dataId}: memoryBudgetBytes ${budget.limitBytes} holds less than two chunks of ${this.#chunkBytes} bytes: frames can be lost while one is sealed. Give more, or a smaller chunkSize.`,
      )
    }
    try {
      this.#leave.push(
        await line.follow((sealer, port) => this.#post({ type: 'sealer', sealer, port }, port)),
      )
      this.#leave.push(await pool.feed((packer, port) => this.#post({ type: 'packer', packer, port }, port)))
      // Some chunks are granted by the time the first frame comes.
      void this.#grant()
      this.#run = await start()
    } catch (error) {
      this.#outlet.close()
      throw error
    }
    stream.countLosses(this.#losses)
    const onAbort = () => void this.stop().catch(() => undefined)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#leave.push(() => signal?.removeEventListener('abort', onAbort))
    if (signal?.aborted) onAbort()
    log.info(`stream ${dataId}: ${this.#label} is attached`)
  }

  /** Grant chunks as there is memory, until the end. */
  async #grant(): Promise<void> {
    const { stream, line, budget } = this.#parts
    const { chunkSize, fps } = stream.declaration
    const ahead = Math.max(2, Math.ceil((AHEAD_SECONDS * fps) / chunkSize))
    const { signal } = this.#over
    while (!signal.aborted) {
      if (this.#granted.size >= ahead) {
        await new Promise<void>((resolve) => {
          this.#onFilled = resolve
        })
        continue
      }
      const isHeld = await budget.waitAndHold(this.#chunkBytes, signal).then(
        () => true,
        () => false,
      )
      if (!isHeld) return
      if (signal.aborted) return budget.release(this.#chunkBytes)
      const chunk = line.reserve()
      this.#granted.add(chunk)
      this.#post({ type: 'grant', chunk })
    }
  }

  #onMessage(message: FromOutlet): void {
    const { line, pool } = this.#parts
    switch (message.type) {
      case 'filled':
        this.#filled(message)
        break
      case 'failed': {
        const error = fromWire(message.error)
        if (this.#granted.has(message.chunk)) this.#failed.set(message.chunk, error)
        else line.giveUp(message.chunk, error)
        break
      }
      case 'broken':
        pool.replace(message.packer, fromWire(message.error))
        break
      case 'enough':
        this.#reason = message.reached
        void this.stop().catch(() => undefined)
        break
      case 'closed':
        this.#failure = message.error && fromWire(message.error)
        this.#over.abort()
        this.#post({ type: 'last' })
        break
      case 'ended':
        this.#count(message.losses)
    }
  }

  #filled({ chunk, sealer, frames, capturedAtNs, gaps, losses }: FilledChunk): void {
    const { stream, line, clock } = this.#parts
    const { height, width, bytesPerFrame } = this.#format
    this.#granted.delete(chunk)
    this.#onFilled()
    this.#frames += frames
    this.#chunks++
    this.#count(losses)
    const { startUnixMs, endUnixMs, offsetsUs } = frameTimes(capturedAtNs, stream.declaration.fps)
    const failure = this.#failed.get(chunk)
    this.#failed.delete(chunk)
    stream.pushLive({
      frames,
      height,
      width,
      bytesPerFrame,
      capture: { startUnixMs, endUnixMs, clock: clock() },
      times: { ...(offsetsUs && { offsetsUs }), gaps },
      heldBytes: this.#chunkBytes,
      seal: async (index) => {
        if (failure) throw failure
        return line.sealFed(chunk, { index, frames, height, width, sealer })
      },
    })
  }

  #count(losses: CaptureLosses): void {
    Object.assign(this.#losses, losses)
    const lost = Object.values(losses).reduce((sum, frames) => sum + frames, 0)
    if (lost === this.#lossesTold) return
    this.#lossesTold = lost
    const places = Object.entries(losses).flatMap(([place, frames]) =>
      frames > 0 ? [`${frames} (${place})`] : [],
    )
    const { stream, log } = this.#parts
    log.warn(`stream ${stream.declaration.dataId}: frames lost so far: ${places.join(', ')}`, losses)
  }

  #end(): RecordingSummary {
    const { stream, budget, log, onEnd } = this.#parts
    onEnd()
    this.#over.abort()
    this.#onFilled()
    for (const leave of this.#leave) leave()
    this.#outlet.close()
    budget.release(this.#granted.size * this.#chunkBytes)
    this.#granted.clear()
    if (this.#failure) {
      const { message } = this.#failure
      log.error(`stream ${stream.declaration.dataId}: ${this.#label}: ${message}`, this.#failure)
      throw this.#failure
    }
    return {
      frames: this.#frames,
      chunks: this.#chunks,
      losses: { ...this.#losses },
      reason: this.#reason,
    }
  }

  #post(message: ToOutlet, ...ports: MessagePort[]): void {
    this.#outlet.postMessage(message, ports)
  }
}

function sourceLost(camera: string): FramewireError<'stream/source-lost'> {
  return new FramewireError(
    'stream/source-lost',
    `The thread that received the frames of ${camera} ended. The chunk that it was filling is lost; those before it are in the stream.`,
    { camera },
  )
}
