import { Status } from '../gige-vision/bootstrap.js'
import { floatBits, floatOf } from '../gige-vision/register-float.js'
import type { Sender } from '../gige-vision/sender.js'
import type { Device, DeviceActions, DeviceImage, Turn } from './device.js'
import { bitsPerPixel, PIXEL_FORMATS } from './pixel-formats.js'
import type { Playback } from './playback.js'
import type { Refusal, RegisterMap } from './register-map.js'

/** Addresses of the camera's own registers; `description.ts` tells hosts of them. */
export const Feature = {
  sensorWidth: 0xa000,
  sensorHeight: 0xa004,
  width: 0xa010,
  height: 0xa014,
  offsetX: 0xa018,
  offsetY: 0xa01c,
  pixelFormat: 0xa020,
  /** Bit 0: images are a pattern, not a recording. */
  testImage: 0xa024,
  /** {@link AcquisitionMode}. */
  acquisitionMode: 0xa030,
  acquisitionStart: 0xa034,
  acquisitionStop: 0xa038,
  acquisitionFrameCount: 0xa03c,
  /** A 32-bit float, in Hz. */
  frameRate: 0xa040,
  /** In tenths of a us. */
  exposureTime: 0xa044,
  triggerMode: 0xa048,
  triggerSource: 0xa04c,
  triggerSoftware: 0xa050,
  /** In tenths of a dB. */
  gain: 0xa060,
  /** In hundredths of a degree Celsius. */
  temperature: 0xa064,
  userSetSelector: 0xa070,
  userSetLoad: 0xa074,
  deviceReset: 0xa080,
} as const

/** Values of the register AcquisitionMode. */
export const AcquisitionMode = { singleFrame: 1, multiFrame: 2, continuous: 3 } as const

const FEATURE_AREA = 0xa000
const FEATURE_BYTES = 0x100
const MAX_FRAME_RATE = 100_000

/** What an image is at first. */
export interface InitialImage {
  width: number
  height: number
  pixelFormat: number
  fps: number
}

/** A camera like any: features of the standard as registers; it shows a pattern, or a recording. */
export class Features implements Device {
  readonly bandwidthMBps = Infinity
  readonly delayTickNs = 1
  acquiring = false
  readonly #map: RegisterMap
  readonly #initial: InitialImage
  readonly #playback: Playback | undefined

