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
import type { DescriptionFile } from './description-file.js'
import type { Device, DeviceActions } from './device.js'
import { identityOf } from './identity.js'
import { type CheckedOptions, packetFaultsSchema } from './options.js'
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

/** A simulated camera at work. */
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

/** What a camera of some kind is of its own. */
export interface CameraKind<D extends Device> {
  manufacturer: string
  description: DescriptionFile
  /** Lay out its own registers. */
  device(parts: DeviceParts): D
}

/** What a device is made of. */
export interface DeviceParts {
  map: RegisterMap
  chance: Chance
  actions: DeviceActions
}

/** Switch a simulated camera on. Throws `simulator/option`, `datagrams/open` and `core/load`. */
export async function switchOn<D extends Device>(
  options: CheckedOptions,
  kind: CameraKind<D>,
): Promise<SimulatedCamera<D>> {
  const datagrams = options.datagrams ?? nodeDatagrams()
  const gigeVision = await loadGigeVision(options.files?.wasmUrl?.toString())
  let sockets: SimulatorSockets | undefined
  try {
    await refuseTaken(datagrams, gigeVision.gvcp, options.address)
    sockets = await openSockets(datagrams, options)
    const identity = identityOf(options, datagrams, kind.manufacturer)
    return new SimulatedCamera(options, identity, gigeVision, sockets, kind)
  } catch (error) {
    await sockets?.close()
    throw error
  }
}

/** A simulated camera: its control channel, its stream, and what it is beside. */
export class SimulatedCamera<D extends Device> implements GigeSimulator {
  readonly ended: Promise<void>
  readonly device: D
  readonly #options: CheckedOptions
  readonly #sockets: SimulatorSockets
  readonly #map = new RegisterMap()
  readonly #clock: CameraClock
  readonly #sender: Sender
  readonly #control: ControlChannel
  readonly #stream: StreamChannel
  readonly #identity: DeviceIdentity
  readonly #batch = makeBatch(64, COMMAND_BYTES)
  #replies: { bytes: Uint8Array; to: Endpoint; atMs: number }[] = []
  #nowMs = performance.now()
  #restarts = 0
  #gone: { untilMs: number } | undefined
  /** A host had it reset; it is told so before. */
  #isResetDue = false
  #streamingSinceMs: number | undefined
  #closing = false
  #records: FrameRecord[] | undefined

  constructor(
    options: CheckedOptions,
    identity: DeviceIdentity,
    { gvcp, sender }: GigeVision,
    sockets: SimulatorSockets,
    kind: CameraKind<D>,
  ) {
    this.#options = options
    this.#sockets = sockets
    this.#identity = identity
    this.#clock = new CameraClock(() => performance.now(), options.faults.clockDriftPpm)
    this.#sender = sender({
      seed: BigInt(options.seed),
      ringBlocks: options.ringFrames,
      recordFrames: options.recordFrames,
      faults: packetFaultsSchema.parse(options.faults),
      hostile: options.hostile,
      resendStatus: options.resendStatus,
      firstId: BigInt(options.firstBlockId),
      extendedIds: options.extendedIds,
      idsGoOn: options.blockIdsGoOn,
      slots: SLOTS,
    })
    const map = this.#map
    const { resends, extendedIds } = options
    layBootstrap(map, gvcp, this.#clock, {
      identity: this.#identity,
      description: kind.description,
      resends,
      extendedIds,
    })
    const chance = new Chance(options.seed)
    this.device = kind.device({
      map,
      chance,
      actions: {
        start: () => this.#stream.cut(),
        trigger: () => this.#stream.trigger(),
        reset: () => {
          this.#isResetDue = true
        },
        hang: () => this.#hang(),
      },
    })
    this.#stream = new StreamChannel({
      map,
      sender: this.#sender,
      device: this.device,
      sockets: sockets.stream,
      clock: this.#clock,
      chance,
      options,
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
    this.#isResetDue = false
    this.#gone = { untilMs: performance.now() + RESTART_MS }
    this.#replies = []
    this.#control.release()
    this.device.load()
    this.#stream.reset()
    this.#map.set(Bootstrap.heartbeatTimeout, 3000)
    this.#map.set(Bootstrap.gvcpConfiguration, 0)
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
      await this.device.close()
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

  /** Restart where a host wants it, and in the middle of a stream where that is a fault. */
  #watch(): void {
    if (this.#isResetDue) this.restart()
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
    this.device.released()
    this.#map.set(streamChannel(0).port, 0)
    this.#stream.cut()
  }

  /** It does nothing any more until it is switched off and on again. */
  #hang(): void {
    this.#gone = { untilMs: Infinity }
    this.#replies = []
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
