import { tmpdir } from 'node:os'
import { readInterfaces } from '../datagrams/interfaces-node.js'
import { nodeDisk } from '../disk/disk-node.js'
import { roomFor } from '../disk/room-node.js'
import {
  type AcquireOptions,
  Acquisition,
  type AcquisitionOptions,
  acquire,
  acquiredFrames,
  type FramesOptions,
} from '../gige/acquisition.js'
import type { GigeCamera } from '../gige/camera.js'
import { GigeLiveSource, type LiveOptions } from '../gige/live-source.js'
import { mtuOf } from '../gige/packet-size.js'
import type { StreamStatistics } from '../gige/statistics.js'
import type { StreamingCamera } from '../gige/stream-run.js'
import type { AcquiringCamera } from '../gige/streaming-camera.js'
import type { LiveSource } from '../streaming/live-source.js'
import type { Clock } from '../upload/clock.js'
import { TelopsBuffering } from './buffer/buffering.js'
import { Downloads } from './download/downloads.js'
import type {
  DownloadedFrames,
  DownloadOptions,
  FileDownloadOptions,
  FrameDownload,
} from './download/options.js'
import type { DownloadStatistics } from './download/statistics.js'
import { HEADER_ROWS, rawBytes, TelopsFrame, type TelopsFrameParts } from './frame.js'
import { readTrigger } from './trigger.js'

/** What a Gigabit link carries: the camera sends no more, however fast its sensor is. */
const LINK_BYTES_PER_SECOND = 125e6

/** What pixels are to become. */
export interface ConvertOptions {
  /** Values in degC where the camera is calibrated for it, as float32, instead of counts as uint16; default true. */
  convert?: boolean
}

/** How to acquire; for the packet delay see `setPacketDelay`. */
export type TelopsAcquisitionOptions = Omit<AcquisitionOptions, 'packetDelayNs'> & ConvertOptions
/** How to acquire so many frames. */
export type TelopsAcquireOptions = Omit<AcquireOptions, 'packetDelayNs'> & ConvertOptions
/** How to acquire frames until the loop ends. */
export type TelopsFramesOptions = Omit<FramesOptions, 'packetDelayNs'> & ConvertOptions

/** Frames out of the camera: as they are taken, and out of its buffer. */
export class TelopsReceiving extends TelopsBuffering {
  /** @internal */
  protected readonly gige: GigeCamera
  readonly #streaming: { counts: StreamingCamera<TelopsFrame>; physical: StreamingCamera<TelopsFrame> }
  readonly #downloads: Downloads

