import { join } from 'node:path'
import type { Disk } from '../../disk/disk.js'
import { hasCode } from '../../errors.js'
import { streamSettings } from '../../gige/stream-options.js'
import type { TelopsFrames } from '../../gige-vision/telops-frames.js'
import { unitOf } from '../capture/telops-maker.js'
import { HEADER_ROWS, type PixelUnit, rawBytes } from '../frame.js'
import { ArrayDestination } from './array.js'
import { AutoTune, LEAST_PACKET_SIZE } from './auto-tune.js'
import { BufferSource, type DownloadCamera } from './buffer-source.js'
import { Checkpoint } from './checkpoint.js'
import type { Destination, DownloadShape } from './destination.js'
import { Download } from './download.js'
import { downloadDisk } from './download-disk.js'
import { judge } from './integrity.js'
import { NpyFile } from './npy-file.js'
import type { DownloadedFrames, DownloadOptions, FileDownloadOptions, FrameDownload } from './options.js'
import { OrderedFrames } from './ordered-frames.js'
import { askedRecording, type Recording } from './recording.js'
import { downloadIdentity, ResumeRecord } from './resume-record.js'
import { checkMemory, checkRoom, type RoomFor } from './room.js'
import { Spool } from './spool.js'
import type { DownloadStatistics } from './statistics.js'
import { checkRecording } from './witness.js'
import { downloadZarr, type ZarrDownloadParts } from './zarr-download.js'

/** What downloads need beside the camera. */
export interface DownloadParts {
  camera: DownloadCamera
  serialNumber: string
  model: string
  disk: Disk
  roomFor: RoomFor
  /** Folder for frames that wait. */
  scratch: string
  /** Bytes of the longest packet that this host takes in one piece; undefined where that is not known. */
  mtu: number | undefined
  frames(): Promise<TelopsFrames>
}

/** What came of a download. */
interface Downloaded {
  statistics: DownloadStatistics
  /** Undefined where no frame told it. */
  shape: DownloadShape | undefined
  unit: PixelUnit
}

/** Memory for frames that are on their way through the capture worker. */
const FRAME_BUDGET_BYTES = 64 * 1024 * 1024
/** Frames that are sent to try a packet size. */
const TRIAL_FRAMES = 4
/** How long they may take to begin, in ms. */
const TRIAL_MS = 1000

