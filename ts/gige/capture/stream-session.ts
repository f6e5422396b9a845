import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { PACKET_WORDS, slotsOf } from '../../datagrams/batch.js'
import type { DatagramSocket, Datagrams } from '../../datagrams/datagrams.js'
import { hasCode } from '../../errors.js'
import { Bootstrap, GvcpCapability } from '../../gige-vision/bootstrap.js'
import type { GigeVision } from '../../gige-vision/gige-vision.js'
import type {
  FinishedBlock,
  Reassembler,
  ReassemblyStatistics,
  SessionEnd,
} from '../../gige-vision/reassembler.js'
import { type FoundPacketSize, IP_UDP_BYTES, mtuOf } from '../packet-size.js'
import { bridgedMs, packetsOf } from '../receive-buffer.js'
import type { StreamStatistics } from '../statistics.js'
import { buffersFor, type StreamSettings } from '../stream-options.js'
import { CameraClock } from './camera-clock.js'
import { ClockLatch } from './clock-latch.js'
import type { ControlChannel } from './control-channel.js'
import type { FrameOutlet } from './outlet.js'
import { StreamChannel } from './stream-channel.js'

/** What a session is made upon. */
export interface StreamParts {
  gige: GigeVision
  datagrams: Datagrams
  control: ControlChannel
  /** Where frames go. It is not closed with the session: another one may follow. */
  outlet: FrameOutlet
  /** Called once where the session breaks; a defect. It has to be stopped all the same. */
  onBroken: (error: unknown) => void
  /** What the last session of this camera ended with. */
  previous?: SessionEnd
}

/** Whether the packet size is known to carry frames: one came whole; none does, only short packets; not known yet. */
export type PacketSizeProof = 'whole' | 'lost' | 'unknown'

/** How long packets are left to gather before they are taken, in ms: large batches are cheap. */
const GATHER_MS = 1
/** A receive buffer that fills sooner than this, in ms at a Gigabit link's rate, cannot wait while they gather. */
const LITTLE_ROOM_MS = 20
/** What part of the receive buffer may be filled by packets that are asked for at once. */
const ASKED_PART = 1 / 4
/** After so many ms without a packet the next one is awaited. */
const IDLE_MS = 100
/** How long a socket that was refused by the system is left alone, in ms. */
const REFUSED_MS = 100
/** How often a camera's clock is read, in ms, and how often at the start. */
const LATCH_MS = 5000
const FIRST_LATCHES = 4
/** How long frames under way are waited for at the end, in ms, and how long after the last packet. */
const DRAIN_MS = 500
const QUIET_MS = 20
/** Of a recording: after so many ms without a packet a block was sent to its end. */
const RECORDED_IDLE_MS = 50
/** What lies in the receive buffer at the end is taken in, in so many batches at most. */
const LAST_BATCHES = 256
/** Blocks that are given up before it is said that none comes whole. */
const LOST_BLOCKS = 2

/**
 * One stream of a camera: its own socket, its own reassembly. The camera's acquisition is started after it and stopped
 * before it.
 */
export class StreamSession {
  readonly #control: ControlChannel
  readonly #settings: StreamSettings
  readonly #socket: DatagramSocket
  readonly #channel: StreamChannel
  readonly #reassembler: Reassembler
  readonly #outlet: FrameOutlet
  readonly #clock: CameraClock
  readonly #packetSize: FoundPacketSize
  readonly #resend: boolean
  readonly #mostAsked: number
  readonly #hasLittleRoom: boolean
  readonly #latches: NodeJS.Timeout
  readonly #running: Promise<void>
  #ending = false
  #final: StreamStatistics | undefined
  /** What the reassembly told last. */
  #counts: ReassemblyStatistics
  #firstPacketMs = 0
  #lastPacketMs = 0
  /** What the kernel had dropped at the last look. */
  #drops = 0
  /** Longest packet so far, while the packet size is not proved. */
  #longestBytes = 0

