import { hasCode } from '../../errors.js'
import type { TelopsFrames } from '../../gige-vision/telops-frames.js'
import { aborted } from '../../upload/http.js'
import { rawBytes } from '../frame.js'
import type { Destination, DownloadShape } from './destination.js'
import { Inventory, type Run } from './inventory.js'
import { Measure, type MeasuredValues } from './measured.js'
import { Pass } from './pass.js'
import { Stride } from './placing.js'
import { SessionCost } from './session-cost.js'
import type { DownloadSource } from './source.js'
import type { Spool } from './spool.js'
import type { DownloadStatistics } from './statistics.js'

/** How a download goes about what is missing. */
export interface RecoveryOptions {
  /** Passes behind the first one, at most; default 6. */
  retries?: number
  /** Part of a frame period that time stamps of neighbours may be off; default 0.05. */
  orderTolerance?: number
}

/** How far a download is. */
export interface DownloadProgress {
  /** Frames that are there whole, of `frames`. */
  done: number
  frames: number
  /** In 10^6 bytes per second and frames per second, since the download began. */
  throughputMBps: number
  framesPerSecond: number
  /** Frames that have yet to come once more: 0 in the first pass, and from its end on those that are not there whole. */
  missing: number
  /** 0 in the first pass. */
  round: number
  /** Frames of a .zarr that are packed; told when all came that do, since it goes on behind that. */
  packed?: number
}

/** What a download is made of. */
export interface DownloadParts {
  source: DownloadSource
  destination: Destination
  spool: Spool
  frames: TelopsFrames
  /** Frames to download, counted from the recording's first one. */
  run: Run
  /** Those that are there from an earlier download. */
  whole?: readonly Run[]
  /** What the values of those come to. */
  values?: MeasuredValues | undefined
  /** What the frames are, by the header of the first one. */
  shapeOf(header: Float64Array, frames: number): DownloadShape
  /** Called up to ten times a second, and at the end. */
  onProgress?(progress: DownloadProgress): void
  signal?: AbortSignal
}

const RETRIES = 6
const ORDER_TOLERANCE = 0.05
/** Fewer than there are whole frames between two runs. */
const NEIGHBOURS = 2
const PROGRESS_MS = 100
/** Of a session of few small frames every packet may be lost; of so many more, behind one that brought some, they are not. */
const MOST_SILENT = 2
/** Ids of blocks have 16 bits, and begin again behind them. */
const MOST_SESSION_FRAMES = 60_000

/** A recording on its way out of the camera: pass after pass, until each frame is there whole or nothing helps. */
export class Download {
  readonly #parts: DownloadParts
  readonly #retries: number
  readonly #inventory: Inventory
  readonly #pass: Pass
  readonly #stride: Stride
  readonly #measure: Measure
  readonly #cost = new SessionCost()
  #shape: Promise<DownloadShape> | undefined
  #frameBytes: number
  #startMs = 0
  #toldMs = 0
  #round = 0
  #isFirstPassOver = false
  #sessions = 0
  /** Sessions one after the other in which not one packet came. */
  #silent = MOST_SILENT
  readonly #wholeBefore: number
  #resent = { requested: 0, recovered: 0 }

