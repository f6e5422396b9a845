import { FramewireError, hasCode } from '../errors.js'
import type { LiveOrder } from '../packing/live.js'
import type { PacketSizeProof } from './capture/stream-session.js'
import type { GigeFrame } from './frame.js'
import { FrameReader, type ReadOptions } from './frame-reader.js'
import { packetSizeFault, packetSizes } from './packet-size.js'
import { type AcquisitionStatistics, lossesOf, type StreamStatistics } from './statistics.js'
import { type StreamOptions, type StreamSettings, streamSettings } from './stream-options.js'

/** What acquisitions and streams need of a camera. */
export interface StreamingCamera {
  readonly address: string
  /** Bytes of the largest image, as the camera is set now. */
  payloadBytes(): Promise<number>
  /** Whether it waits for a trigger: then no frame may come for as long as it likes. */
  isTriggered(): Promise<boolean>
  startAcquisition(): Promise<void>
  stopAcquisition(): Promise<void>
  /** Have the capture worker take the stream in; frames leave by credit on `port`, which is transferred. */
  startStream(settings: StreamSettings, port: MessagePort): Promise<StreamStatistics>
  /** As `startStream`, with frames that go to packing workers, as is said on `port`. */
  startPacking(settings: StreamSettings, order: LiveOrder, port: MessagePort): Promise<StreamStatistics>
  packetSizeProof(timeoutMs: number): Promise<PacketSizeProof>
  streamStatistics(): Promise<StreamStatistics>
  stopStream(): Promise<StreamStatistics>
}

/** How to acquire. */
export interface AcquisitionOptions extends StreamOptions {
  /**
   * When a camera that was started sends nothing for so long, in ms, reading fails with `gige/no-stream`; default 5000.
   * Not for cameras that wait for a trigger.
   */
  firstPacketTimeoutMs?: number
}

/** How to acquire so many frames. */
export interface AcquireOptions extends AcquisitionOptions {
  /** How long to wait for each frame, in ms; default 5000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** How to acquire frames until the loop ends. */
export interface FramesOptions extends AcquisitionOptions, Pick<ReadOptions, 'latest' | 'signal'> {}

/** How long the first frame is waited for to prove a packet size, in ms; a slower camera goes unproved. */
const PROOF_MS = 1000
const FRAME_TIMEOUT_MS = 5000

/** What says that a camera is not there any more. */
const GONE = ['gige/control-lost', 'gige/no-answer', 'gige/closed'] as const

/** Cameras that acquire. */
const acquiring = new WeakSet<StreamingCamera>()

/** A camera that acquires, from now on until `stop`; `await using` stops it at the end of its block. */
export class Acquisition implements AsyncDisposable {
  /**
   * Resolves when the camera acquires: from then on no trigger is missed. Rejects with `gige/acquiring`, `gige/option`,
   * `gige/packet-size`, or what the camera says; so does everything else then. Need not be awaited.
   */
  readonly started: Promise<void>
  readonly #camera: StreamingCamera
  readonly #options: AcquisitionOptions
  #reader: FrameReader | undefined
  #stopped: Promise<AcquisitionStatistics> | undefined
  #watch: NodeJS.Timeout | undefined
  #final: StreamStatistics | undefined

  /** @internal */
  constructor(camera: StreamingCamera, options: AcquisitionOptions) {
    this.#camera = camera
    this.#options = options
    this.started = this.#start()
    this.started.catch(() => {})
  }

  /**
   * The next frame; null where none came within `timeoutMs`. Rejects with `gige/no-stream` where the camera sends nothing
   * at all, with `gige/control-lost` when it was lost, with `gige/closed` after `stop`, with `stream/aborted`.
   */
  async readFrame(options: ReadOptions = {}): Promise<GigeFrame | null> {
    await this.started
    return this.#reader!.read(options)
  }

  /** Frame after frame until `stop`, or until the signal fires (`stream/aborted`). Rejects as {@link readFrame}. */
  async *frames(options: Pick<ReadOptions, 'latest' | 'signal'> = {}): AsyncGenerator<GigeFrame, void, void> {
    while (!this.#stopped) {
      let frame: GigeFrame | null
      try {
        frame = await this.readFrame(options)
      } catch (error) {
        if (this.#stopped && hasCode(error, 'gige/closed')) return
        throw error
      }
      if (frame) yield frame
    }
  }

  /** What came and what was lost so far; after `stop`, in all. */
  async statistics(): Promise<AcquisitionStatistics> {
    await this.started
    const stream = (this.#stopped && this.#final) ?? (await this.#camera.streamStatistics())
    return {
      ...stream,
      ...this.#reader!.counts,
      losses: lossesOf(stream),
      throughputMBps: stream.streamingMs > 0 ? stream.bytes / 1000 / stream.streamingMs : 0,
    }
  }

  /** Stop the camera. Frames that were not read are given up. What came of it; stopping again gives the same. */
  stop(): Promise<AcquisitionStatistics> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isStarted = await this.started.then(
      () => true,
      () => false,
    )
    if (isStarted) await this.stop()
  }

  async #start(): Promise<void> {
    const camera = this.#camera
    const { address } = camera
    if (acquiring.has(camera)) {
      throw new FramewireError(
        'gige/acquiring',
        `The camera at ${address} is acquiring already. Stop that acquisition first.`,
        { address },
      )
    }
    acquiring.add(camera)
    try {
      const isTriggered = await camera.isTriggered()
      await this.#findPacketSize(streamSettings(await camera.payloadBytes(), this.#options), isTriggered)
      const { firstPacketTimeoutMs = FRAME_TIMEOUT_MS } = this.#options
      if (!isTriggered) this.#expectPackets(firstPacketTimeoutMs)
    } catch (error) {
      acquiring.delete(camera)
      throw error
    }
  }