  /** Open a socket, have the camera send there, and take in what comes. Rejects with `gige/...`, `datagrams/...`. */
  static async start(parts: StreamParts, settings: StreamSettings): Promise<StreamSession> {
    const { control, datagrams } = parts
    const { address } = control.local
    const { receiveBufferBytes } = settings
    const socket = await datagrams.open({ address, receiveBufferBytes })
    const channel = new StreamChannel(control, control.camera.address)
    try {
      await channel.open({ address, port: socket.local.port })
      const mtu = mtuOf(datagrams.interfaces(), address)
      const packetSize = await channel.settlePacketSize(socket, settings, mtu)
      const latch = new ClockLatch(control)
      const frequency = await latch.frequency()
      const clock = new CameraClock(frequency)
      const { packetDelayNs, packetDelayTicks } = settings
      if (packetDelayTicks !== undefined) await channel.setPacketDelayTicks(packetDelayTicks)
      else await channel.setPacketDelay(packetDelayNs, frequency)
      const capability = await control.readRegister(Bootstrap.gvcpCapability)
      const latches = settings.recorded ? 0 : FIRST_LATCHES
      for (let count = 0; count < latches; count++) await latch.tell(clock)
      await channel.invite(socket)
      const resend = settings.resend !== undefined && (capability & GvcpCapability.packetResend) !== 0
      return new StreamSession(parts, settings, { socket, channel, packetSize, clock, latch, resend })
    } catch (error) {
      await channel.close().catch(() => {})
      await socket.close()
      throw error
    }
  }

