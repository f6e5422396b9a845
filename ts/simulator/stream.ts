import { type Batch, PACKET_WORDS } from '../datagrams/batch.js'
import type { DatagramSocket, Endpoint } from '../datagrams/datagrams.js'
import { addressText } from '../datagrams/ipv4.js'
import { PacketSize, streamChannel } from '../gige-vision/bootstrap.js'
import type { Resend } from '../gige-vision/gvcp.js'
import type { Origin, Sender } from '../gige-vision/sender.js'
import type { Chance } from './chance.js'
import type { CameraClock } from './clock.js'
import type { Device } from './device.js'
import type { CheckedOptions } from './options.js'
import { Pacer } from './pacer.js'
import type { RegisterMap } from './register-map.js'

/** Packets that are written at once. */
export const SLOTS = 512
/** Frames that wait to be sent, at most, and ms that they may wait; the camera takes none beyond both. */
const MOST_WAITING = 8
const MOST_WAITING_MS = 100
/** The same where one is taken as soon as those before were sent. */
const MOST_AHEAD = 2
const FIRST_PACKET_SIZE = 1500
const LEAST_PACKET_SIZE = 64
/** Bytes of the IP and UDP headers, which count in the packet size. */
const IP_UDP_BYTES = 28

/** What happened on a stream channel. */
export interface StreamCounts {
  /** Sessions, from the first packet's turn to the end of it. */
  sessions: number
  /** Frames that were taken, those left out by `skipEvery` included. */
  frames: number
  /** Frames that were due and not taken, because those before were not sent yet. */
  overruns: number
  packets: number
  /** Of the packets, without IP and UDP headers. */
  bytes: number
  /** Packets that the system refused to send. */
  unsent: number
  testPackets: number
  resendRequests: number
  /** Packets that were asked for again and sent again. */
  resentPackets: number
  /** Packets that were asked for again before they were sent once. */
  prematureResends: number
  /** Packets that were asked for again when they were gone. */
  unavailable: number
}

/** Sockets of a stream channel. */
export interface StreamSockets {
  camera: DatagramSocket
  /** One that never cuts packets, for test packets. */
  uncut: DatagramSocket
  /** Somebody else's. */
  stranger: DatagramSocket
}

/** Stream channel 0 of a camera: frames at their times, packets at the pace of the link. */
export class StreamChannel {
  readonly counts: StreamCounts = {
    sessions: 0,
    frames: 0,
    overruns: 0,
    packets: 0,
    bytes: 0,
    unsent: 0,
    testPackets: 0,
    resendRequests: 0,
    resentPackets: 0,
    prematureResends: 0,
    unavailable: 0,
  }
  readonly #map: RegisterMap
  readonly #sender: Sender
  readonly #device: Device
  readonly #sockets: StreamSockets
  readonly #clock: CameraClock
  readonly #chance: Chance
  readonly #options: CheckedOptions
  readonly #pacer = new Pacer()
  readonly #resends: { request: Resend; atMs: number }[] = []
  #session: Session | undefined
  #packetSize = 0
  #triggers = 0
  /** What was written and not sent yet. */
  #left: Record<Origin, number> = { camera: 0, stranger: 0 }

  constructor(parts: {
    map: RegisterMap
    sender: Sender
    device: Device
    sockets: StreamSockets
    clock: CameraClock
    chance: Chance
    options: CheckedOptions
  }) {
    this.#map = parts.map
    this.#sender = parts.sender
    this.#device = parts.device
    this.#sockets = parts.sockets
    this.#clock = parts.clock
    this.#chance = parts.chance
    this.#options = parts.options
    this.#layRegisters()
    this.reset()
  }

  /** The channel as it is when the camera is switched on. */
  reset(): void {
    const { port, packetDelay, destination } = streamChannel(0)
    for (const register of [port, packetDelay, destination]) this.#map.set(register, 0)
    this.#packetSize = Math.min(FIRST_PACKET_SIZE, this.#options.maxPacketSize)
  }