/** Downloads out of a camera's buffer, one after the other. */
export class Downloads {
  readonly autoTune = new AutoTune()
  /** Whether packet size and bitrate are learned of the connection. */
  isAutoTuned = true
  #lastStatistics: DownloadStatistics | undefined
  readonly #parts: DownloadParts
  readonly #scratchDisk: Disk
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: DownloadParts) {
    this.#parts = parts
    this.#scratchDisk = downloadDisk(parts.disk)
  }

  /** What came of the last download. */
  get lastStatistics(): DownloadStatistics | undefined {
    return this.#lastStatistics
  }

  /** Into memory. */
  toMemory(options: DownloadOptions): Promise<DownloadedFrames> {
    return this.#inTurn(async () => {
      const recording = await this.#recording(options)
      checkMemory(arrayBytes(recording, options))
      const destination = new ArrayDestination()
      const { statistics, shape, unit } = await this.#download(recording, destination, options)
      const { frames, height, width, dtype } = shape ?? emptyShape(recording)
      const data = shape ? destination.values : new Uint16Array(frames * height * width)
      const downloaded: DownloadedFrames = { data, shape: [frames, height, width], dtype, unit, statistics }
      judge(statistics, options, downloaded)
      return downloaded
    })
  }

  /** Into a .npy file, or a .zarr group, which must be new, or one that a download into it broke off. */
  toFile(path: string, options: FileDownloadOptions): Promise<DownloadStatistics> {
    return path.endsWith('.zarr') ? this.#toZarr(path, options) : this.#toNpy(path, options)
  }

  #toNpy(path: string, options: FileDownloadOptions): Promise<DownloadStatistics> {
    return this.#inTurn(async () => {
      const { serialNumber, roomFor } = this.#parts
      const disk = downloadDisk(this.#parts.disk, path)
      const { convert = true, resume } = options
      const recording = await this.#recording(options)
      const identity = downloadIdentity(serialNumber, recording, convert)
      const record = await ResumeRecord.open(disk, path, identity, resume)
      const npy = new NpyFile(disk, path, record.before !== undefined)
      const file = new Checkpoint(record, npy, recording.run, (shape) => checkRoom(path, shape, roomFor))
      const { statistics } = await closing([file], () => this.#download(recording, file, options, record))
      judge(statistics, options, undefined)
      return statistics
    })
  }

  /**
   * In order, for whoever iterates over them. `waiting`: where frames wait; `ofAll`: what the statistics are where
   * some frames were there before.
   */
  toReader(
    options: DownloadOptions,
    waiting: { disk: Disk; path: string } = { disk: this.#scratchDisk, path: this.#spoolPath() },
    ofAll = (statistics: DownloadStatistics) => statistics,
  ): FrameDownload {
    const stopping = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal
    const ordered = new OrderedFrames((frameBytes) => new Spool(waiting.disk, waiting.path, frameBytes))
    const statistics = this.#inTurn(async () => {
      try {
        const recording = await this.#recording(options)
        const downloaded = await this.#download(recording, ordered, { ...options, signal })
        const statistics = ofAll(downloaded.statistics)
        this.#lastStatistics = statistics
        judge(statistics, options, undefined)
        ordered.end()
        return statistics
      } catch (error) {
        ordered.end(error)
        throw error
      }
    })
    statistics.catch(() => {})
    return {
      statistics,
      async *[Symbol.asyncIterator]() {
        try {
          yield* ordered.frames()
        } finally {
          // Whoever leaves the loop wants no more of it.
          stopping.abort()
          await statistics.catch(() => {})
          await ordered.close()
        }
      },
    }
  }

  async #toZarr(path: string, options: FileDownloadOptions): Promise<DownloadStatistics> {
    const { serialNumber, model } = this.#parts
    const disk = downloadDisk(this.#parts.disk, path)
    const { convert = true, resume } = options
    const recording = await this.#inTurn(() => this.#recording(options))
    const identity = downloadIdentity(serialNumber, recording, convert)
    const record = await ResumeRecord.open(disk, path, identity, resume)
    // They wait where there has to be room for them anyway; what a process that was killed left there is in the way.
    const waitingPath = `${path}.waiting`
    await disk.remove(waitingPath)
    const waiting = { disk, path: waitingPath }
    const frames: ZarrDownloadParts['frames'] = (some, ofAll) => this.toReader(some, waiting, ofAll)
    const { index, sequence, run } = recording
    const about = { serialNumber, model, sequence: index, firstFrameId: sequence.firstFrameId + run[0] }
    return downloadZarr({ disk, path, record, run, about, frames }, options)
  }

  async #recording(options: DownloadOptions): Promise<Recording> {
    return askedRecording(this.#parts.camera.registers, options)
  }

  async #download(
    recording: Recording,
    destination: Destination,
    options: DownloadOptions,
    record?: ResumeRecord,
  ): Promise<Downloaded> {
    const { retries, orderTolerance, onProgress, signal, convert = true } = options
    const { sequence, run } = recording
    const frames = await this.#parts.frames()
    const packetSize = options.packetSize ?? (await this.#packetSize(recording, options))
    const bitrateMbps = options.bitrateMbps ?? this.autoTune.bitrateMbps
    const spool = new Spool(this.#scratchDisk, this.#spoolPath(), rawBytes(sequence.width, sequence.height))
    const source = await this.#source(recording, options, { packetSize, bitrateMbps })
    let shape: DownloadShape | undefined
    let unit: PixelUnit = 'counts'
    const download = new Download(
      {
        source,
        destination,
        spool,
        frames,
        run,
        whole: record?.before?.whole,
        values: record?.before?.values,
        onProgress,
        signal,
        shapeOf: (header, count) => {
          unit = convert ? unitOf(header) : 'counts'
          const [width, height] = [header[5]!, header[6]!]
          shape = { frames: count, height, width, dtype: unit === 'counts' ? 'uint16' : 'float32' }
          return shape
        },
      },
      { retries, orderTolerance },
    )
    const statistics = await closing([source, spool], async () => {
      if (record) await checkRecording(source, record)
      return download.run()
    })
    this.#lastStatistics = statistics
    const isTuned = this.isAutoTuned && options.packetSize === undefined && options.bitrateMbps === undefined
    if (isTuned) this.autoTune.learn(statistics)
    return { statistics, shape, unit }
  }

  /** The packet size that was learned, or is learned now with frames of this recording. */
  async #packetSize(recording: Recording, options: DownloadOptions): Promise<number> {
    if (!this.isAutoTuned) return LEAST_PACKET_SIZE
    const { run } = recording
    const trialRun = [run[0], Math.min(run[1], run[0] + TRIAL_FRAMES)] as const
    return this.autoTune.packetSize(this.#parts.mtu, async (packetSize) => {
      const sending = { packetSize, bitrateMbps: this.autoTune.bitrateMbps }
      const source = await this.#source(recording, { ...options, resend: false }, sending)
      return closing([source], () => carriedPart(source, trialRun))
    })
  }

  #source(
    { sequence }: Recording,
    { resend = true, convert = true, signal, ...options }: DownloadOptions,
    sending: { packetSize: number; bitrateMbps: number },
  ): Promise<BufferSource> {
    const { packetSize } = sending
    const { receiveBufferBytes = this.autoTune.receiveBufferBytes } = options
    const settings = streamSettings(
      rawBytes(sequence.width, sequence.height),
      { resend, incomplete: 'deliver', frameBudgetBytes: FRAME_BUDGET_BYTES, packetSize, receiveBufferBytes },
      convert ? 'telops-physical' : 'telops-counts',
    )
    return BufferSource.open(this.#parts.camera, sequence.firstFrameId, settings, sending, signal)
  }

  #spoolPath(): string {
    return join(this.#parts.scratch, `framewire-${crypto.randomUUID()}.spool`)
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task)
    this.#turn = turn.catch(() => {})
    return turn
  }
}

