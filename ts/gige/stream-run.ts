import { hasCode } from '../errors.js'
import type { LiveOrder } from '../packing/live.js'
import type { PacketSizeProof } from './capture/stream-session.js'
import { FrameReader, type MakeFrame } from './frame-reader.js'
import { packetSizeFault, packetSizes } from './packet-size.js'
import type { StreamStatistics } from './statistics.js'
import { noStreamFault, stoppedFault } from './stream-faults.js'
import type { StreamSettings } from './stream-options.js'

/** What acquisitions and streams need of a camera whose frames are `F`. */
export interface StreamingCamera<F extends Disposable = Disposable> {
  readonly address: string
  /** What makes its frames: in the capture worker, by name, and of that here. */
  readonly maker: string
  readonly make: MakeFrame<F>
  /** Rows above the pixels. */
  readonly headerRows: number
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
  /** How often it was lost and came back. */
  readonly returns: number
  /**
   * Resolves when it has come back more than `returns` times, and is stopped: it may have gone on without this host.
   * Undefined where it is not looked for.
   */
  comeBack(returns: number): Promise<void> | undefined
}

/** How long a camera that was started may send nothing, in ms, where nothing else is said. */
export const FIRST_PACKET_TIMEOUT_MS = 5000
/** How long the first frame is waited for to prove a packet size, in ms; a slower camera goes unproved. */
const PROOF_MS = 1000
/** What says that a camera is not there any more. */
const GONE = ['gige/control-lost', 'gige/no-answer', 'gige/closed'] as const

/** A camera that streams to a reader, from its start to its stop, or until it is lost. */
export class StreamRun<F extends Disposable> {
  readonly #camera: StreamingCamera<F>
  readonly #settings: StreamSettings
  /** The capture worker's end of the reader's port. */
  readonly #port: MessagePort
  readonly reader: FrameReader<F>
  /** How often the camera had come back when this began. */
  readonly returns: number
  #watch: NodeJS.Timeout | undefined
  /** Why nothing more will be read. */
  #ended: { error: unknown } | undefined
  #final: StreamStatistics | undefined

  /**
   * Start the camera; where frames of the packet size that was found do not get through, with smaller packets.
   * `firstPacketTimeoutMs`: how long it may send nothing. `onEnd` is called once, when nothing more will be read, with why.
   */
  static async start<F extends Disposable>(
    camera: StreamingCamera<F>,
    settings: StreamSettings,
    firstPacketTimeoutMs: number,
    onEnd: (error: unknown) => void,
  ): Promise<StreamRun<F>> {
    const isTriggered = await camera.isTriggered()
    const needsProof = settings.packetSize === undefined && !isTriggered
    const tried: number[] = []
    for (;;) {
      const run = new StreamRun(camera, { ...settings, packetSizeBelow: tried.at(-1) }, onEnd)
      const { packetSize } = await run.#begin()
      if (await run.#getsThrough(needsProof)) {
        if (!isTriggered) run.#expectPackets(firstPacketTimeoutMs)
        return run
      }
      tried.push(packetSize)
      await run.stop()
      if (packetSizes(undefined, packetSize).length === 0) throw packetSizeFault(camera.address, tried)
    }
  }

  private constructor(camera: StreamingCamera<F>, settings: StreamSettings, onEnd: (error: unknown) => void) {
    this.#camera = camera
    this.#settings = settings
    this.returns = camera.returns
    const { port1, port2 } = new MessageChannel()
    this.#port = port2
    this.reader = new FrameReader(
      port1,
      settings.payloadBytes,
      camera.make,
      () => stoppedFault(camera.address),
      (error) => {
        this.#ended = { error }
        onEnd(error)
      },
    )
  }

  /** Counts so far; in all, once it has ended. */
  async statistics(): Promise<StreamStatistics> {
    return this.#final ?? this.#camera.streamStatistics()
  }

  /** The camera was lost, and with it the stream: keep its counts. */
  async conclude(): Promise<void> {
    clearTimeout(this.#watch)
    this.#final = await this.#camera.streamStatistics()
  }

  /** Stop the camera. Frames that wait are given up. */
  async stop(): Promise<void> {
    clearTimeout(this.#watch)
    try {
      await this.#camera.stopAcquisition()
    } catch (error) {
      // One that is gone needs no stopping.
      if (!GONE.some((code) => hasCode(error, code))) throw error
    } finally {
      await this.#stopStream()
    }
  }

  async #stopStream(): Promise<void> {
    try {
      this.#final = await this.#camera.stopStream()
    } finally {
      this.reader.end()
    }
  }

  async #begin(): Promise<StreamStatistics> {
    try {
      const statistics = await this.#camera.startStream(this.#settings, this.#port)
      try {
        await this.#camera.startAcquisition()
      } catch (error) {
        await this.#camera.stopStream()
        throw error
      }
      return statistics
    } catch (error) {
      this.reader.end()
      throw error
    }
  }

  /** Whether frames do, with this packet size. Where the stream has ended by now, stops and throws why. */
  async #getsThrough(needsProof: boolean): Promise<boolean> {
    try {
      const proof = needsProof ? await this.#camera.packetSizeProof(PROOF_MS) : 'unknown'
      // Where the reader is told later than we are, the camera is lost behind its start, as at any time.
      if (this.#ended) throw this.#ended.error
      return proof !== 'lost'
    } catch (error) {
      await this.stop().catch(() => {})
      throw error
    }
  }

  #expectPackets(waitedMs: number): void {
    if (waitedMs === Number.POSITIVE_INFINITY) return
    this.#watch = setTimeout(async () => {
      const statistics = await this.#camera.streamStatistics().catch(() => undefined)
      if (statistics?.packets === 0) {
        this.reader.end(noStreamFault(this.#camera.address, statistics, waitedMs))
      }
    }, waitedMs)
    this.#watch.unref()
  }
}