  /** @internal */
  constructor(gige: GigeCamera, clock: Clock) {
    super(gige, clock)
    this.gige = gige
    const streamed = (statistics: StreamStatistics) => this.#warnOfMissing(statistics)
    this.#streaming = {
      counts: this.#camera('telops-counts', streamed),
      physical: this.#camera('telops-physical', streamed),
    }
    this.#downloads = new Downloads({
      camera: { registers: this.registers, port: gige, clock, streaming: this.#camera('telops-counts') },
      serialNumber: gige.identity.serialNumber,
      model: gige.identity.model,
      disk: nodeDisk,
      roomFor,
      scratch: tmpdir(),
      mtu: mtuOf(readInterfaces(), gige.identity.interfaceIp),
      frames: () => gige.gigeVision().then(({ telops }) => telops),
    })
  }

  /** As `acquisition` of any GigE Vision camera, with frames of this one. */
  acquisition(options: TelopsAcquisitionOptions = {}): Acquisition<TelopsFrame> {
    return new Acquisition(this.#streamingFor(options), options)
  }

  /** One frame. Rejects as {@link acquire}. */
  async grab(options: TelopsAcquireOptions = {}): Promise<TelopsFrame> {
    const [frame] = await this.acquire(1, options)
    return frame!
  }

  /**
   * So many frames, one after the other. Rejects with `gige/no-stream` where the camera sends nothing at all,
   * `gige/no-frame` where a frame does not come in time, `gige/control-lost`, `gige/acquiring`, `stream/aborted`.
   */
  acquire(count: number, options: TelopsAcquireOptions = {}): Promise<TelopsFrame[]> {
    return acquire(this.#streamingFor(options), count, options)
  }

  /** Frames for as long as the loop over them lasts. Throws as {@link acquire}. */
  frames(options: TelopsFramesOptions = {}): AsyncGenerator<TelopsFrame, void, void> {
    return acquiredFrames(this.#streamingFor(options), options)
  }

  /** The camera as `RHEEDStreamer.attach` takes it, where it is to stream with options: counts of 16 bits. */
  live(options: LiveOptions = {}): LiveSource {
    const { model, serialNumber } = this.gige.identity
    const pixels = {
      pixelFormat: async () => 'Mono16',
      width: async () => (await this.resolution())[0],
      height: async () => (await this.resolution())[1],
    }
    const streaming = this.#streaming.counts
    return new GigeLiveSource(`${model} ${serialNumber}`, pixels, streaming, options)
  }

  /**
   * Frames of a recorded sequence into memory. Each came whole, or it rejects with `telops/frame-integrity`; else with
   * `telops/option`, `telops/no-sequence`, `telops/no-frames`, `telops/too-large` (past 2 GiB), `telops/refused`,
   * `gige/...`, `stream/aborted`. Every setting that it changes is put back, whatever becomes of it.
   */
  bufferDownload(options: DownloadOptions = {}): Promise<DownloadedFrames> {
    return this.#downloads.toMemory(options)
  }

  /**
   * Frames of a recorded sequence into a .npy file or a .zarr group (array `frames`), `[frames, height, width]`, which must
   * be new. A record lies beside it (`.download`) until all are there: with `resume` a download that broke off, even by a
   * power cut, goes on; until then pixels of a .npy file that did not come yet are 0. Of one that is over, missing pixels are
   * 0 as `uint16`, NaN as `float32`. A group's attributes are `serialNumber`, `model`, `sequence`, `firstFrameId`,
   * `exposureUs`, `frameRateHz`, `calibrationMode` and, when it is over, `incompleteFrames`; that of `frames` is `units`.
   * Rejects as {@link bufferDownload}, and with `telops/resume` and `telops/write`, which a .npy file that the disk has no
   * room for is told by before anything is written.
   */
  bufferDownloadTo(path: string, options: FileDownloadOptions = {}): Promise<DownloadStatistics> {
    return this.#downloads.toFile(path, options)
  }

  /**
   * Frames of a recorded sequence one after the other: each is whole, none comes twice. They wait on disk where the loop
   * is slower than the camera. The loop throws as {@link bufferDownload}.
   */
  bufferFrames(options: DownloadOptions = {}): FrameDownload {
    return this.#downloads.toReader(options)
  }

  /** What came of the last download; undefined before the first. */
  get lastDownloadStats(): DownloadStatistics | undefined {
    return this.#downloads.lastStatistics
  }

  /** Whether downloads learn packet size and bitrate of the connection; default true. Off: 1500 bytes, 1000 Mbit/s. */
  get autoTune(): boolean {
    return this.#downloads.isAutoTuned
  }

  /** As the getter says. */
  set autoTune(on: boolean) {
    this.#downloads.isAutoTuned = on
  }

  /** Begin the downloads that follow with this packet size (bytes of a whole IP packet), bitrate and receive buffer. */
  useConnection(packetSize: number, bitrateMbps: number, receiveBufferBytes?: number): void {
    this.#downloads.autoTune.apply(packetSize, bitrateMbps, receiveBufferBytes)
  }

  #streamingFor({ convert = true }: ConvertOptions): StreamingCamera<TelopsFrame> {
    return convert ? this.#streaming.physical : this.#streaming.counts
  }

  /** The camera sends a frame in one burst; spread over time it is easier to receive. */
  #warnOfMissing({ missingPackets, incomplete }: StreamStatistics): void {
    if (missingPackets === 0) return
    this.warn(
      'FRAMEWIRE_TELOPS_PACKETS',
      `${missingPackets} packets unrecoverable, of ${incomplete} frames. Have the camera pause between packets ` +
        '(await camera.setPacketDelay(1000), up to 400 Hz), lower the frame rate, or run framewire doctor.',
    )
  }

  #camera(maker: string, streamed?: (statistics: StreamStatistics) => void): StreamingCamera<TelopsFrame> {
    const { gige, configuration } = this
    const payloadBytes = async () => {
      const [width, height] = await this.resolution()
      return rawBytes(width, height)
    }
    const acquiring: AcquiringCamera = {
      ...(streamed && { streamed }),
      get packetDelayTicks() {
        return streamed && configuration.packetDelayTicks
      },
      get address() {
        return gige.address
      },
      addEventListener: gige.addEventListener.bind(gige),
      payloadBytes,
      frameRate: async () => Math.min(await this.frameRate(), LINK_BYTES_PER_SECOND / (await payloadBytes())),
      // What is in the buffer needs no trigger.
      isTriggered: async () =>
        streamed !== undefined && (await readTrigger(this.registers, 'acquisitionStart')).enabled,
      acquisitionStart: () => this.registers.execute('AcquisitionStart'),
      acquisitionStop: () => this.registers.execute('AcquisitionStop'),
    }
    return gige.streaming(acquiring, {
      maker,
      headerRows: HEADER_ROWS,
      make: (parts: TelopsFrameParts, giveBack: (buffer: ArrayBuffer) => void) =>
        new TelopsFrame(parts, giveBack),
    })
  }
}
