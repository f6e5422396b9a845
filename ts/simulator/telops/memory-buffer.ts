import { Status } from '../../gige-vision/bootstrap.js'
import { MemoryBufferMOISource, MemoryBufferMode, MemoryBufferStatus } from '../../telops/enumerations.js'
import type { Refusal } from '../register-map.js'
import { Recorder } from './recorder.js'
import type { Recording } from './recording.js'
import { type CameraRegisters, within } from './registers.js'
import type { Sensor } from './sensor.js'

const TOTAL_BYTES = 2 ** 34
const MOST_SEQUENCES = 256

/** What a buffer minds beside its registers. */
export interface BufferSurroundings {
  now(): number
  dateOf(ms: number): bigint
  sensor: Sensor
  /** An acquisition or a download is under way. */
  isLocked(): boolean
  isTransmitting(): boolean
  /** Ms after AcquisitionStart in which the ring does not record. */
  ringDeadMs: number
  /** Ms after AcquisitionStop in which it is still said to record. */
  recordingStopMs: number
  /** Turning it on fails until everything was cleared. */
  stale: boolean
}

/** The camera's buffer: how it is divided, and what is recorded in it. */
export class MemoryBuffer {
  readonly #registers: CameraRegisters
  readonly #around: BufferSurroundings
  /** Whether the next acquisition is recorded. */
  #armed = false
  /** It was armed while it recorded, and counts nothing until it is armed again. */
  #stuck = false
  #recorder: Recorder | undefined
  #recordings: (Recording | undefined)[] = []
  #stoppedMs = -Infinity
  #status: number = MemoryBufferStatus.DEACTIVATED
  #stale: boolean

  constructor(registers: CameraRegisters, around: BufferSurroundings) {
    this.#registers = registers
    this.#around = around
    this.#stale = around.stale
    this.#layPartition()
    this.#layRecording()
    this.#layRecordings()
    this.#laySpace()
  }

  /** The camera is switched on: what was recorded is gone. */
  load(): void {
    this.#armed = this.#stuck = false
    this.#recorder = undefined
    this.#recordings = []
    this.#stoppedMs = -Infinity
    this.#status = MemoryBufferStatus.DEACTIVATED
    this.#stale = this.#around.stale
  }

  get isOn(): boolean {
    return this.#registers.get('MemoryBufferMode') === MemoryBufferMode.ON
  }

  /** Whether an acquisition that starts now is recorded, in place of being streamed. */
  get isArmed(): boolean {
    return this.isOn && this.#armed
  }

  /** An armed acquisition starts. */
  start(): void {
    const { now, dateOf, sensor, ringDeadMs } = this.#around
    const plan = {
      sequences: this.#stuck ? 0 : this.#registers.get('MemoryBufferNumberOfSequences'),
      frames: this.#registers.get('MemoryBufferSequenceSize'),
      preMoi: this.#registers.get('MemoryBufferSequencePreMOISize'),
      image: sensor.image,
      facts: sensor.facts,
    }
    this.#recorder = new Recorder(plan, now() + ringDeadMs, dateOf)
    this.#recordings = this.#recorder.recordings
    this.moi(MemoryBufferMOISource.ACQUISITION_STARTED)
  }