/** Do something, and close these whatever becomes of it, each of them; rejects with what failed first. */
async function closing<T>(parts: { close(): Promise<void> }[], work: () => Promise<T>): Promise<T> {
  const faults: unknown[] = []
  const noted = (error: unknown) => void faults.push(error)
  const done = await work().catch(noted)
  for (const part of parts) await part.close().catch(noted)
  if (faults.length > 0) throw faults[0]
  return done as T
}

/** The part of a run's bytes that gets through. */
async function carriedPart(source: BufferSource, run: readonly [number, number]): Promise<number> {
  const wanted = (run[1] - run[0]) * source.mostFrameBytes
  let came = 0
  try {
    for await (const { raw, missing, dispose } of source.session(run, TRIAL_MS)) {
      came += raw
        ? missing.reduce((left, [from, to]) => left - (to - from), raw.length)
        : source.mostFrameBytes
      dispose()
    }
  } catch (error) {
    if (!hasCode(error, 'gige/no-stream')) throw error
  }
  return came / wanted
}

/** Of frames of which none came. */
function emptyShape({ run, sequence }: Recording): DownloadShape {
  const { width, height } = sequence
  return { frames: run[1] - run[0], height: height - HEADER_ROWS, width, dtype: 'uint16' }
}

function arrayBytes({ run, sequence }: Recording, { convert = true }: DownloadOptions): number {
  return (run[1] - run[0]) * sequence.width * sequence.height * (convert ? 4 : 2)
}