  #layRegisters(): void {
    const { port, packetSize, packetDelay, destination, sourcePort } = streamChannel(0)
    const { maxPacketSize } = this.#options
    for (const register of [port, packetDelay, destination]) this.#map.plain(register)
    this.#map.register(sourcePort, { read: () => this.#sockets.camera.local.port })
    this.#map.register(packetSize, {
      read: () => this.#packetSize,
      write: (value) => {
        const bytes = Math.max(LEAST_PACKET_SIZE, Math.min(value & 0xffff, maxPacketSize))
        this.#packetSize = (value & PacketSize.doNotFragment) | bytes
        if (value & PacketSize.fireTest) void this.#test(bytes, (value & PacketSize.doNotFragment) !== 0)
        return undefined
      },
    })
  }

  /** Whether frames are being taken or sent. */
  get isStreaming(): boolean {
    return this.#session !== undefined
  }

  /** A frame is asked for. */
  trigger(): void {
    if (this.#device.triggered) this.#triggers++
  }

  /** End the session at once. */
  cut(): void {
    if (this.#session === undefined) return
    this.#session = undefined
    this.#left = { camera: 0, stranger: 0 }
    this.#resends.length = 0
    this.#sender.stop()
  }

  /** A host asks for packets again. */
  resend(request: Resend, nowMs: number): void {
    this.counts.resendRequests++
    if (!this.#options.resends) return
    this.#resends.push({ request, atMs: nowMs + this.#options.faults.resendDelayMs })
  }

  /** Do what is due. */
  async tick(nowMs: number): Promise<void> {
    await this.#follow(nowMs)
    while (this.#resends.length > 0 && this.#resends[0]!.atMs <= nowMs) {
      const { packets, premature, unavailable } = this.#sender.resend(this.#resends.shift()!.request)
      this.counts.resentPackets += packets
      this.counts.prematureResends += premature
      this.counts.unavailable += unavailable
    }
    // What is due goes out; with a link of any speed no more than what waits, so that commands are heard in between.
    for (let batches = 0; batches < 64; batches++) {
      if (this.#session) this.#takeFrames(this.#session, nowMs)
      if (!(await this.#flush())) return
      const due = this.#pacer.due(nowMs)
      if (due < 1) return
      this.#sender.write(Math.min(due, SLOTS))
      this.#left.camera = this.#sender.written('camera').count
      this.#left.stranger = this.#sender.written('stranger').count
      const written = this.#left.camera + this.#left.stranger
      if (written === 0) return
      this.#pacer.spend(written, this.#leftBytes())
    }
  }

  /** Bytes of what was written and not sent yet, IP and UDP headers included. */
  #leftBytes(): number {
    let bytes = 0
    for (const origin of ['camera', 'stranger'] as const) {
      const { table } = this.#sender.written(origin).batch
      for (let slot = 0; slot < this.#left[origin]; slot++)
        bytes += table[slot * PACKET_WORDS]! + IP_UDP_BYTES
    }
    return bytes
  }

  /** Begin or end a session as the registers say. */
  async #follow(nowMs: number): Promise<void> {
    const { port, destination, packetSize, delayTicks } = this.#channel
    const to = { address: addressText(destination), port }
    const isOpen = port !== 0 && destination !== 0
    const session = this.#session
    if (session) {
      const isOther = to.address !== session.to.address || to.port !== session.to.port
      const isDone = !this.#device.acquiring || !this.#device.hasFrame(session.frames)
      if (!isOpen || isOther) this.cut()
      else if (isDone && this.#sender.backlog === 0 && this.#left.camera + this.#left.stranger === 0) {
        // The sender goes on: packets of the session can still be asked for again.
        this.#device.end()
        this.#session = undefined
      }
      return
    }
    const device = this.#device
    if (!isOpen || !device.acquiring) return
    await device.begin()
    const { image, source, periodMs = 0 } = device
    this.#sender.start({ ...image, source, packetSize, to })
    const bandwidth = Math.min(this.#options.bandwidthMBps, device.bandwidthMBps)
    this.#pacer.start(packetSize, bandwidth, (delayTicks * device.delayTickNs) / 1e6)
    this.#triggers = 0
    this.counts.sessions++
    this.#session = { to, startMs: nowMs, periodMs, periods: 0, due: 0, frames: 0 }
  }

  /** What the registers say of the stream. */
  get #channel() {
    const { port, packetSize, packetDelay, destination } = streamChannel(0)
    return {
      port: this.#map.word(port) & 0xffff,
      destination: this.#map.word(destination),
      packetSize: this.#map.word(packetSize) & 0xffff,
      delayTicks: this.#map.word(packetDelay),
    }
  }

  #takeFrames(session: Session, nowMs: number): void {
    const { acquiring, periodMs } = this.#device
    if (!acquiring) return
    if (periodMs === undefined) this.#takeAhead(session, nowMs)
    else this.#takeDue(session, nowMs, periodMs)
  }

  /** Frames whose time has come. */
  #takeDue(session: Session, nowMs: number, periodMs: number): void {
    const { triggered } = this.#device
    const { jitterMs } = this.#options.faults
    const mostWaiting = Math.max(MOST_WAITING, MOST_WAITING_MS / periodMs)
    while (this.#device.hasFrame(session.frames)) {
      const takenMs = triggered ? nowMs : this.#dueMs(session, periodMs)
      const isDue = triggered ? this.#triggers > 0 : takenMs <= nowMs
      const sendMs = takenMs + (jitterMs > 0 ? jitterMs * this.#chance.at(this.counts.frames) : 0)
      if (!isDue || sendMs > nowMs) return
      if (!this.#device.isReady) return
      session.periods++
      session.due++
      this.#triggers = Math.max(0, this.#triggers - 1)
      if (this.#sender.backlog >= mostWaiting) {
        this.counts.overruns++
        continue
      }
      // Behind others it is sent when they are: the link was not idle until now.
      if (this.#sender.backlog === 0) this.#pacer.begin(sendMs)
      this.#take(session, takenMs)
    }
  }

  /** Frames that are there already: the link alone says when they are sent. */
  #takeAhead(session: Session, nowMs: number): void {
    if (session.due === 0) this.#pacer.begin(nowMs)
    while (this.#device.hasFrame(session.frames) && this.#sender.backlog < MOST_AHEAD) {
      session.due++
      this.#take(session, nowMs)
    }
  }

  #take(session: Session, atMs: number): void {
    this.#device.take(this.#sender, { index: session.due - 1, atMs, ticks: (ms) => this.#clock.ticks(ms) })
    session.frames++
    this.counts.frames++
  }

  /** When the next frame is due: steady, whatever became of those before. */
  #dueMs(session: Session, periodMs: number): number {
    if (periodMs !== session.periodMs) {
      session.startMs += session.periods * session.periodMs
      session.periods = 0
      session.periodMs = periodMs
    }
    return session.startMs + session.periods * periodMs
  }

  /** Send what was written; whether all of it went. */
  async #flush(): Promise<boolean> {
    for (const origin of ['camera', 'stranger'] as const) {
      while (this.#left[origin] > 0) {
        const { batch, count } = this.#sender.written(origin)
        const sent = await this.#send(origin, batch, count)
        this.#sender.sent(origin, sent)
        this.#left[origin] -= sent
        if (sent < count) return false
      }
    }
    return true
  }

  /** Send packets; how many are done with. One that cannot be sent at all is lost. */
  async #send(origin: Origin, batch: Batch, count: number): Promise<number> {
    try {
      const sent = await this.#sockets[origin].sendMany(batch, count)
      this.counts.packets += sent
      // Another camera of this thread may have moved the memory meanwhile.
      const { table } = this.#sender.written(origin).batch
      for (let at = 0; at < sent * PACKET_WORDS; at += PACKET_WORDS) this.counts.bytes += table[at]!
      return sent
    } catch {
      this.counts.unsent++
      return 1
    }
  }

  /** Send a test packet; one that is too long for the network is lost, which is the test. */
  async #test(bytes: number, uncut: boolean): Promise<void> {
    const { port, destination } = this.#channel
    const to = { address: addressText(destination), port }
    if (port === 0 || destination === 0) return
    this.counts.testPackets++
    const socket = uncut ? this.#sockets.uncut : this.#sockets.camera
    await socket.send(new Uint8Array(bytes - IP_UDP_BYTES), to).catch(() => {})
  }
}

/** A stream from its first packet to its end. */
interface Session {
  to: Endpoint
  startMs: number
  periodMs: number
  /** Periods since the start or the last change of their length, frames that were not taken included. */
  periods: number
  /** Frames that were due. */
  due: number
  /** Frames that were taken. */
  frames: number
}
