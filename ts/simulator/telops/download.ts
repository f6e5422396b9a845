import { Status } from '../../gige-vision/bootstrap.js'
import { MemoryBufferDownloadMode } from '../../telops/enumerations.js'
import type { DeviceImage } from '../device.js'
import type { Refusal } from '../register-map.js'
import type { MemoryBuffer } from './memory-buffer.js'
import { type RecordedFrame, type Recording, recordedFrame } from './recording.js'
import { type CameraRegisters, within } from './registers.js'

/** Mbit/s. */
const FIRST_BIT_RATE = 400
const MOST_BIT_RATE = 10_000
const MOST_FRAMES = 2 ** 32 - 1

/** What a download minds beside its registers. */
export interface DownloadSurroundings {
  now(): number
  buffer: MemoryBuffer
  isAcquiring(): boolean
  /** Ms that it goes on sending after it was told to stop, or has sent what it was asked for. */
  lateStopMs: number
}

/** The registers of downloads, and the one that is under way. */
export class Download {
  readonly #registers: CameraRegisters
  readonly #around: DownloadSurroundings
  #session: Session | undefined
  /** The session that has the next frame; it may be over by the time that the frame is taken. */
  #due: Session | undefined

  constructor(registers: CameraRegisters, around: DownloadSurroundings) {
    this.#registers = registers
    this.#around = around
    const unlocked = (refuses: (value: number) => Refusal) => ({
      refuses: (value: number) => (this.isOn ? refuses(value) : Status.writeProtect),
    })
    registers.setting('MemoryBufferDownloadMode', MemoryBufferDownloadMode.OFF, {
      refuses: () => (around.isAcquiring() || !around.buffer.isOn ? Status.writeProtect : undefined),
    })
    const isRecorded = (frameId: number) =>
      around.buffer.recordingOf(frameId) ? undefined : Status.invalidParameter
    registers.setting('MemoryBufferSequenceDownloadFrameID', 0, unlocked(isRecorded))
    registers.setting('MemoryBufferSequenceDownloadImageFrameID', 0, unlocked(isRecorded))
    registers.setting('MemoryBufferSequenceDownloadFrameCount', 1, unlocked(within(1, MOST_FRAMES)))
    registers.setting(
      'MemoryBufferSequenceDownloadBitRateMax',
      FIRST_BIT_RATE,
      unlocked(within(1, MOST_BIT_RATE)),
    )
  }

  get isOn(): boolean {
    return this.#registers.get('MemoryBufferDownloadMode') !== MemoryBufferDownloadMode.OFF
  }

  /** Nothing is sent, or late: the camera is switched on, or takes frames. */
  load(): void {
    this.#session = undefined
  }

  /** MB/s. */
  get bandwidthMBps(): number {
    return this.#registers.get('MemoryBufferSequenceDownloadBitRateMax') / 8
  }

  /** The size of the images. */
  get image(): DeviceImage {
    return this.#session!.recording.image
  }

  /** AcquisitionStart: from now on frames come as the registers say; what is late of the last session comes first. */
  start(): Refusal {
    const isImage = this.#registers.get('MemoryBufferDownloadMode') === MemoryBufferDownloadMode.IMAGE
    const firstId = this.#registers.get(
      isImage ? 'MemoryBufferSequenceDownloadImageFrameID' : 'MemoryBufferSequenceDownloadFrameID',
    )
    const count = isImage ? 1 : this.#registers.get('MemoryBufferSequenceDownloadFrameCount')
    const recording = this.#around.buffer.recordingOf(firstId)
    if (!recording) return Status.invalidParameter
    const first = firstId - recording.firstFrameId
    if (first + count > recording.frames) return Status.invalidParameter
    const before = this.#session
    this.#session = { recording, next: first, end: first + count, first, before, stopMs: Infinity }
    return undefined
  }

  /** AcquisitionStop. */
  stop(): void {
    this.#stopAt(this.#around.now())
  }

  /** Whether the session has another frame. */
  get hasFrame(): boolean {
    this.#due = this.#current
    return this.#due !== undefined
  }

  /** The next frame; with a packet delay it is every other one, under the id of the one that was left out. */
  take(delayed: boolean): RecordedFrame {
    const session = this.#due!
    const { recording, first } = session
    const index = session.next++
    if (session === this.#session && session.next === session.end) this.#stopAt(this.#around.now())
    return recordedFrame(recording, index, delayed ? first + 2 * (index - first) : index)
  }

  #stopAt(nowMs: number): void {
    if (this.#session) this.#session.stopMs = Math.min(this.#session.stopMs, nowMs + this.#around.lateStopMs)
  }

  /** The session that the next frame is of: the one before where that is late, and has frames. */
  get #current(): Session | undefined {
    const { before } = this.#session ?? {}
    return [before, this.#session].find(
      (session) => session && this.#around.now() < session.stopMs && session.next < session.recording.frames,
    )
  }
}

/** Frames of a recording that are being sent, `next` first. */
interface Session {
  recording: Recording
  first: number
  next: number
  /** Behind the last frame that is asked for. */
  end: number
  /** When no more frames are sent. */
  stopMs: number
  /** The one before, which may be late. */
  before: Session | undefined
}