  private constructor(
    { gige, control, outlet, onBroken, previous }: StreamParts,
    settings: StreamSettings,
    opened: {
      socket: DatagramSocket
      channel: StreamChannel
      packetSize: FoundPacketSize
      clock: CameraClock
      latch: ClockLatch
      resend: boolean
    },
  ) {
    const { socket, channel, packetSize, clock, latch, resend } = opened
    this.#control = control
    this.#settings = settings
    this.#socket = socket
    this.#channel = channel
    this.#packetSize = packetSize
    this.#clock = clock
    this.#resend = resend
    this.#mostAsked = Math.ceil(packetsOf(socket.receiveBufferBytes, packetSize.bytes) * ASKED_PART)
    // Only the native sockets tell drops, and only they can block; others take packets in by themselves.
    this.#hasLittleRoom =
      socket.kernelDrops !== undefined && bridgedMs(socket.receiveBufferBytes) < LITTLE_ROOM_MS
    const buffers = buffersFor(settings)
    this.#reassembler = gige.reassembler({
      source: control.camera.address,
      packetSize: packetSize.bytes,
      blockBytes: settings.payloadBytes,
      buffers,
      ...(resend && { resend: settings.resend }),
      ...(settings.recorded && { idleMs: RECORDED_IDLE_MS }),
      incomplete: settings.incomplete,
      ...(previous && { previous }),
    })
    this.#counts = this.#reassembler.statistics()
    this.#outlet = outlet
    this.#latches = setInterval(() => !settings.recorded && void latch.tell(clock), LATCH_MS)
    this.#running = this.#run().catch(onBroken)
    // Whoever stops it meets what `onBroken` throws.
    this.#running.catch(() => {})
  }

  /** Never throws: of a session that broke, the last counts that are known. */
  statistics(): StreamStatistics {
    if (this.#final) return this.#final
    return {
      ...this.#counted(),
      kernelDrops: this.#socket.kernelDrops,
      queueDrops: this.#socket.queueDrops,
      port: this.#socket.local.port,
      packetSize: this.#packetSize.bytes,
      packetSizeBy:
        this.#settings.packetSize !== undefined ? 'option' : this.#packetSize.tested ? 'test' : 'guess',
      receiveBufferBytes: this.#socket.receiveBufferBytes,
      buffers: buffersFor(this.#settings),
      resend: this.#resend,
      streamingMs: this.#lastPacketMs - this.#firstPacketMs,
      clockDriftPpm: this.#clock.drift * 1e6,
    }
  }

  /** Whether frames get through with this packet size, as soon as that is known, or what is known after `timeoutMs`. */
  async packetSizeProof(timeoutMs: number): Promise<PacketSizeProof> {
    const end = performance.now() + timeoutMs
    while (!this.#ending && performance.now() < end) {
      const { complete, incomplete } = this.#counted()
      if (complete > 0) return 'whole'
      const tooLong = this.#longestBytes < this.#packetSize.bytes - IP_UDP_BYTES
      if (incomplete >= LOST_BLOCKS && tooLong) return 'lost'
      await sleep(5)
    }
    return 'unknown'
  }

  /**
   * End the stream: frames under way are waited for, for a moment; then nothing is received any more. What the session
   * leaves behind for the next one. Called once; blocks that are not released by then still can be read, until `free`.
   * Rejects where the session breaks, or broke before: it is ended then, too.
   */
  async stop(): Promise<SessionEnd> {
    clearInterval(this.#latches)
    try {
      // Of a recording, whoever asked for it knows when all was sent.
      await (this.#settings.recorded ? this.#halt() : this.#drained().finally(() => this.#halt()))
      this.#takeRest()
      const end = this.#reassembler.end(performance.now())
      this.#handOut()
      return end
    } finally {
      this.#final = this.statistics()
      await this.#socket.close()
    }
  }

  /** Give all memory back, that of blocks included; after `stop`. */
  free(): void {
    this.#reassembler.free()
  }

  /** Have the camera send nothing more, and do not wait for packets any more. */
  async #halt(): Promise<void> {
    // A camera that is gone cannot be told.
    await this.#channel.close().catch(() => {})
    this.#ending = true
    await this.#running
  }

  /** Take in what lies in the receive buffer. */
  #takeRest(): void {
    try {
      for (let batches = 0; batches < LAST_BATCHES && this.#poll(); batches++);
    } catch (error) {
      // The interface is down: nothing lies there.
      if (!hasCode(error, 'datagrams/receive')) throw error
    }
  }

  #counted(): ReassemblyStatistics {
    try {
      this.#counts = this.#reassembler.statistics()
    } catch {
      // It broke, as whoever takes packets in was told.
    }
    return this.#counts
  }

  async #run(): Promise<void> {
    while (!this.#ending) {
      try {
        const hasMore = this.#poll(this.#hasLittleRoom ? GATHER_MS : 0)
        // Commands and the heartbeat have their turn in between.
        if (hasMore || this.#hasLittleRoom) await turn()
        else if (performance.now() - this.#lastPacketMs < IDLE_MS) await sleep(GATHER_MS)
        else await this.#socket.arrival(Math.min(IDLE_MS, this.#untilDue()))
      } catch (error) {
        // The interface is down: control is lost soon, or it comes back.
        if (!hasCode(error, 'datagrams/receive')) throw error
        await sleep(REFUSED_MS)
      }
    }
  }

  /** Take in what has arrived, or what arrives first within `waitMs`, and do what is due. Whether there may be more. */
  #poll(waitMs = 0): boolean {
    const batch = this.#reassembler.batch()
    const slots = slotsOf(batch)
    const count = this.#socket.receive(batch, waitMs)
    const now = performance.now()
    if (count > 0) {
      if (this.#lastPacketMs === 0) this.#firstPacketMs = now
      this.#lastPacketMs = now
      if (this.#longestBytes < this.#packetSize.bytes - IP_UDP_BYTES) {
        for (let slot = 0; slot < count; slot++) {
          this.#longestBytes = Math.max(this.#longestBytes, batch.table[slot * PACKET_WORDS]!)
        }
      }
    }
    this.#reassembler.take(count, now)
    const hasMore = count === slots
    // As long as packets come faster than they are taken in, more of them would be lost for each that is sent again.
    if (this.#resend && !this.#isDropping() && !hasMore) this.#askAgain(now)
    this.#handOut()
    return hasMore
  }

  /** Whether the kernel dropped packets since the last look. */
  #isDropping(): boolean {
    const before = this.#drops
    this.#drops = this.#socket.kernelDrops ?? 0
    return this.#drops > before
  }

  #askAgain(now: number): void {
    const { batch, count } = this.#reassembler.resends(this.#control.camera, now, this.#mostAsked)
    // Those that the system does not take now are due again soon.
    if (count > 0) this.#control.sendMany(batch, count).catch(() => {})
  }

  #handOut(): void {
    for (let block = this.#reassembler.next(); block; block = this.#reassembler.next()) {
      this.#outlet.take({ block, ...this.#moment(block) })
    }
  }

  #moment({ leader, firstAtNs }: FinishedBlock): { timestampNs: bigint; capturedAtNs: bigint } {
    const ticks = leader?.timestamp ?? 0n
    if (ticks === 0n) return { timestampNs: 0n, capturedAtNs: firstAtNs }
    this.#clock.received(ticks, firstAtNs)
    return {
      timestampNs: this.#clock.cameraNs(ticks),
      capturedAtNs: this.#clock.hostNs(ticks, firstAtNs) ?? firstAtNs,
    }
  }

  #untilDue(): number {
    const due = this.#reassembler.due()
    return due === undefined ? IDLE_MS : Math.max(0, due - performance.now())
  }

  /** No block is under way, and no packet came for a moment; or time is over. */
  async #drained(): Promise<void> {
    const end = performance.now() + DRAIN_MS
    while (performance.now() < end) {
      const quietMs = performance.now() - this.#lastPacketMs
      if (quietMs >= QUIET_MS && this.#reassembler.due() === undefined) return
      await sleep(GATHER_MS)
    }
  }
}
