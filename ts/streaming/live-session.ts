import { fromWire } from '../core/wire-error.js'
import { FramewireError } from '../errors.js'
import type { CaptureLosses, FilledChunk, FromOutlet, LiveOrder, ToOutlet } from '../packing/live.js'
import type { PackingPool } from '../packing/pool.js'
import type { SealingLine } from '../sealing/line.js'
import type { CaptureTimes } from '../upload/capture-times.js'
import type { ClockOffset } from '../upload/server-clock.js'
import type { MemoryBudget } from './budget.js'
import type { FrameStream } from './frame-stream.js'
import { frameTimes } from './frame-times.js'
import type { RecordingSummary } from './live-options.js'
import type { LiveFormat, LiveRun, LiveSource } from './live-source.js'
import type { Logger } from './log.js'

/** How much capture the chunks cover that are granted ahead, where memory has room for them: this thread may be busy. */
const AHEAD_SECONDS = 60

/** What a session is made with. */
export interface SessionParts {
  stream: FrameStream
  line: SealingLine
  pool: PackingPool
  budget: MemoryBudget
  log: Logger
  /** What is known of the service's clock. */
  clock(): ClockOffset | undefined
  wall(): number
  /** Told of each chunk that is stored when its frames were captured. */
  onStored(times: CaptureTimes): void
}

/** How much a session shall take at most. */
export interface SessionLimits {
  frames?: number
  durationMs?: number
  /** When the session before it ended, by capture times, Unix ms: what is missing since then is a gap. */
  sinceUnixMs?: number
}

/** What came of a session. */
export interface SessionEnd extends RecordingSummary {
  /** By capture times, Unix ms; undefined where no frame came. */
  startUnixMs?: number
  endUnixMs?: number
  /** Why the camera sends nothing more, where nobody asked for it. */
  failure?: Error
}

/**
 * A camera's frames on their way into a stream, from one start of it to its end. They go from the thread that receives
 * them to the packing workers; here chunks are granted as memory has room for them, sealed when they are filled, and
 * their losses told.
 */
export class LiveSession {
  /** Resolves when the camera has stopped, or was lost, and each of its frames is packed. */
  readonly done: Promise<SessionEnd>
  readonly #parts: SessionParts
  readonly #format: LiveFormat
  /** What the budget holds for a chunk: frames packed, at worst as large as their pixels. */
  readonly #chunkBytes: number
  readonly #outlet: MessagePort
  readonly #losses: CaptureLosses = { camera: 0, wire: 0, kernel: 0, app: 0 }
  #lossesTold = 0
  readonly #sinceUnixMs: number | undefined
  /** Frames that the camera was not there for. */
  #away = 0
  /** Chunks that the outlet may fill. */
  readonly #granted = new Set<number>()
  #onFilled = () => {}
  /** Why chunks cannot be sealed. */
  readonly #failed = new Map<number, Error>()
  readonly #over = new AbortController()
  readonly #leave: (() => void)[] = []
  #run: LiveRun | undefined
  #reason: RecordingSummary['reason'] = 'stopped'
  #failure: Error | undefined
  /** The outlet has said its last word. */
  #isEnded = false
  #startUnixMs: number | undefined
  #endUnixMs: number | undefined
  #frames = 0
  #chunks = 0

  /** Start the camera. Throws `frames/...` where its frames cannot be sent as they are, and what the camera throws. */
  static async begin(source: LiveSource, limits: SessionLimits, parts: SessionParts): Promise<LiveSession> {
    const { frames, durationMs, sinceUnixMs } = limits
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
    const session = new LiveSession(source.label, format, port1, parts, sinceUnixMs)
    await session.#start(() => source.start(order, port2))
    return session
  }

