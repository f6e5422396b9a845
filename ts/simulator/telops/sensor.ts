import { Status } from '../../gige-vision/bootstrap.js'
import { ExposureAuto, FrameRateMode } from '../../telops/enumerations.js'
import type { RegisterName } from '../../telops/registers.js'
import type { DeviceImage } from '../device.js'
import type { Refusal } from '../register-map.js'
import { maxFrameRateHz } from './frame-rate.js'
import { type FrameFacts, HEADER_ROWS } from './header.js'
import { type CameraRegisters, within } from './registers.js'

const SENSOR = { width: 320, rows: 256 } as const
const STEP = { width: 64, rows: 4 } as const
const LEAST_FRAME_RATE_HZ = 0.1
const exposure = within(0.5, 1_000_000)
/** Width and height that are written so soon after one another are one change, in ms. */
const ONE_CHANGE_MS = 100

/** Which sizes and moments a sensor minds. */
export interface SensorSurroundings {
  now(): number
  /** Images cannot change now: they are taken, or a recording is downloaded. */
  isLocked(): boolean
  /** Images have another size. */
  resized(): void
  /** The camera hangs. */
  hang(): void
  /** Ms between two changes of the size that it hangs on. */
  hangMs: number
}

/** Size, exposure and rate of frames. */
export class Sensor {
  readonly #registers: CameraRegisters
  readonly #surroundings: SensorSurroundings
  #change: { sinceMs: number; of: Set<string> } | undefined