  /** Stream, with smaller packets where frames of the first size found do not get through. */
  async #findPacketSize(settings: StreamSettings, isTriggered: boolean): Promise<void> {
    const camera = this.#camera
    const tried: number[] = []
    for (;;) {
      const { packetSize } = await this.#stream({ ...settings, packetSizeBelow: tried.at(-1) })
      const isGiven = settings.packetSize !== undefined
      if (isGiven || isTriggered || (await camera.packetSizeProof(PROOF_MS)) !== 'lost') return
      tried.push(packetSize)
      await this.#unstream()
      if (packetSizes(undefined, packetSize).length === 0) throw packetSizeFault(camera.address, tried)
    }
  }

  async #stream(settings: StreamSettings): Promise<StreamStatistics> {
    const { port1, port2 } = new MessageChannel()
    const reader = new FrameReader(port1, settings.payloadBytes, () => this.#stoppedFault())
    this.#reader = reader
    try {
      const statistics = await this.#camera.startStream(settings, port2)
      try {
        await this.#camera.startAcquisition()
      } catch (error) {
        await this.#camera.stopStream()
        throw error
      }
      return statistics
    } catch (error) {
      reader.end()
      throw error
    }
  }

  async #unstream(): Promise<void> {
    try {
      await this.#camera.stopAcquisition()
    } catch (error) {
      // One that is gone needs no stopping.
      if (!GONE.some((code) => hasCode(error, code))) throw error
    } finally {
      this.#final = await this.#camera.stopStream()
      this.#reader!.end()
    }
  }

  async #stop(): Promise<AcquisitionStatistics> {
    await this.started
    clearTimeout(this.#watch)
    try {
      await this.#unstream()
    } finally {
      acquiring.delete(this.#camera)
    }
    return this.statistics()
  }

  #expectPackets(waitedMs: number): void {
    if (waitedMs === Number.POSITIVE_INFINITY) return
    this.#watch = setTimeout(async () => {
      const statistics = await this.#camera.streamStatistics().catch(() => undefined)
      if (statistics?.packets === 0)
        this.#reader!.end(noStreamFault(this.#camera.address, statistics, waitedMs))
    }, waitedMs)
    this.#watch.unref()
  }

  #stoppedFault() {
    const { address } = this.#camera
    return new FramewireError(
      'gige/closed',
      `The acquisition of the camera at ${address} was stopped. Begin another one to read frames.`,
      { address },
    )
  }
}

/** Acquire `count` frames. Rejects as `readFrame`, and with `gige/no-frame` where one does not come in time. */
export async function acquire(
  camera: StreamingCamera,
  count: number,
  { timeoutMs = FRAME_TIMEOUT_MS, signal, ...options }: AcquireOptions = {},
): Promise<GigeFrame[]> {
  const acquisition = new Acquisition(camera, options)
  try {
    const frames: GigeFrame[] = []
    while (frames.length < count) {
      const frame = await acquisition.readFrame({ timeoutMs, signal })
      if (!frame) throw noFrameFault(camera.address, timeoutMs, await acquisition.statistics())
      frames.push(frame)
    }
    return frames
  } finally {
    await acquisition[Symbol.asyncDispose]()
  }
}

/** Frames of an acquisition that lasts as long as the loop over them. */
export async function* acquiredFrames(
  camera: StreamingCamera,
  { latest, signal, ...options }: FramesOptions = {},
): AsyncGenerator<GigeFrame, void, void> {
  const acquisition = new Acquisition(camera, options)
  try {
    yield* acquisition.frames({ latest, signal })
  } finally {
    await acquisition[Symbol.asyncDispose]()
  }
}

function noStreamFault(address: string, { port }: StreamStatistics, waitedMs: number) {
  return new FramewireError(
    'gige/no-stream',
    `The camera at ${address} was started, but not one packet of its stream came within ${waitedMs} ms. Admit UDP from ` +
      `the camera at this host's firewall (now to port ${port}). If it waits for a trigger, trigger it; if a switch between may not carry its ` +
      'packets, give a smaller packetSize.',
    { address, port, waitedMs },
  )
}

/** No frame came in time; or, where not one packet did, `gige/no-stream`. */
export function noFrameFault(address: string, waitedMs: number, statistics: AcquisitionStatistics) {
  const { packets, complete, incomplete, queueFull } = statistics
  if (packets === 0) return noStreamFault(address, statistics, waitedMs)
  return new FramewireError(
    'gige/no-frame',
    `No whole frame of the camera at ${address} came within ${waitedMs} ms (${complete} whole, ${incomplete} incomplete so ` +
      'far). Where frames are incomplete, give a larger packetDelayNs or a smaller packetSize; where none is sent, look ' +
      'at its trigger and its frame rate.',
    { address, waitedMs, complete, incomplete, queueFull },
  )
}