  /** @param playback recording to show, whose size and format cannot be changed */
  constructor(
    map: RegisterMap,
    initial: InitialImage,
    playback: Playback | undefined,
    actions: Pick<DeviceActions, 'start' | 'trigger' | 'reset'>,
  ) {
    this.#map = map
    this.#initial = initial
    this.#playback = playback
    map.area(FEATURE_AREA, new Uint8Array(FEATURE_BYTES))
    map.constant(Feature.sensorWidth, initial.width)
    map.constant(Feature.sensorHeight, initial.height)
    map.constant(Feature.testImage, playback ? 0 : 1)
    map.constant(Feature.temperature, 3_650)
    this.#setting(Feature.width, (width) => this.#fits({ width }))
    this.#setting(Feature.height, (height) => this.#fits({ height }))
    this.#setting(Feature.offsetX, (offsetX) => this.#fits({ offsetX }))
    this.#setting(Feature.offsetY, (offsetY) => this.#fits({ offsetY }))
    this.#setting(Feature.pixelFormat, (pixelFormat) => this.#fits({ pixelFormat }))
    this.#setting(Feature.acquisitionMode, (mode) => mode >= 1 && mode <= 3)
    this.#setting(Feature.acquisitionFrameCount, (count) => count >= 1 && count <= 65_535)
    this.#choice(Feature.frameRate, (bits) => {
      const rate = floatOf(bits)
      return rate > 0 && rate <= MAX_FRAME_RATE
    })
    this.#choice(Feature.exposureTime, (tenths) => tenths >= 10 && tenths <= 100_000_000)
    this.#choice(Feature.gain, (tenths) => tenths <= 480)
    this.#choice(Feature.triggerMode, (mode) => mode <= 1)
    this.#choice(Feature.triggerSource, (source) => source === 0)
    this.#choice(Feature.userSetSelector, (set) => set === 0)
    this.#command(Feature.acquisitionStart, () => {
      if (this.#fits({}) === false) return Status.invalidParameter
      if (this.acquiring) return undefined
      this.acquiring = true
      actions.start()
    })
    this.#command(Feature.acquisitionStop, () => {
      this.acquiring = false
    })
    this.#command(Feature.triggerSoftware, () => actions.trigger())
    this.#command(Feature.userSetLoad, () => (this.acquiring ? Status.writeProtect : this.load()))
    this.#command(Feature.deviceReset, () => actions.reset())
    this.load()
  }

  /** Every setting as it was at first. */
  load(): void {
    const { width, height, pixelFormat, fps } = this.#initial
    const set = this.#map.set.bind(this.#map)
    set(Feature.width, width)
    set(Feature.height, height)
    set(Feature.offsetX, 0)
    set(Feature.offsetY, 0)
    set(Feature.pixelFormat, pixelFormat)
    set(Feature.acquisitionMode, AcquisitionMode.continuous)
    set(Feature.acquisitionFrameCount, 1)
    set(Feature.frameRate, floatBits(fps))
    set(Feature.exposureTime, 100_000)
    set(Feature.gain, 0)
    set(Feature.triggerMode, 0)
  }

  get image(): DeviceImage {
    return {
      width: this.#map.word(Feature.width),
      height: this.#map.word(Feature.height),
      offsetX: this.#map.word(Feature.offsetX),
      offsetY: this.#map.word(Feature.offsetY),
      pixelFormat: this.#map.word(Feature.pixelFormat),
    }
  }

  get source(): 'pattern' | 'recorded' {
    return this.#playback ? 'recorded' : 'pattern'
  }

  get periodMs(): number {
    return 1000 / floatOf(this.#map.word(Feature.frameRate))
  }

  get triggered(): boolean {
    return this.#map.word(Feature.triggerMode) === 1
  }

  /** Acquisitions end by themselves in the modes that say so. */
  hasFrame(taken: number): boolean {
    const mode = this.#map.word(Feature.acquisitionMode)
    if (mode === AcquisitionMode.continuous) return true
    return taken < (mode === AcquisitionMode.singleFrame ? 1 : this.#map.word(Feature.acquisitionFrameCount))
  }

  async begin(): Promise<void> {
    await this.#playback?.rewind()
  }

  get isReady(): boolean {
    return this.#playback?.isReady ?? true
  }

  take(sender: Sender, { atMs, ticks }: Turn): void {
    this.#playback?.take(sender.pixels())
    sender.take(ticks(atMs))
  }

  end(): void {
    this.acquiring = false
  }

  released(): void {
    this.acquiring = false
  }

  async close(): Promise<void> {
    await this.#playback?.close()
  }

  /** A setting that cannot be changed while frames are taken. */
  #setting(address: number, takes: (value: number) => boolean): void {
    this.#map.plain(address, 0, (value) => {
      if (this.acquiring) return Status.writeProtect
      return takes(value) ? undefined : Status.invalidParameter
    })
  }

  #choice(address: number, takes: (value: number) => boolean): void {
    this.#map.plain(address, 0, (value) => (takes(value) ? undefined : Status.invalidParameter))
  }

  /** A register that does something when it is written; `act` answers a status where it refuses. */
  #command(address: number, act: () => unknown): void {
    const write = (value: number): Refusal => {
      const refusal = value === 0 ? undefined : act()
      return typeof refusal === 'number' ? refusal : undefined
    }
    this.#map.register(address, { read: () => 0, write })
  }

  /** Whether the image, with this change, is one that the sensor has. */
  #fits(change: Partial<DeviceImage>): boolean {
    const { width, height, offsetX, offsetY, pixelFormat } = { ...this.image, ...change }
    const sensor = this.#initial
    if (this.#playback)
      return width === sensor.width && height === sensor.height && pixelFormat === sensor.pixelFormat
    return (
      width >= 1 &&
      height >= 1 &&
      offsetX + width <= sensor.width &&
      offsetY + height <= sensor.height &&
      Object.values<number>(PIXEL_FORMATS).includes(pixelFormat) &&
      (width * bitsPerPixel(pixelFormat)) % 8 === 0
    )
  }
}
