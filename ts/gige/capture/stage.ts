import { toWire, type WireError } from '../../core/wire-error.js'
import type { Datagrams } from '../../datagrams/datagrams.js'
import { nodeDatagrams } from '../../datagrams/open-node.js'
import { isFramewireError } from '../../errors.js'
import type { GigeVision } from '../../gige-vision/gige-vision.js'
import type { LiveOrder } from '../../packing/live.js'
import { sleep, systemClock } from '../../upload/clock.js'
import { findCameras } from '../discovery.js'
import type { Registers } from '../registers.js'
import type { StreamStatistics } from '../statistics.js'
import type { StreamSettings } from '../stream-options.js'
import { CameraStream } from './camera-stream.js'
import { Control, isDenied } from './control.js'
import { type CameraPlace, ControlChannel } from './control-channel.js'
import { ImageMaker } from './image-maker.js'
import type { FrameMakers } from './outlet.js'
import type { PacketSizeProof } from './stream-session.js'

/** Which camera a capture worker shall hold, and how. */
export interface CaptureOptions {
  place: CameraPlace
  /** By which it is known again, whatever its address is then. */
  identity: { mac: string; serialNumber: string }
  heartbeatTimeoutMs: number
  /** Look for the camera when it was lost, until it is there again. */
  reconnect: boolean
}

/** What a stage is made with. */
export interface StageParts {
  makers?: FrameMakers
  datagrams?: Datagrams
}

const imageMaker = ({ pixels }: GigeVision, { byteOrder }: StreamSettings) =>
  new ImageMaker(pixels, byteOrder)

/** What a capture worker tells on its port of events. */
export type CaptureEvent =
  | { kind: 'lost'; error: WireError }
  /** It is controlled again, `gapMs` after that was last certain, at `address`. */
  | { kind: 'reconnected'; address: string; gapMs: number }

/** How long one look for a lost camera lasts, and how long after it the next begins, in ms. */
const LOOK_MS = 1000
const BETWEEN_LOOKS_MS = 500
/** Hardware address of simulated cameras that have none. */
const NO_MAC = '00:00:00:00:00:00'

/** The stage inside a capture worker: one camera's control channel, its heartbeat and its stream. */
export class CaptureStage implements Registers {
  readonly #gige: GigeVision
  readonly #datagrams: Datagrams
  readonly #stream: CameraStream
  #options: CaptureOptions | undefined
  #events: MessagePort | undefined
  #channel: ControlChannel | undefined
  #control: Control | undefined
  /** Why control was lost; undefined while it is held. */
  #loss: Error | undefined
  /** Ends the search for a lost camera. */
  readonly #closing = new AbortController()
  #search: Promise<void> = Promise.resolve()

  /** `makers`: what can be made of a camera's blocks beside images. */
  constructor(gige: GigeVision, { makers = {}, datagrams = nodeDatagrams() }: StageParts = {}) {
    this.#gige = gige
    this.#datagrams = datagrams
    this.#stream = new CameraStream(gige, datagrams, { image: imageMaker, ...makers })
  }

