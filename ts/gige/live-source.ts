import type { PixelFormat } from '../core/core.js'
import { FramewireError, hasCode } from '../errors.js'
import type { LiveOrder } from '../packing/live.js'
import type { LiveFormat, LiveRun, LiveSource } from '../streaming/live-source.js'
import { Acquisition, type AcquisitionOptions } from './acquisition.js'
import { pixelFormatNamed } from './pixel-format.js'
import type { StandardFeatures } from './standard-features.js'
import { noStreamFault } from './stream-faults.js'
import { type StreamOptions, streamSettings } from './stream-options.js'
import { FIRST_PACKET_TIMEOUT_MS, type StreamingCamera } from './stream-run.js'

/** What packing workers take pixels for, by the formats' names in the PFNC. */
const FORMATS = new Map<string, PixelFormat>([
  ['Mono8', 'u8'],
  ['Mono10', 'u16le'],
  ['Mono12', 'u16le'],
  ['Mono14', 'u16le'],
  ['Mono16', 'u16le'],
  ['Mono10p', 'mono10p'],
  ['Mono12p', 'mono12p'],
  ['Mono10Packed', 'mono10packed'],
  ['Mono12Packed', 'mono12packed'],
  ['RGB8', 'rgb8'],
  ['RGBa8', 'rgba8'],
  ['RGB16', 'rgb16le'],
])

/** How a camera streams. */
export type LiveOptions = Pick<
  AcquisitionOptions,
  'firstPacketTimeoutMs' | 'onReconnected' | keyof StreamOptions
>

/** What a camera's pixels are. */
export type PixelFeatures = Pick<StandardFeatures, 'pixelFormat' | 'width' | 'height'>

/** A GigE Vision camera whose frames go to packing workers straight from its capture worker. */
export class GigeLiveSource implements LiveSource {
  readonly label: string
  readonly #features: PixelFeatures
  readonly #camera: StreamingCamera
  readonly #options: LiveOptions
  /** How often the camera had come back when it was started last. */
  #returns = 0

  constructor(label: string, features: PixelFeatures, camera: StreamingCamera, options: LiveOptions) {
    this.label = label
    this.#features = features
    this.#camera = camera
    this.#options = options
  }

  /** Rejects with `gige/unsupported` where the camera sends pixels that cannot be streamed. */
  async format(): Promise<LiveFormat> {
    const features = this.#features
    const name = await features.pixelFormat()
    const [format, pixels] = [FORMATS.get(name), pixelFormatNamed(name)]
    if (!format || !pixels?.significantBits) {
      throw new FramewireError(
        'gige/unsupported',
        `The camera at ${this.#camera.address} sends ${name}, which cannot be streamed. Set its PixelFormat to one of ${[...FORMATS.keys()].join(', ')}.`,
        { what: `pixel format ${name}` },
      )
    }
    const [width, height] = [await features.width(), await features.height()]
    const { channels, significantBits: bits, bitsPerPixel } = pixels
    const isBig = this.#options.byteOrder === 'big'
    return {
      height,
      width,
      channels,
      format: isBig ? (format.replace(/16le$/, '16be') as PixelFormat) : format,
      bits,
      bytesPerFrame: Math.ceil((height * width * bitsPerPixel) / 8),
    }
  }

  async start(order: LiveOrder, outlet: MessagePort): Promise<LiveRun> {
    const camera = this.#camera
    this.#returns = camera.returns
    const isTriggered = await camera.isTriggered()
    const { packetSize = isTriggered ? undefined : await this.#provenPacketSize() } = this.#options
    const { firstPacketTimeoutMs: waitedMs = FIRST_PACKET_TIMEOUT_MS } = this.#options
    const options = { ...this.#options, packetSize, incomplete: 'drop' as const }
    const settings = streamSettings(await camera.payloadBytes(), options, camera.maker)
    await camera.startPacking({ ...settings, headerRows: camera.headerRows }, order, outlet)
    try {
      await camera.startAcquisition()
    } catch (error) {
      await camera.stopStream()
      throw error
    }
    return new GigeLiveRun(camera, isTriggered ? Number.POSITIVE_INFINITY : waitedMs)
  }

  comeBack(failure: Error): Promise<void> | undefined {
    if (!hasCode(failure, 'gige/control-lost')) return undefined
    return this.#camera.comeBack(this.#returns)?.then(() => this.#options.onReconnected?.())
  }

  /** A size that carried a whole frame, found by a short acquisition. */
  async #provenPacketSize(): Promise<number> {
    const acquisition = new Acquisition(this.#camera, this.#options)
    await acquisition.started
    return (await acquisition.stop()).packetSize
  }
}

/** A camera that runs until it is stopped, or until it is clear that nothing comes of it. */
class GigeLiveRun implements LiveRun {
  failure: Error | undefined
  readonly #camera: StreamingCamera
  readonly #watch: NodeJS.Timeout | undefined
  #stopping: Promise<void> | undefined

  constructor(camera: StreamingCamera, firstPacketTimeoutMs: number) {
    this.#camera = camera
    if (firstPacketTimeoutMs === Number.POSITIVE_INFINITY) return
    this.#watch = setTimeout(() => void this.#look(firstPacketTimeoutMs), firstPacketTimeoutMs)
    this.#watch.unref()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#watch)
    try {
      await this.#camera.stopAcquisition()
    } finally {
      await this.#camera.stopStream()
    }
  }

  /** A firewall that takes the packets away looks as a camera that sends none. */
  async #look(waitedMs: number): Promise<void> {
    const { address } = this.#camera
    const statistics = await this.#camera.streamStatistics().catch(() => undefined)
    if (statistics?.packets !== 0 || this.#stopping) return
    this.failure = noStreamFault(address, statistics, waitedMs)
    await this.stop().catch(() => undefined)
  }
}