  private constructor(
    label: string,
    format: LiveFormat,
    outlet: MessagePort,
    parts: SessionParts,
    sinceUnixMs: number | undefined,
  ) {
    const { stream } = parts
    this.#sinceUnixMs = sinceUnixMs
    this.#parts = parts
    this.#format = format
    this.#outlet = outlet
    this.#chunkBytes = stream.declaration.chunkSize * format.height * format.width
    const ended = new Promise<void>((resolve) => {
      outlet.onmessage = ({ data }) => {
        const message = data as FromOutlet
        this.#onMessage(message)
        if (message.type !== 'ended') return
        this.#isEnded = true
        resolve()
      }
      outlet.addEventListener('close', () => {
        this.#failure ??= sourceLost(label)
        resolve()
      })
    })
    this.done = ended.then(() => this.#end())
  }

  /** Stop the camera; answers what `done` does. */
  async stop(): Promise<SessionEnd> {
    // Where that fails, the camera was lost, which is told by its outlet.
    this.#run?.stop().catch(() => undefined)
    return this.done
  }

  /** Let go of the camera, and of its frames that are not packed yet. */
  cut(): void {
    this.#outlet.close()
  }

  async #start(start: () => Promise<LiveRun>): Promise<void> {
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
        void this.stop()
        break
      case 'closed':
        this.#failure = message.error && fromWire(message.error)
        this.#over.abort()
        // What waits for another sealing worker still gets to it.
        void line
          .start()
          .catch(() => undefined)
          .then(() => this.#post({ type: 'last' }))
        break
      case 'ended':
        this.#count(message.losses)
    }
  }

  #filled({ chunk, sealer, frames, capturedAtNs, gaps, losses }: FilledChunk): void {
    const { stream, line, clock, onStored } = this.#parts
    const { height, width, bytesPerFrame } = this.#format
    this.#granted.delete(chunk)
    this.#onFilled()
    this.#frames += frames
    this.#chunks++
    const { fps } = stream.declaration
    const { startUnixMs, endUnixMs, offsetsUs, isRegular } = frameTimes(capturedAtNs, fps)
    if (this.#startUnixMs === undefined && this.#sinceUnixMs !== undefined) {
      this.#away = Math.max(0, Math.round(((startUnixMs - this.#sinceUnixMs) * fps) / 1000))
      if (this.#away > 0) gaps.unshift({ frame: 0, lost: this.#away })
    }
    this.#startUnixMs ??= startUnixMs
    this.#endUnixMs = endUnixMs
    this.#count(losses)
    const offset = clock()
    const failure = this.#failed.get(chunk)
    this.#failed.delete(chunk)
    const { index, stored } = stream.pushLive({
      frames,
      height,
      width,
      bytesPerFrame,
      capture: { startUnixMs, endUnixMs, clock: offset },
      times: { ...(!isRegular && { offsetsUs }), gaps },
      heldBytes: this.#chunkBytes,
      seal: async (index) => {
        if (failure) throw failure
        return line.sealFed(chunk, { index, frames, height, width, sealer })
      },
    })
    const times = { index, startUnixMs: startUnixMs + (offset?.offsetMs ?? 0), offsetsUs }
    stored.then(
      () => onStored(times),
      () => {},
    )
  }

  #count(losses: CaptureLosses): void {
    Object.assign(this.#losses, losses, { camera: losses.camera + this.#away })
    const lost = Object.values(this.#losses).reduce((sum, frames) => sum + frames, 0)
    if (lost === this.#lossesTold) return
    this.#lossesTold = lost
    const places = Object.entries(this.#losses).flatMap(([place, frames]) =>
      frames > 0 ? [`${frames} (${place})`] : [],
    )
    const { stream, log } = this.#parts
    log.warn(`stream ${stream.declaration.dataId}: frames lost so far: ${places.join(', ')}`, this.#losses)
  }

  #end(): SessionEnd {
    const { budget, line } = this.#parts
    this.#over.abort()
    this.#onFilled()
    for (const leave of this.#leave) leave()
    this.#outlet.close()
    budget.release(this.#granted.size * this.#chunkBytes)
    // The sealing worker may have frames of one that was being filled when the thread of the camera was lost.
    if (!this.#isEnded) for (const chunk of this.#granted) line.drop(chunk)
    this.#granted.clear()
    return {
      frames: this.#frames,
      chunks: this.#chunks,
      losses: { ...this.#losses },
      reason: this.#reason,
      startUnixMs: this.#startUnixMs,
      endUnixMs: this.#endUnixMs,
      failure: this.#failure ?? this.#run?.failure,
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