  /** The acquisition is stopped. */
  stop(): void {
    this.#armed = false
    if (!this.#recorder) return
    this.#recorder.end(this.#around.now())
    this.#recorder = undefined
    this.#stoppedMs = this.#around.now()
  }

  /** A moment of interest comes from this source. */
  moi(source: number): void {
    if (this.#registers.get('MemoryBufferMOISource') === source) this.#recorder?.moi(this.#around.now())
  }

  /** The recording that has a frame with this id. */
  recordingOf(frameId: number): Recording | undefined {
    return this.#recordings.find(
      (recording) =>
        recording && frameId >= recording.firstFrameId && frameId < recording.firstFrameId + recording.frames,
    )
  }

  /** Images have another size: sequences become shorter where they must. */
  resized(): void {
    const size = Math.min(this.#registers.get('MemoryBufferSequenceSize'), this.#mostFrames)
    this.#registers.set('MemoryBufferSequenceSize', size)
    const preMoi = Math.min(this.#registers.get('MemoryBufferSequencePreMOISize'), size)
    this.#registers.set('MemoryBufferSequencePreMOISize', preMoi)
  }

  #layPartition(): void {
    const registers = this.#registers
    const locked = () => (this.#around.isLocked() ? Status.writeProtect : undefined)
    const partition = (most: () => number, least = 1) => ({
      refuses: (value: number) =>
        locked() ?? (this.isOn ? within(least, most())(value) : Status.writeProtect),
      changed: () => this.resized(),
    })
    registers.setting('MemoryBufferMode', MemoryBufferMode.OFF, {
      refuses: (mode) => locked() ?? (mode === MemoryBufferMode.ON && this.#stale ? Status.error : undefined),
    })
    registers.reading('MemoryBufferNumberOfImagesMax', () => this.#mostImages)
    registers.reading('MemoryBufferNumberOfSequencesMax', () => MOST_SEQUENCES)
    registers.reading('MemoryBufferSequenceSizeMax', () => this.#mostFrames)
    registers.setting(
      'MemoryBufferNumberOfSequences',
      1,
      partition(() => MOST_SEQUENCES),
    )
    registers.setting(
      'MemoryBufferSequenceSize',
      1,
      partition(() => this.#mostFrames),
    )
    registers.setting(
      'MemoryBufferSequencePreMOISize',
      0,
      partition(() => registers.get('MemoryBufferSequenceSize'), 0),
    )
    registers.setting('MemoryBufferMOISource', MemoryBufferMOISource.SOFTWARE, { refuses: locked })
    registers.setting('MemoryBufferMOIActivation', 0, { refuses: locked })
    registers.command('MemoryBufferSequenceClearAll', () => locked() ?? this.#clearAll())
  }

  #layRecording(): void {
    const registers = this.#registers
    registers.command('AcquisitionArm', () => {
      this.#stuck = this.#isRecording
      this.#armed = true
    })
    registers.command('MemoryBufferMOISoftware', () => this.moi(MemoryBufferMOISource.SOFTWARE))
    registers.reading('MemoryBufferSequenceCount', () => this.#advanced().filter(Boolean).length)
    registers.define('MemoryBufferStatus', {
      read: () => this.#status,
      write: (value): Refusal => {
        if (value !== MemoryBufferStatus.REFRESH) return Status.invalidParameter
        this.#status = this.#statusNow
        return undefined
      },
    })
  }

  #layRecordings(): void {
    const registers = this.#registers
    const selected = () => this.#advanced()[registers.get('MemoryBufferSequenceSelector')]
    registers.setting('MemoryBufferSequenceSelector', 0, {
      refuses: (index) => within(0, registers.get('MemoryBufferNumberOfSequences') - 1)(index),
    })
    const facts = {
      FirstFrameID: ({ firstFrameId }: Recording) => firstFrameId,
      MOIFrameID: ({ firstFrameId, preMoi }: Recording) => firstFrameId + preMoi,
      RecordedSize: ({ frames }: Recording) => frames,
      Width: ({ image }: Recording) => image.width,
      Height: ({ image }: Recording) => image.height,
      OffsetX: ({ image }: Recording) => image.offsetX,
      OffsetY: ({ image }: Recording) => image.offsetY,
    }
    for (const [name, fact] of Object.entries(facts)) {
      registers.reading(`MemoryBufferSequence${name as keyof typeof facts}`, () => {
        const recording = selected()
        return recording ? fact(recording) : 0
      })
    }
    registers.command('MemoryBufferSequenceClear', () => {
      if (this.#around.isLocked()) return Status.writeProtect
      this.#recordings[registers.get('MemoryBufferSequenceSelector')] = undefined
    })
    registers.command('MemoryBufferSequenceDefrag', () =>
      this.#around.isLocked() ? Status.writeProtect : undefined,
    )
  }

  #laySpace(): void {
    const free = () => {
      const bytes = (recording: Recording | undefined) =>
        recording ? recording.frames * 2 * recording.image.width * recording.image.height : 0
      return this.#advanced().reduce((left, recording) => left - bytes(recording), TOTAL_BYTES)
    }
    const space = { Total: () => TOTAL_BYTES, Free: free }
    for (const [name, bytes] of Object.entries(space)) {
      const register = `MemoryBuffer${name as keyof typeof space}Space` as const
      this.#registers.reading(`${register}High`, () => Math.floor(bytes() / 2 ** 32))
      this.#registers.reading(`${register}Low`, () => bytes() % 2 ** 32)
    }
  }

  /** What is recorded by now. */
  #advanced(): (Recording | undefined)[] {
    this.#recorder?.advance(this.#around.now())
    return this.#recordings
  }

  get #mostImages(): number {
    return Math.floor(TOTAL_BYTES / this.#around.sensor.frameBytes)
  }

  get #mostFrames(): number {
    return Math.floor(this.#mostImages / this.#registers.get('MemoryBufferNumberOfSequences'))
  }

  get #isRecording(): boolean {
    this.#advanced()
    if (this.#recorder) return !this.#recorder.isDone || this.#stuck
    return this.#around.now() - this.#stoppedMs < this.#around.recordingStopMs
  }

  get #statusNow(): number {
    if (!this.isOn) return MemoryBufferStatus.DEACTIVATED
    if (this.#around.isTransmitting()) return MemoryBufferStatus.TRANSMITTING
    if (this.#isRecording) return MemoryBufferStatus.RECORDING
    return this.#recorder ? MemoryBufferStatus.HOLDING : MemoryBufferStatus.IDLE
  }

  /** Recordings and partition are gone. */
  #clearAll(): undefined {
    this.#recordings = []
    this.#stale = false
    this.#registers.set('MemoryBufferNumberOfSequences', 1)
    this.#registers.set('MemoryBufferSequenceSize', 1)
    this.#registers.set('MemoryBufferSequencePreMOISize', 0)
    this.#registers.set('MemoryBufferSequenceSelector', 0)
  }
}