  /** Take control of the camera; what happens to it from now on is told on `events` ({@link CaptureEvent}). */
  async open(options: CaptureOptions, events: MessagePort): Promise<void> {
    this.#options = options
    this.#events = events
    this.#channel = await ControlChannel.open(this.#gige.gvcp, this.#datagrams, options.place)
    try {
      await this.#takeControl()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  readRegister(address: number): Promise<number> {
    return this.#open.readRegister(address)
  }

  readRegisters(addresses: readonly number[]): Promise<number[]> {
    return this.#open.readRegisters(addresses)
  }

  writeRegister(address: number, value: number): Promise<void> {
    return this.#inControl(this.#open.writeRegister(address, value))
  }

  readMemory(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#open.readMemory(address, bytes)
  }

  writeMemory(address: number, data: Uint8Array): Promise<void> {
    return this.#inControl(this.#open.writeMemory(address, data))
  }

  /** Take the camera's stream in, before its acquisition is started; frames leave by credit on `port`. */
  startStream(settings: StreamSettings, port: MessagePort): Promise<StreamStatistics> {
    return this.#stream.toReader(this.#open, settings, port)
  }

  /** Take the camera's stream in; frames leave for the packing workers that are named on `port`. */
  startPacking(settings: StreamSettings, order: LiveOrder, port: MessagePort): Promise<StreamStatistics> {
    return this.#stream.toPacking(this.#open, settings, port, order)
  }

  packetSizeProof(timeoutMs: number): Promise<PacketSizeProof> {
    return this.#stream.packetSizeProof(timeoutMs)
  }

  streamStatistics(): StreamStatistics {
    return this.#stream.statistics()
  }

  /** End the stream, behind the acquisition's end. Ending it again gives the same counts. */
  stopStream(): Promise<StreamStatistics> {
    return this.#stream.stop()
  }

  /** Give the camera back, whatever its stream ends with. Closing it again does nothing. */
  async close(): Promise<void> {
    this.#closing.abort()
    try {
      await this.#search
      await this.#stream.end()
    } finally {
      await this.#control?.release()
      await this.#channel?.close()
      this.#events?.close()
    }
  }

  get #open(): ControlChannel {
    return this.#channel!
  }

  async #takeControl(): Promise<void> {
    const { heartbeatTimeoutMs } = this.#options!
    const onLost = (error: Error) => this.#lost(error)
    this.#control = await Control.take(this.#open, { heartbeatTimeoutMs, onLost })
    this.#loss = undefined
  }

  /** A write is refused also because control was lost, and no heartbeat has told yet: then it rejects with that. */
  async #inControl(write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (error) {
      if (isDenied(error)) await this.#control?.confirm()
      throw isDenied(error) ? (this.#loss ?? error) : error
    }
  }

  #lost(error: Error): void {
    this.#loss = error
    this.#open.cut(error)
    this.#tell({ kind: 'lost', error: toWire(error) })
    // A stream that breaks has told its reader.
    const ended = this.#stream.end(error).catch(() => {})
    this.#search = ended.then(() => this.#findAgain(error))
  }

  async #findAgain(lost: Error): Promise<void> {
    if (!this.#options!.reconnect) return
    const since = this.#control!.certainAt
    const { signal } = this.#closing
    while (!signal.aborted && !(await this.#cameBack(lost))) {
      await sleep(systemClock, BETWEEN_LOOKS_MS, signal).catch(() => {})
    }
    if (signal.aborted) return
    const { address } = this.#open.place
    this.#tell({ kind: 'reconnected', address, gapMs: systemClock.now() - since })
  }

  /** Look for the camera once, and take control of it. */
  async #cameBack(lost: Error): Promise<boolean> {
    try {
      const place = await this.#find()
      if (!place) return false
      await this.#open.moveTo(place)
      await this.#takeControl()
      return true
    } catch (error) {
      // It went again, another host was faster, or the interface is away.
      if (!isFramewireError(error)) throw error
      this.#open.cut(lost)
      return false
    }
  }

  async #find(): Promise<CameraPlace | undefined> {
    const { place } = this.#open
    const { mac, serialNumber } = this.#options!.identity
    const isIt = (camera: { reachable: boolean; mac: string; serialNumber: string; address: string }) => {
      if (!camera.reachable) return false
      if (mac !== NO_MAC) return camera.mac === mac
      return serialNumber ? camera.serialNumber === serialNumber : camera.address === place.address
    }
    const found = await findCameras(
      { gvcp: this.#gige.gvcp, datagrams: this.#datagrams },
      {
        timeoutMs: LOOK_MS,
        interfaces: place.interfaceName === undefined ? [] : [place.interfaceName],
        addresses: [place.address],
      },
      isIt,
    )
    const camera = found.find(isIt)
    return (
      camera && { ...place, address: camera.address, interfaceIp: camera.interfaceIp ?? place.interfaceIp }
    )
  }

  #tell(event: CaptureEvent): void {
    this.#events?.postMessage(event)
  }
}
