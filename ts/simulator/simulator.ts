import { setTimeout as sleep } from 'node:timers/promises'
import { makeBatch, packetAt } from '../datagrams/batch.js'
import type { DatagramSocket, Endpoint } from '../datagrams/datagrams.js'
import { addressNumber, addressText } from '../datagrams/ipv4.js'
import { nodeDatagrams } from '../datagrams/open-node.js'
import { Bootstrap, streamChannel } from '../gige-vision/bootstrap.js'
import type { GigeVision } from '../gige-vision/gige-vision.js'
import type { DeviceIdentity } from '../gige-vision/gvcp.js'
import { loadGigeVision } from '../gige-vision/load.js'
import type { FrameRecord, Sender } from '../gige-vision/sender.js'
import { layBootstrap } from './bootstrap.js'
import { Chance } from './chance.js'
import { CameraClock } from './clock.js'
import { ControlChannel, type ControlCounts } from './control.js'
import { description } from './description.js'
import { Features } from './features.js'
import { identityOf } from './identity.js'
import { type CheckedOptions, checkOptions, type GigeSimulatorOptions } from './options.js'
import { PIXEL_FORMATS } from './pixel-formats.js'
import { Playback } from './playback.js'
import { RegisterMap } from './register-map.js'
import { openSockets, refuseTaken, type SimulatorSockets } from './sockets.js'
import { SLOTS, StreamChannel, type StreamCounts } from './stream.js'

/** How often a simulated camera looks at its sockets, in ms. */
const TICK_MS = 1
/** How long a camera that restarts is gone, in ms. */
const RESTART_MS = 1000
/** Room for a command. */
const COMMAND_BYTES = 2048
const EVERYBODY = '255.255.255.255'

/** What happened so far. */
export interface SimulatorStatistics extends ControlCounts, StreamCounts {
  restarts: number
}

/** A simulated GigE Vision camera at work. */
export interface GigeSimulator extends AsyncDisposable {
  readonly address: string
  readonly serial: string
  /** The host in control. */
  readonly controller: Endpoint | undefined
  readonly isStreaming: boolean
  readonly statistics: SimulatorStatistics
  /** What became of each frame's packets, in order of their running numbers; the newest `recordFrames` of them. */
  records(): FrameRecord[]
  /** Switch it off and, a second later, on again. */
  restart(): void
  /** Resolves when it was closed; rejects with what it broke on. */
  readonly ended: Promise<void>
  /** Switch it off. Rejects with what it broke on before. */
  close(): Promise<void>
}

/**
 * Switch a simulated GigE Vision camera on: any host discovers, controls and receives from it as from a real one. It
 * shows {@link patternWord} or a recording, and has faults that follow from a seed.
 *
 * Throws `simulator/option` (also where another camera has the address), `datagrams/open` (no such address), `core/load`,
 * and as `openPath`.
 */
export async function createGigeSimulator(options: GigeSimulatorOptions = {}): Promise<GigeSimulator> {
  const checked = checkOptions(options)
  const datagrams = checked.datagrams ?? nodeDatagrams()
  const gigeVision = await loadGigeVision(checked.files?.wasmUrl?.toString())
  const playback = checked.source === 'pattern' ? undefined : await Playback.open(checked.source)
  let sockets: SimulatorSockets | undefined
  try {
    await refuseTaken(datagrams, gigeVision.gvcp, checked.address)
    sockets = await openSockets(datagrams, checked)
    return new Simulator(checked, identityOf(checked, datagrams), gigeVision, sockets, playback)
  } catch (error) {
    await sockets?.close()
    await playback?.close()
    throw error
  }
}

class Simulator implements GigeSimulator {
  readonly ended: Promise<void>
  readonly #options: CheckedOptions
  readonly #sockets: SimulatorSockets
  readonly #playback: Playback | undefined
  readonly #map = new RegisterMap()
  readonly #clock: CameraClock
  readonly #sender: Sender
  readonly #features: Features
  readonly #control: ControlChannel
  readonly #stream: StreamChannel
  readonly #identity: DeviceIdentity
  readonly #batch = makeBatch(64, COMMAND_BYTES)
  #replies: { bytes: Uint8Array; to: Endpoint; atMs: number }[] = []
  #nowMs = performance.now()
  #restarts = 0
  #gone: { untilMs: number } | undefined
  #streamingSinceMs: number | undefined
  #closing = false
  #records: FrameRecord[] | undefined

