import { PendingAnswers } from '../core/pending-answers.js'
import { startThread, type Thread, transferred, type WorkerFiles } from '../core/thread.js'
import { nodeThreads } from '../core/threads-node.js'
import { fromWire } from '../core/wire-error.js'
import type { Features } from '../genicam/features.js'
import { loadFeatures } from '../genicam/load.js'
import type { GigeVision } from '../gige-vision/gige-vision.js'
import type { LiveSource } from '../streaming/live-source.js'
import {
  type AcquireOptions,
  Acquisition,
  type AcquisitionOptions,
  acquire,
  acquiredFrames,
  type FramesOptions,
} from './acquisition.js'
import type { CaptureEvent, CaptureStage } from './capture/stage.js'
import { type DescriptionBytes, type DescriptionOptions, readDescription } from './description.js'
import { closedFault, lostFault, optionFault } from './faults.js'
import { type GigeFrame, IMAGES } from './frame.js'
import { GigeLiveSource, type LiveOptions } from './live-source.js'
import { type GigeWasm, gigeVision, hostNetwork } from './network.js'
import type { Registers } from './registers.js'
import { type ReachableCamera, type SelectionOptions, selectCamera } from './selection.js'
import { StandardFeatures } from './standard-features.js'
import type { StreamingCamera } from './stream-run.js'
import { type AcquiringCamera, type FrameKind, streamingCamera } from './streaming-camera.js'

/** How a camera is opened. */
export interface OpenCameraOptions
  extends SelectionOptions,
    DescriptionOptions,
    GigeWasm,
    Pick<WorkerFiles, 'workerUrl'> {
  /** After how many ms without a word of this host the camera lets go of it; default 3000, at least 500. */
  heartbeatTimeoutMs?: number
  /**
   * Look for the camera when it was lost (unplugged, switched off and on), and take control of it again. Its settings
   * may be its default ones then. Default false.
   */
  reconnect?: boolean
  /** URL of `genicam_wasm_bg.wasm`, when it was moved away from the library. */
  genicamWasmUrl?: string | URL
}

/** {@link OpenCameraOptions} with their defaults. */
type ControlledCameraOptions = OpenCameraOptions &
  Required<Pick<OpenCameraOptions, 'heartbeatTimeoutMs' | 'reconnect'>>

/** What a `reconnected` event tells. */
export interface Reconnected {
  /** The camera's IPv4 address now. */
  address: string
  /** From when control was last certain until it was taken again, in ms. */
  gapMs: number
}

const [LEAST_HEARTBEAT_MS, MOST_HEARTBEAT_MS] = [500, 2 ** 32 - 1]

/**
 * Open a camera and take control of it: by serial number, user-given name, IP or hardware address, or the first that
 * answers. Rejects with `gige/not-found` (says what there is, and what to do about a camera in a foreign subnet),
 * `gige/control-denied`, `gige/no-answer`, `gige/option`, `datagrams/...`, `core/load`.
 */
export async function openCamera(selector?: string, options: OpenCameraOptions = {}): Promise<GigeCamera> {
  const { heartbeatTimeoutMs = 3000, reconnect = false } = options
  if (!(heartbeatTimeoutMs >= LEAST_HEARTBEAT_MS && heartbeatTimeoutMs <= MOST_HEARTBEAT_MS)) {
    throw optionFault('heartbeatTimeoutMs', heartbeatTimeoutMs, `${LEAST_HEARTBEAT_MS} ms or more`)
  }
  const found = await selectCamera(await hostNetwork(options), selector, options)
  return GigeCamera.open(found, { ...options, heartbeatTimeoutMs, reconnect })
}

/**
 * A camera under control of this host. Its control channel and heartbeat run in a worker: a busy main thread does not
 * lose it. It does not keep the process alive, but while it is looked for.
 *
 * Events: `lost` (a `CustomEvent` with the `gige/control-lost` as its detail) and `reconnected` (with {@link Reconnected}).
 */
export class GigeCamera extends StandardFeatures implements Registers {
  /** Who the camera is, and where it was found. */
  readonly identity: ReachableCamera
  readonly #thread: Thread<CaptureStage>
  readonly #options: ControlledCameraOptions
  readonly #events: MessagePort
  readonly #streaming: StreamingCamera<GigeFrame>
  readonly #answers = new PendingAnswers()
  #address: string
  #description: Promise<DescriptionBytes> | undefined
  #features: Promise<Features> | undefined
  #closing: Promise<void> | undefined

  /** Use {@link openCamera}. */
  static async open(found: ReachableCamera, options: ControlledCameraOptions): Promise<GigeCamera> {
    const threads = nodeThreads(options)
    const thread = await startThread<CaptureStage>(threads, 'capture')
    const { port1, port2 } = new MessageChannel()
    const camera = new GigeCamera(found, thread, port1, options)
    threads.keepPortAlive(port1, false)
    try {
      await camera.#takeControl(port2)
      return camera
    } catch (error) {
      await camera.close()
      throw error
    }
  }

