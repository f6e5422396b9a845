import { Status, streamChannel } from '../../gige-vision/bootstrap.js'
import type { Sender } from '../../gige-vision/sender.js'
import { MemoryBufferMOISource, TDCStatusBit, TriggerSource } from '../../telops/enumerations.js'
import type { Device, DeviceImage, Turn } from '../device.js'
import type { Refusal, RegisterMap } from '../register-map.js'
import type { DeviceParts } from '../simulated-camera.js'
import { layCalibration } from './calibration.js'
import { layDiagnostics } from './diagnostics.js'
import { Download } from './download.js'
import { BufferingFlag, headerBytes } from './header.js'
import { MemoryBuffer } from './memory-buffer.js'
import type { CheckedTelopsOptions } from './options.js'
import { PosixClock } from './posix-clock.js'
import { Power } from './power.js'
import type { RecordedFrame } from './recording.js'
import { CameraRegisters, within } from './registers.js'
import { Sensor } from './sensor.js'
import { Trigger } from './trigger.js'

/** What an acquisition does. */
type Acquisition = 'live' | 'recording' | 'download'

/** A Telops camera: live frames with header rows, and a buffer that is recorded and downloaded. */
export class TelopsDevice implements Device {
  readonly source = 'telops'
  readonly delayTickNs = 8
  readonly isReady = true
  readonly #map: RegisterMap
  readonly #registers: CameraRegisters
  readonly #parts: { load(): void }[]
  readonly #clock: PosixClock
  readonly #sensor: Sensor
  readonly #trigger: Trigger
  readonly #buffer: MemoryBuffer
  readonly #download: Download
  readonly #power: Power
  #acquisition: Acquisition | undefined

  constructor({ map, chance, actions }: DeviceParts, options: CheckedTelopsOptions, now: () => number) {
    const { genericError, genericErrorMs, lateStopMs, staleBuffer } = options.faults
    let failsUntilMs = -Infinity
    const fails = () => {
      if (now() >= failsUntilMs && chance.happens(genericError)) failsUntilMs = now() + genericErrorMs
      return now() < failsUntilMs
    }
    this.#map = map
    const registers = new CameraRegisters(map, fails)
    this.#registers = registers
    this.#clock = new PosixClock(now)
    this.#power = new Power(registers, now, options)
    const isAcquiring = () => this.#acquisition !== undefined
    const isLocked = () => isAcquiring() || this.#download.isOn
    this.#sensor = new Sensor(registers, {
      now,
      isLocked,
      resized: () => this.#buffer.resized(),
      hang: actions.hang,
      hangMs: options.resolutionHangMs,
    })
    this.#trigger = new Trigger(registers, actions.trigger)
    this.#buffer = new MemoryBuffer(registers, {
      now,
      dateOf: (ms) => this.#clock.at(ms),
      sensor: this.#sensor,
      isLocked,
      isTransmitting: () => this.#acquisition === 'download',
      ringDeadMs: options.ringDeadMs,
      recordingStopMs: options.recordingStopMs,
      stale: staleBuffer,
    })
    this.#download = new Download(registers, { now, buffer: this.#buffer, isAcquiring, lateStopMs })
    layDiagnostics(registers, this.#power, now)
    this.#parts = [
      registers,
      this.#power,
      this.#trigger,
      this.#buffer,
      this.#download,
      layCalibration(registers),
    ]
    this.#layCommands(actions.reset, () => actions.start(), options.imageCorrectionMs)
  }

  get acquiring(): boolean {
    return this.#acquisition === 'live' || this.#download.hasFrame
  }

  get image(): DeviceImage {
    return this.#acquisition === 'live' ? this.#sensor.image : this.#download.image
  }

  get bandwidthMBps(): number {
    return this.#acquisition === 'live' ? Infinity : this.#download.bandwidthMBps
  }

  get periodMs(): number | undefined {
    return this.#acquisition === 'live' ? 1000 / this.#sensor.frameRateHz : undefined
  }

  get triggered(): boolean {
    return this.#acquisition === 'live' && this.#trigger.isOn
  }

  hasFrame(): boolean {
    return this.acquiring
  }

  async begin(): Promise<void> {}

  take(sender: Sender, { index, atMs, ticks }: Turn): void {
    const isLive = this.#acquisition === 'live'
    const { facts, takenMs } = isLive ? this.#live(index, atMs) : this.#download.take(this.#isDelayed)
    sender.takeHeaded(ticks(takenMs), facts.frameId, headerBytes(facts))
  }

  end(): void {
    if (this.#acquisition === 'download') this.#acquisition = undefined
  }

  /** It goes on with what it does. */
  released(): void {}

  load(): void {
    this.#acquisition = undefined
    for (const part of this.#parts) part.load()
  }

  async close(): Promise<void> {}

  /** A pulse comes in from outside. */
  externalSignal(): void {
    this.#trigger.signal(TriggerSource.EXTERNAL_SIGNAL)
    this.#buffer.moi(MemoryBufferMOISource.EXTERNAL_SIGNAL)
  }

  #layCommands(reset: () => void, started: () => void, imageCorrectionMs: number): void {
    const registers = this.#registers
    registers.command('AcquisitionStart', () => {
      if (this.#acquisition !== undefined) return undefined
      const refusal = this.#start()
      if (refusal === undefined && this.#acquisition !== 'recording') started()
      return refusal
    })
    registers.command('AcquisitionStop', () => this.#stop())
    registers.setting('AcquisitionMode', 0)
    registers.command('DeviceReset', reset)
    registers.command('SaveConfiguration', () => {})
    registers.settings({ LoadConfigOnStartup: 0, AcqStartOnStartup: 0, DeviceLedIndicatorState: 1 })
    registers.command('ImageCorrection', () => {
      this.#power.wait(TDCStatusBit.WAITING_FOR_IMAGE_CORRECTION, imageCorrectionMs)
    })
    registers.setting('ImageCorrectionMode', 0)
    registers.setting('ExternalBlackbodyTemp', 25, { refuses: within(-273.15, 1000) })
    registers.reading('TDCStatus', () => {
      const started = this.#acquisition === undefined ? 0 : TDCStatusBit.ACQUISITION_STARTED
      return this.#power.waits | started
    })
    registers.define('PosixTime', {
      read: () => this.#clock.seconds,
      write: (seconds): Refusal => void this.#clock.set(seconds),
    })
    registers.reading('SubSecondTime', () => this.#clock.subSecond)
  }

  #start(): Refusal {
    if (!this.#power.isReady) return Status.busy
    if (this.#download.isOn) {
      const refusal = this.#download.start()
      if (refusal === undefined) this.#acquisition = 'download'
      return refusal
    }
    this.#download.load()
    this.#acquisition = this.#buffer.isArmed ? 'recording' : 'live'
    if (this.#acquisition === 'recording') this.#buffer.start()
    return undefined
  }

  #stop(): undefined {
    this.#buffer.stop()
    this.#download.stop()
    this.#acquisition = undefined
  }

  #live(index: number, takenMs: number): RecordedFrame {
    const takenAt = this.#clock.at(takenMs)
    const facts = { ...this.#sensor.facts, frameId: index + 1, takenAt, buffering: BufferingFlag.none }
    return { facts, takenMs }
  }

  /** With a packet delay a download leaves out every other frame. */
  get #isDelayed(): boolean {
    return this.#map.word(streamChannel(0).packetDelay) !== 0
  }
}