  constructor(parts: DownloadParts, { retries = RETRIES, orderTolerance }: RecoveryOptions = {}) {
    this.#parts = parts
    this.#retries = retries
    const { source, destination, spool, frames, run, whole, values } = parts
    this.#inventory = new Inventory(run, whole)
    this.#frameBytes = source.mostFrameBytes
    this.#wholeBefore = run[1] - run[0] - this.#inventory.missing
    this.#stride = new Stride(orderTolerance ?? ORDER_TOLERANCE)
    this.#measure = new Measure(values)
    this.#pass = new Pass({
      source,
      inventory: this.#inventory,
      destination,
      spool,
      frames,
      stride: this.#stride,
      measure: this.#measure,
      begin: (header) => this.#begin(header),
      onWhole: () => this.#tell(this.#round),
    })
  }

  /** Stream what is missing until nothing is, or no pass is left. Rejects as the source and the destination do. */
  async run(): Promise<DownloadStatistics> {
    this.#startMs = this.#toldMs = performance.now()
    let firstPassMissing = 0
    try {
      for (this.#round = 0; this.#inventory.missing > 0 && this.#round <= this.#retries; this.#round++) {
        for (const run of this.#inventory.runs(this.#cost.bridgedFrames)) await this.#stream(this.#among(run))
        if (this.#round === 0) firstPassMissing = this.#inventory.missing
        this.#isFirstPassOver = true
      }
      const missing = this.#inventory.missingFrames()
      await this.#pass.placeParts(missing)
      await this.#pass.settled()
      this.#toldMs = Number.NEGATIVE_INFINITY
      this.#tell(this.#lastRound)
      return this.#statistics(missing, firstPassMissing)
    } finally {
      // Nothing is being placed any more when this is over, whatever became of it.
      await this.#pass.settled().catch(() => {})
    }
  }

  /** A run with whole frames before and behind it: their headers tell which frames those without one are. */
  #among([from, to]: Run): Run {
    const [first, end] = this.#parts.run
    return [Math.max(first, from - NEIGHBOURS), Math.min(end, to + NEIGHBOURS)]
  }

  async #stream([from, to]: Run): Promise<void> {
    for (let first = from; first < to; first += MOST_SESSION_FRAMES) {
      await this.#session([first, Math.min(first + MOST_SESSION_FRAMES, to)])
    }
  }

  async #session(run: Run): Promise<void> {
    const { signal } = this.#parts
    if (signal?.aborted) throw aborted('The download', signal)
    this.#sessions++
    const begunMs = performance.now()
    try {
      const { resendRequested, resendRecovered } = await this.#pass.take(run)
      this.#resent.requested += resendRequested
      this.#resent.recovered += resendRecovered
      this.#silent = 0
      this.#cost.took(run[1] - run[0], performance.now() - begunMs)
    } catch (error) {
      if (this.#silent >= MOST_SILENT || !hasCode(error, 'gige/no-stream')) throw error
      this.#silent++
    }
  }

  #begin(header: Float64Array): Promise<DownloadShape> {
    this.#shape ??= (async () => {
      const { run, shapeOf, destination } = this.#parts
      const shape = shapeOf(header, run[1] - run[0])
      this.#frameBytes = rawBytes(shape.width, shape.height)
      await destination.begin(shape)
      return shape
    })()
    return this.#shape
  }

  #tell(round: number): void {
    const { run, onProgress } = this.#parts
    const nowMs = performance.now()
    if (!onProgress || nowMs < this.#toldMs + PROGRESS_MS) return
    this.#toldMs = nowMs
    const frames = run[1] - run[0]
    const { missing } = this.#inventory
    const done = frames - missing
    const framesPerSecond = (done - this.#wholeBefore) / this.#elapsedSeconds
    onProgress({
      done,
      frames,
      framesPerSecond,
      throughputMBps: (framesPerSecond * this.#frameBytes) / 1e6,
      missing: this.#isFirstPassOver ? missing : 0,
      round,
    })
  }

  get #elapsedSeconds(): number {
    return Math.max(1e-9, (performance.now() - this.#startMs) / 1000)
  }

  #statistics(missing: readonly number[], firstPassMissing: number): DownloadStatistics {
    const { source, run } = this.#parts
    const nFrames = run[1] - run[0]
    const idOf = (frame: number) => source.firstFrameId + frame
    const bytesOf = (frame: number) =>
      this.#inventory.missingOf(frame)?.reduce((sum, [from, to]) => sum + to - from, 0) ?? this.#frameBytes
    const elapsedSeconds = this.#elapsedSeconds
    const came = nFrames - missing.length - this.#wholeBefore
    return {
      nFrames,
      nBefore: this.#wholeBefore,
      nIncomplete: missing.length,
      incompleteFrames: missing.map((frame) => frame - run[0]),
      incompleteFrameIds: missing.map(idOf),
      perFrameMissing: new Map(missing.map((frame) => [idOf(frame), bytesOf(frame)])),
      resendRequested: this.#resent.requested,
      resendRecovered: this.#resent.recovered,
      resendFailed: Math.max(0, this.#resent.requested - this.#resent.recovered),
      recoveredByRetry: firstPassMissing - missing.length,
      firstPassNComplete: nFrames - firstPassMissing,
      throughputMBps: (came * this.#frameBytes) / 1e6 / elapsedSeconds,
      elapsedSeconds,
      packetSizeUsed: source.packetSize,
      bitrateUsedMbps: source.bitrateMbps,
      nOutOfOrder: this.#pass.outOfOrder,
      nStrideGaps: this.#stride.gaps,
      rounds: this.#lastRound,
      sessions: this.#sessions,
      values: this.#measure.values,
    }
  }

  /** Passes behind the first one. */
  get #lastRound(): number {
    return Math.max(0, this.#round - 1)
  }
}