  private constructor(
    identity: ReachableCamera,
    thread: Thread<CaptureStage>,
    events: MessagePort,
    options: ControlledCameraOptions,
  ) {
    super()
    this.identity = identity
    this.#thread = thread
    this.#options = options
    this.#events = events
    this.#streaming = this.streaming(this, IMAGES)
    this.#address = identity.address
    thread.lost.then((reason) => {
      const error = lostFault(this.#address, 'its worker ended', reason)
      this.#answers.end(error)
      this.#tell('lost', error)
    })
    events.onmessage = ({ data }) => this.#happened(data as CaptureEvent)
  }

  /** The camera's IPv4 address: another one than `identity` says where it came back with another. */
  get address(): string {
    return this.#address
  }

  readRegister(address: number): Promise<number> {
    return this.#command((stage) => stage.readRegister(address))
  }

  /** Many registers, with few packets where the camera can. */
  readRegisters(addresses: readonly number[]): Promise<number[]> {
    return this.#command((stage) => stage.readRegisters(addresses))
  }

  /** A 32-bit register. Rejects with `gige/refused` where the camera will not. */
  writeRegister(address: number, value: number): Promise<void> {
    return this.#command((stage) => stage.writeRegister(address, value))
  }

  readMemory(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#command((stage) => stage.readMemory(address, bytes))
  }

  /** Any number of bytes. Rejects as {@link writeRegister}. */
  writeMemory(address: number, data: Uint8Array): Promise<void> {
    return this.#command((stage) => stage.writeMemory(address, data))
  }

  /** The GenICam description of its features as it lies there: XML, or a zip with it. Rejects with `genicam/description`. */
  description(): Promise<DescriptionBytes> {
    this.#description ??= this.#readDescription().catch((error) => {
      this.#description = undefined
      throw error
    })
    return this.#description
  }

  override features(): Promise<Features> {
    this.#features ??= this.#loadFeatures().catch((error) => {
      this.#features = undefined
      throw error
    })
    return this.#features
  }

  /**
   * Acquire from now on, until the acquisition is stopped: `await using acquisition = camera.acquisition()`. One at a
   * time. What goes wrong is thrown by what is done with it.
   */
  acquisition(options: AcquisitionOptions = {}): Acquisition {
    return new Acquisition(this.#streaming, options)
  }

  /** One frame. Rejects as {@link acquire}. */
  async grab(options: AcquireOptions = {}): Promise<GigeFrame> {
    const [frame] = await this.acquire(1, options)
    return frame!
  }

  /**
   * So many frames, one after the other. Rejects with `gige/no-stream` where the camera sends nothing at all,
   * `gige/no-frame` where a frame does not come in time, `gige/control-lost`, `gige/acquiring`, `stream/aborted`.
   */
  acquire(count: number, options: AcquireOptions = {}): Promise<GigeFrame[]> {
    return acquire(this.#streaming, count, options)
  }

  /** Frames for as long as the loop over them lasts. Throws as {@link acquire}. */
  frames(options: FramesOptions = {}): AsyncGenerator<GigeFrame, void, void> {
    return acquiredFrames(this.#streaming, options)
  }

  /** The camera as `RHEEDStreamer.attach` takes it, where it is to stream with options. */
  live(options: LiveOptions = {}): LiveSource {
    const { model, serialNumber } = this.identity
    return new GigeLiveSource(`${model} ${serialNumber || this.#address}`, this, this.#streaming, options)
  }

  /**
   * How frames of another kind come from this camera.
   * @internal
   */
  streaming<F extends Disposable>(camera: AcquiringCamera, frames: FrameKind<F>): StreamingCamera<F> {
    return streamingCamera(camera, frames, (run) => this.#command(run), this.#options.reconnect)
  }

  /**
   * The module that the camera's packets are read with.
   * @internal
   */
  gigeVision(): Promise<GigeVision> {
    return gigeVision(this.#options)
  }

  /** Give the camera back. Closing it again does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #takeControl(events: MessagePort): Promise<void> {
    const { mac, serialNumber, address, interfaceIp, interfaceName } = this.identity
    const { heartbeatTimeoutMs, reconnect } = this.#options
    const order = {
      place: { address, interfaceIp, interfaceName },
      identity: { mac, serialNumber },
      heartbeatTimeoutMs: Math.round(heartbeatTimeoutMs),
      reconnect,
    }
    return this.#command((stage) => stage.open(order, transferred(events)))
  }

  async #readDescription(): Promise<DescriptionBytes> {
    return readDescription(await gigeVision(this.#options), this, this.#options)
  }

  async #loadFeatures(): Promise<Features> {
    const { source, bytes } = await this.description()
    const { genicamWasmUrl } = this.#options
    const wasmUrl = genicamWasmUrl && String(genicamWasmUrl)
    return loadFeatures({ xml: bytes, registers: this, source, wasmUrl })
  }

  async #command<T>(run: (stage: Thread<CaptureStage>['commands']) => Promise<T>): Promise<T> {
    if (this.#closing) throw closedFault(this.#address)
    return this.#answers.of(run(this.#thread.commands))
  }

  #happened(event: CaptureEvent): void {
    if (event.kind === 'lost') {
      if (this.#options.reconnect) this.#thread.keepAlive(true)
      this.#tell('lost', fromWire(event.error))
      return
    }
    const { address, gapMs } = event
    this.#address = address
    this.#thread.keepAlive(false)
    // What it was set to before may be gone.
    this.#features?.then((features) => features.forget()).catch(() => {})
    this.#tell('reconnected', { address, gapMs } satisfies Reconnected)
  }

  #tell(kind: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(kind, { detail }))
  }

  async #close(): Promise<void> {
    await this.#answers.of(this.#thread.commands.close()).catch(() => {})
    this.#events.close()
    await this.#thread.terminate()
    this.#answers.end(closedFault(this.#address))
  }
}