  constructor(registers: CameraRegisters, surroundings: SensorSurroundings) {
    this.#registers = registers
    this.#surroundings = surroundings
    const fits = (change: Partial<DeviceImage>) => this.#refuses({ ...this.image, ...change })
    const resized = () => this.#resized()
    registers.setting('Width', SENSOR.width, {
      refuses: (width) => fits({ width }) ?? this.#rush('width', width),
      changed: resized,
    })
    registers.setting('Height', SENSOR.rows + HEADER_ROWS, {
      refuses: (height) => fits({ height }) ?? this.#rush('height', height),
      changed: resized,
    })
    registers.setting('OffsetX', 0, { refuses: (offsetX) => this.#centred() ?? fits({ offsetX }) })
    registers.setting('OffsetY', 0, { refuses: (offsetY) => this.#centred() ?? fits({ offsetY }) })
    registers.setting('CenterImage', 0, {
      refuses: () => (surroundings.isLocked() ? Status.writeProtect : undefined),
      changed: resized,
    })
    registers.setting('PixelFormat', 0x0110_0007)
    registers.reading('PayloadSize', () => this.frameBytes)
    const clamped = { changed: () => this.#clamp() }
    registers.setting('ExposureTime', 10, {
      refuses: (us) => this.#automatic() ?? exposure(us) ?? this.#tooLong(us),
      ...clamped,
    })
    registers.setting('ExposureAuto', ExposureAuto.OFF, {
      changed: () => {
        // Once is done at once.
        if (registers.get('ExposureAuto') === ExposureAuto.ONCE) registers.set('ExposureAuto', 0)
      },
    })
    registers.setting('AcquisitionFrameRate', 500, {
      refuses: (hz) => within(LEAST_FRAME_RATE_HZ, Infinity)(hz),
      ...clamped,
    })
    registers.setting('FrameRateMode', FrameRateMode.FIXED, clamped)
    registers.setting('FrameRateMaxFG', 1e9, { refuses: within(LEAST_FRAME_RATE_HZ, Infinity), ...clamped })
    registers.reading('FrameRateMax', () => this.#maxFrameRateHz())
    registers.settings({
      CalibrationMode: 2,
      ExposureMode: 1,
      ExposureTime1: 10,
      ExposureTime2: 10,
      ExposureTime3: 10,
      ExposureTime4: 10,
      SensorWellDepth: 0,
      IntegrationMode: 0,
      DetectorMode: 0,
      BadPixelReplacement: 0,
      ReverseX: 0,
      ReverseY: 0,
      TestImageSelector: 0,
    })
  }

  get image(): DeviceImage {
    const get = (name: RegisterName) => this.#registers.get(name)
    return {
      width: get('Width'),
      height: get('Height'),
      offsetX: get('OffsetX'),
      offsetY: get('OffsetY'),
      pixelFormat: get('PixelFormat'),
    }
  }

  /** Bytes of a frame, header rows included. */
  get frameBytes(): number {
    return 2 * this.#registers.get('Width') * this.#registers.get('Height')
  }

  get frameRateHz(): number {
    return this.#registers.get('AcquisitionFrameRate')
  }

  /** What frames say in their headers that are taken now. */
  get facts(): Omit<FrameFacts, 'frameId' | 'takenAt' | 'buffering'> {
    const { width, height } = this.image
    return {
      width,
      height: height - HEADER_ROWS,
      exposureUs: this.#registers.get('ExposureTime'),
      frameRateHz: this.frameRateHz,
      calibrationMode: this.#registers.get('CalibrationMode'),
    }
  }

  #refuses({ width, height, offsetX, offsetY }: DeviceImage): Refusal {
    if (this.#surroundings.isLocked()) return Status.writeProtect
    const rows = height - HEADER_ROWS
    const fits =
      within(STEP.width, SENSOR.width - offsetX)(width) === undefined &&
      within(STEP.rows, SENSOR.rows - offsetY)(rows) === undefined &&
      [width % STEP.width, rows % STEP.rows, offsetX % STEP.width, offsetY % STEP.rows].every((n) => n === 0)
    if (!fits) return Status.invalidParameter
    return this.#tooLong(this.#registers.get('ExposureTime'), width, rows)
  }

  /** Where the frame rate is locked, nothing is taken that would need a lower one. */
  #tooLong(exposureUs: number, width?: number, rows?: number): Refusal {
    if (this.#registers.get('FrameRateMode') !== FrameRateMode.FIXED_LOCKED) return undefined
    const max = this.#maxFrameRateHz(exposureUs, width, rows)
    return max < this.frameRateHz ? Status.invalidParameter : undefined
  }

  #automatic(): Refusal {
    return this.#registers.get('ExposureAuto') === ExposureAuto.CONTINUOUS ? Status.writeProtect : undefined
  }

  #centred(): Refusal {
    return this.#registers.get('CenterImage') === 1 ? Status.writeProtect : undefined
  }

  /** Two changes of the size in quick succession are more than it can stand. */
  #rush(what: 'width' | 'height', value: number): undefined {
    if (this.image[what] === value) return
    const nowMs = this.#surroundings.now()
    const change = this.#change
    const ageMs = change ? nowMs - change.sinceMs : Infinity
    if (change && ageMs < ONE_CHANGE_MS && !change.of.has(what)) change.of.add(what)
    else this.#change = { sinceMs: nowMs, of: new Set([what]) }
    if (this.#change !== change && ageMs < this.#surroundings.hangMs) this.#surroundings.hang()
  }

  #resized(): void {
    const { width, height } = this.image
    if (this.#registers.get('CenterImage') === 1) {
      const middle = (free: number, step: number) => Math.floor(free / 2 / step) * step
      this.#registers.set('OffsetX', middle(SENSOR.width - width, STEP.width))
      this.#registers.set('OffsetY', middle(SENSOR.rows + HEADER_ROWS - height, STEP.rows))
    }
    this.#clamp()
    this.#surroundings.resized()
  }

  #maxFrameRateHz(
    exposureUs = this.#registers.get('ExposureTime'),
    width = this.image.width,
    rows = this.image.height - HEADER_ROWS,
  ): number {
    return Math.min(maxFrameRateHz(width, rows, exposureUs), this.#registers.get('FrameRateMaxFG'))
  }

  /** What the other settings do not allow is lowered, and nobody is told. */
  #clamp(): void {
    const max = this.#maxFrameRateHz()
    const isMaximal = this.#registers.get('FrameRateMode') === FrameRateMode.MAXIMUM
    if (isMaximal || this.frameRateHz > max) this.#registers.set('AcquisitionFrameRate', max)
  }
}
