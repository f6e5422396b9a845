import type { PixelFormat } from '../core/core.js'
import { FramewireError, hasCode } from '../errors.js'
import type { LiveOrder } from '../packing/live.js'
import type { LiveFormat, LiveRun, LiveSource } from '../streaming/live-source.js'
import { Acquisition, type AcquisitionOptions } from './acquisition.js'
import type { StandardFeatures } from './standard-features.js'
import { noStreamFault } from './stream-faults.js'
import { type StreamOptions, streamSettings } from './stream-options.js'
import type { StreamingCamera } from './stream-run.js'

/** What packing workers make of each pixel format, by its name in the PFNC. */
const FORMATS: Readonly<Record<string, { format: PixelFormat; bits: number; bitsPerPixel: number }>> = {
  Mono8: { format: 'u8', bits: 8, bitsPerPixel: 8 },
  Mono10: { format: 'u16le', bits: 10, bitsPerPixel: 16 },
  Mono12: { format: 'u16le', bits: 12, bitsPerPixel: 16 },
  Mono14: { format: 'u16le', bits: 14, bitsPerPixel: 16 },
  Mono16: { format: 'u16le', bits: 16, bitsPerPixel: 16 },
  Mono10p: { format: 'mono10p', bits: 10, bitsPerPixel: 10 },
  Mono12p: { format: 'mono12p', bits: 12, bitsPerPixel: 12 },
  Mono10Packed: { format: 'mono10packed', bits: 10, bitsPerPixel: 12 },
  Mono12Packed: { format: 'mono12packed', bits: 12, bitsPerPixel: 12 },
  RGB8: { format: 'rgb8', bits: 8, bitsPerPixel: 24 },
  RGBa8: { format: 'rgba8', bits: 8, bitsPerPixel: 32 },
  RGB16: { format: 'rgb16le', bits: 16, bitsPerPixel: 48 },
}

/** How a camera streams. */
export type LiveOptions = Pick<
  AcquisitionOptions,
  'firstPacketTimeoutMs' | 'onReconnected' | keyof StreamOptions
>

const FIRST_PACKET_TIMEOUT_MS = 5000

/** A GigE Vision camera whose frames go to packing workers straight from its capture worker. */
export class GigeLiveSource implements LiveSource {
  readonly label: string
  readonly #features: StandardFeatures
  readonly #camera: StreamingCamera
  readonly #options: LiveOptions
  /** How often the camera had come back when it was started last. */
  #returns = 0

  constructor(label: string, features: StandardFeatures, camera: StreamingCamera, options: LiveOptions) {
    this.label = label
    this.#features = features
    this.#camera = camera
    this.#options = options
  }

  /** Rejects with `gige/unsupported` where the camera sends pixels that cannot be streamed. */
  async format(): Promise<LiveFormat> {
    const features = this.#features
    const name = await features.pixelFormat()
    const known = FORMATS[name]
    if (!known) {
      throw new FramewireError(
        'gige/unsupported',
        `The camera at ${this.#camera.address} sends ${name}, which cannot be streamed. Set its PixelFormat to one of ${Object.keys(FORMATS).join(', ')}.`,
        { what: `pixel format ${name}` },
      )
    }
    const [width, height] = [await features.width(), await features.height()]
    const { format, bits, bitsPerPixel } = known
    const isBig = this.#options.byteOrder === 'big'
    return {
      height,
      width,
      channels: format.startsWith('rgba') ? 4 : format.startsWith('rgb') ? 3 : 1,
      format: isBig ? (format.replace(/16le$/, '16be') as PixelFormat) : format,
      bits,
      bytesPerFrame: Math.ceil((height * width * bitsPerPixel) / 8),
    }
  }

  async start(order: LiveOrder, outlet: MessagePort): Promise<LiveRun> {
    const camera = this.#camera
    this.#returns = camera.returns
    const { packetSize = await this.#provenPacketSize() } = this.#options
    const { firstPacketTimeoutMs: waitedMs = FIRST_PACKET_TIMEOUT_MS } = this.#options
    const options = { ...this.#options, packetSize, incomplete: 'drop' as const }
    await camera.startPacking(streamSettings(await camera.payloadBytes(), options), order, outlet)
    try {
      await camera.startAcquisition()
    } catch (error) {
      await camera.stopStream()
      throw error
    }
    return new GigeLiveRun(camera, (await camera.isTriggered()) ? Number.POSITIVE_INFINITY : waitedMs)
  }

  comeBack(failure: Error): Promise<void> | undefined {
    if (!hasCode(failure, 'gige/control-lost')) return undefined
    return this.#camera.comeBack(this.#returns)?.then(() => this.#options.onReconnected?.())
  }

  /** A size that carried a whole frame, found by a short acquisition; none where the camera waits for a trigger. */
  async #provenPacketSize(): Promise<number | undefined> {
    const camera = this.#camera
    if (await camera.isTriggered()) return undefined
    const acquisition = new Acquisition(camera, this.#options)
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