  constructor(
    options: CheckedOptions,
    identity: DeviceIdentity,
    { gvcp, sender }: GigeVision,
    sockets: SimulatorSockets,
    playback: Playback | undefined,
  ) {
    this.#options = options
    this.#sockets = sockets
    this.#playback = playback
    this.#identity = identity
    this.#clock = new CameraClock(() => performance.now(), options.faults.clockDriftPpm)
    const { jitterMs, resendDelayMs, ackLoss, slow, slowMs, pendingAck, controlDenied, ...rest } =
      options.faults
    const { clockDriftPpm, restartAfterMs, ...faults } = rest
    this.#sender = sender({
      seed: BigInt(options.seed),
      ringBlocks: options.ringFrames,
      recordFrames: options.recordFrames,
      faults,
      hostile: options.hostile,
      resendStatus: options.resendStatus,
      firstId: BigInt(options.firstBlockId),
      extendedIds: options.extendedIds,
      idsGoOn: options.blockIdsGoOn,
      slots: SLOTS,
    })
    const map = this.#map
    const { resends, extendedIds } = options
    const file = description(options.zipDescription)
    layBootstrap(map, gvcp, this.#clock, {
      identity: this.#identity,
      description: file,
      resends,
      extendedIds,
    })
    const chance = new Chance(options.seed)
    const initial = {
      width: playback?.width ?? options.width ?? 640,
      height: playback?.height ?? options.height ?? 480,
      pixelFormat: PIXEL_FORMATS[playback?.pixelFormat ?? options.pixelFormat ?? 'Mono8'],
      fps: options.fps,
      recorded: playback !== undefined,
    }
    this.#features = new Features(map, initial, {
      start: () => this.#stream.cut(),
      trigger: () => this.#stream.trigger(),
      reset: () => this.restart(),
    })
    this.#stream = new StreamChannel({
      map,
      sender: this.#sender,
      features: this.#features,
      sockets: sockets.stream,
      clock: this.#clock,
      chance,
      options,
      playback,
    })
    this.#control = new ControlChannel(gvcp, map, options.faults, chance, {
      identity: () => this.#identityNow(),
      forceIp: (command) => this.#forceIp(command.address, command.netmask, command.gateway),
      resend: (request) => this.#stream.resend(request, this.#nowMs),
      released: () => this.#released(),
    })
    this.ended = this.#run()
    // Whoever closes it is told.
    this.ended.catch(() => {})
  }

  get address(): string {
    return this.#identityNow().address
  }

  get serial(): string {
    return this.#options.serial
  }

  get controller(): Endpoint | undefined {
    return this.#control.controller
  }

  get isStreaming(): boolean {
    return this.#stream.isStreaming
  }

  get statistics(): SimulatorStatistics {
    return { ...this.#control.counts, ...this.#stream.counts, restarts: this.#restarts }
  }

  records(): FrameRecord[] {
    return this.#records ?? this.#sender.records()
  }

  restart(): void {
    this.#restarts++
    this.#gone = { untilMs: performance.now() + RESTART_MS }
    this.#replies = []
    this.#control.release()
    this.#features.load()
    this.#stream.reset()
    this.#map.set(Bootstrap.heartbeatTimeout, 3000)
    this.#clock.control(1)
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closing) {
        this.#nowMs = performance.now()
        this.#hear(this.#sockets.control, false)
        if (this.#sockets.broadcast) this.#hear(this.#sockets.broadcast, true)
        if (this.#gone && this.#nowMs >= this.#gone.untilMs) this.#gone = undefined
        this.#control.expire(this.#nowMs)
        this.#answer()
        await this.#stream.tick(this.#nowMs)
        this.#watch()
        await sleep(TICK_MS)
      }
    } finally {
      this.#closing = true
      this.#records = this.#sender.records()
      this.#sender.free()
      await this.#playback?.close()
      await this.#sockets.close()
    }
  }

  #hear(socket: DatagramSocket, broadcast: boolean): void {
    const count = socket.receive(this.#batch)
    for (let slot = 0; slot < count && !this.#gone; slot++) {
      const { bytes, from } = packetAt(this.#batch, slot)
      for (const reply of this.#control.handle(bytes, from, this.#nowMs, broadcast)) {
        const to = reply.broadcast ? { address: EVERYBODY, port: from.port } : from
        this.#replies.push({ bytes: reply.bytes, to, atMs: this.#nowMs + reply.afterMs })
      }
    }
  }

  #answer(): void {
    const due = this.#replies.filter(({ atMs }) => atMs <= this.#nowMs)
    if (due.length === 0) return
    this.#replies = this.#replies.filter(({ atMs }) => atMs > this.#nowMs)
    // A host that cannot be reached hears nothing, as with a real camera.
    for (const { bytes, to } of due) void this.#sockets.control.send(bytes, to).catch(() => {})
  }

  /** Restart in the middle of a stream, where that is a fault. */
  #watch(): void {
    const { restartAfterMs } = this.#options.faults
    if (restartAfterMs === undefined) return
    if (!this.#stream.isStreaming) {
      this.#streamingSinceMs = undefined
      return
    }
    this.#streamingSinceMs ??= this.#nowMs
    if (this.#nowMs - this.#streamingSinceMs >= restartAfterMs) this.restart()
  }

  /** Nobody is in control: the stream ends at once. */
  #released(): void {
    this.#features.acquiring = false
    this.#map.set(streamChannel(0).port, 0)
    this.#stream.cut()
  }

  /** Take another address; where this host has it, the camera is there from now on. */
  #forceIp(address: string, netmask: string, gateway: string): void {
    this.#map.set(Bootstrap.currentIp, addressNumber(address))
    this.#map.set(Bootstrap.currentSubnetMask, addressNumber(netmask))
    this.#map.set(Bootstrap.currentGateway, addressNumber(gateway))
    void this.#sockets.move(address).catch(() => {})
  }

  #identityNow(): DeviceIdentity {
    const text = this.#map.read(Bootstrap.userDefinedName, 16) as Uint8Array
    const end = text.indexOf(0)
    return {
      ...this.#identity,
      address: addressText(this.#map.word(Bootstrap.currentIp)),
      netmask: addressText(this.#map.word(Bootstrap.currentSubnetMask)),
      gateway: addressText(this.#map.word(Bootstrap.currentGateway)),
      userName: new TextDecoder().decode(end < 0 ? text : text.subarray(0, end)),
    }
  }
}
