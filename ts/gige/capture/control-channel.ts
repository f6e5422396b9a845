import { type Batch, makeBatch, packetAt } from '../../datagrams/batch.js'
import type { DatagramSocket, Datagrams, Endpoint } from '../../datagrams/datagrams.js'
import { hasCode } from '../../errors.js'
import { Bootstrap, GVCP_PORT, GvcpCapability, MAX_MEMORY_BYTES } from '../../gige-vision/bootstrap.js'
import type { Ack, Command, Gvcp, ReceivedAck } from '../../gige-vision/gvcp.js'
import { type Clock, sleep, systemClock } from '../../upload/clock.js'
import { closedFault, commandText, noAnswerFault, optionFault, refusedFault } from '../faults.js'
import type { Registers } from '../registers.js'

/** Where a camera is, and how it is reached. */
export interface CameraPlace {
  /** The camera's IPv4 address. */
  address: string
  /** IPv4 address of this host that it shall answer to. */
  interfaceIp: string
  /** Name of the network interface that it is behind; left out, the system's routes decide. */
  interfaceName?: string
}

/** How patient a host is, and by which clock. */
export interface Patience {
  /** How long an answer is waited for before the command is repeated, in ms; default 300. */
  answerMs?: number
  /** How often a command is sent before the camera is given up; default 6. */
  tries?: number
  clock?: Clock
}

/** Longest that a camera can put an answer off, in ms. */
const LONGEST_PENDING_MS = 120_000
/** Registers that fit into one command. */
const MAX_REGISTERS = 135
const MAX_REQUEST_ID = 0xffff
/** A control packet has 548 bytes at most. */
const SLOT_BYTES = 576

/**
 * A camera's control channel: one command at a time, each repeated until it is answered. A repeated command has the
 * same request id, so that a slow camera does not run it twice.
 */
export class ControlChannel implements Registers {
  readonly #gvcp: Gvcp
  readonly #datagrams: Datagrams
  readonly #answerMs: number
  readonly #tries: number
  readonly #clock: Clock
  readonly #received: Batch = makeBatch(16, SLOT_BYTES)
  #socket: DatagramSocket
  #place: CameraPlace
  // A camera may remember the last command of the host before: two hosts shall not begin alike.
  #requestId = Math.floor(Math.random() * MAX_REQUEST_ID)
  #last: Promise<unknown> = Promise.resolve()
  #concatenation: boolean | undefined
  #answeredAt: number
  /** Why nothing can be asked. */
  #fault: Error | undefined

  /** Open the channel; nothing is sent yet. Rejects with `datagrams/...`. */
  static async open(
    gvcp: Gvcp,
    datagrams: Datagrams,
    place: CameraPlace,
    patience: Patience = {},
  ): Promise<ControlChannel> {
    return new ControlChannel(gvcp, datagrams, await openAt(datagrams, place), place, patience)
  }

  private constructor(
    gvcp: Gvcp,
    datagrams: Datagrams,
    socket: DatagramSocket,
    place: CameraPlace,
    { answerMs = 300, tries = 6, clock = systemClock }: Patience,
  ) {
    this.#gvcp = gvcp
    this.#datagrams = datagrams
    this.#socket = socket
    this.#place = place
    this.#answerMs = answerMs
    this.#tries = tries
    this.#clock = clock
    this.#answeredAt = clock.now()
  }

  /** Where the camera takes commands. */
  get camera(): Endpoint {
    return { address: this.#place.address, port: GVCP_PORT }
  }

  /** IPv4 address of this host as the camera knows it, and the port that it answers to. */
  get local(): Endpoint {
    return { address: this.#place.interfaceIp, port: this.#socket.local.port }
  }

  /** How the camera is reached. */
  get place(): CameraPlace {
    return this.#place
  }

  /** When the camera last answered, by the channel's clock. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  async readRegister(address: number): Promise<number> {
    const [value] = await this.#readAtOnce([address])
    return value!
  }

  /** The values of many registers: with one packet where the camera can, else one by one. */
  async readRegisters(addresses: readonly number[]): Promise<number[]> {
    const values: number[] = []
    const atOnce = addresses.length > 1 && (await this.#canConcatenate()) ? MAX_REGISTERS : 1
    for (let at = 0; at < addresses.length; at += atOnce) {
      values.push(...(await this.#readAtOnce(addresses.slice(at, at + atOnce))))
    }
    return values
  }

  async writeRegister(address: number, value: number): Promise<void> {
    await this.#ask({ kind: 'write-registers', writes: [{ address, value }] })
  }

  async readMemory(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(address, bytes)
    const { start, end } = aligned(address, bytes)
    const memory = new Uint8Array(end - start)
    for (let at = start; at < end; at += MAX_MEMORY_BYTES) {
      const count = Math.min(MAX_MEMORY_BYTES, end - at)
      memory.set(await this.#readMemoryAtOnce(at, count), at - start)
    }
    return memory.subarray(address - start, address - start + bytes)
  }

  /** The camera writes four bytes at a time: what else lies in the first and last four is read before, and kept. */
  async writeMemory(address: number, data: Uint8Array): Promise<void> {
    checkRange(address, data.length)
    const { start, end } = aligned(address, data.length)
    let memory = data
    if (data.length > 0 && end - start !== data.length) {
      memory = await this.readMemory(start, end - start)
      memory.set(data, address - start)
    }
    for (let at = 0; at < memory.length; at += MAX_MEMORY_BYTES) {
      const part = memory.subarray(at, at + MAX_MEMORY_BYTES)
      await this.#ask({ kind: 'write-memory', address: start + at, data: part })
    }
  }

  /** Send packets of one's own, such as resend requests, which no acknowledge answers; as the socket does. */
  sendMany(from: Batch, count: number): Promise<number> {
    return this.#socket.sendMany(from, count)
  }

  /** The camera is lost: what is asked rejects with `fault` at once, until {@link moveTo}. */
  cut(fault: Error): void {
    this.#fault ??= fault
  }

  /** The camera is there again, or elsewhere. Rejects with `datagrams/...`. */
  async moveTo(place: CameraPlace): Promise<void> {
    const before = this.#socket
    this.#socket = await openAt(this.#datagrams, place)
    this.#place = place
    this.#concatenation = undefined
    this.#answeredAt = this.#clock.now()
    this.#fault = undefined
    await before.close()
  }

  /** Close the channel. What waits for an answer rejects with `gige/closed`. */
  async close(): Promise<void> {
    this.#fault = closedFault(this.#place.address)
    await this.#socket.close()
    await this.#last
  }

  async #readAtOnce(addresses: readonly number[]): Promise<readonly number[]> {
    const ack = await this.#ask({ kind: 'read-registers', addresses })
    return ack.values
  }

  async #readMemoryAtOnce(address: number, count: number): Promise<Uint8Array> {
    const ack = await this.#ask({ kind: 'read-memory', address, count })
    return ack.data
  }

  async #canConcatenate(): Promise<boolean> {
    this.#concatenation ??=
      ((await this.readRegister(Bootstrap.gvcpCapability)) & GvcpCapability.concatenation) !== 0
    return this.#concatenation
  }

  /** Send a command when those before it are done with, and wait for its answer. */
  #ask<C extends Command>(command: C): Promise<AckOf<C>> {
    const answer = this.#last.then(() => this.#exchange(command))
    this.#last = answer.catch(() => {})
    return answer as Promise<AckOf<C>>
  }

  async #exchange(command: Command): Promise<Ack> {
    this.#mustBeWhole()
    this.#requestId = (this.#requestId % MAX_REQUEST_ID) + 1
    const datagram = this.#gvcp.command(this.#requestId, command, true)
    const { camera } = this
    let failure: unknown
    for (let attempt = 0; attempt < this.#tries; attempt++) {
      try {
        await this.#socket.send(datagram, camera)
        const answer = await this.#answer(command)
        if (answer) return this.#accepted(command, answer)
      } catch (error) {
        this.#mustBeWhole()
        if (!hasCode(error, 'datagrams/send') && !hasCode(error, 'datagrams/receive')) throw error
        // The cable may be in again at the next try.
        failure = error
        await sleep(this.#clock, this.#answerMs)
      }
    }
    throw noAnswerFault(camera.address, commandText(command), this.#tries, failure)
  }

  #accepted(command: Command, { status, ack }: ReceivedAck): Ack {
    this.#answeredAt = this.#clock.now()
    if (ack.kind !== 'refused') return ack
    throw refusedFault(this.camera.address, commandText(command), status, this.#gvcp)
  }

  /** The answer to the command that was sent last; undefined where none came in time. */
  async #answer(command: Command): Promise<ReceivedAck | undefined> {
    const { now } = this.#clock
    const latest = now() + LONGEST_PENDING_MS
    let deadline = now() + this.#answerMs
    while (await this.#socket.arrival(Math.max(0, deadline - now()))) {
      for (const received of this.#receive()) {
        if (received.requestId !== this.#requestId) continue
        if (received.ack.kind === 'pending') {
          // Its answer has to find its way, too.
          deadline = Math.min(now() + received.ack.timeToCompletionMs + this.#answerMs, latest)
        } else if (answers(received, command)) return received
      }
      if (now() >= deadline) break
    }
    this.#mustBeWhole()
    return undefined
  }

  /** The acknowledges of this camera that have arrived. */
  #receive(): ReceivedAck[] {
    const count = this.#socket.receive(this.#received)
    const acks: ReceivedAck[] = []
    for (let slot = 0; slot < count; slot++) {
      const { bytes, from } = packetAt(this.#received, slot)
      if (from.address !== this.camera.address || from.port !== this.camera.port) continue
      const ack = this.#parsed(bytes)
      if (ack) acks.push(ack)
    }
    return acks
  }

  /** Undefined for what is no acknowledge: the command is repeated as if it had not come. */
  #parsed(bytes: Uint8Array): ReceivedAck | undefined {
    try {
      return this.#gvcp.parseAck(bytes)
    } catch (error) {
      if (hasCode(error, 'gige/packet')) return undefined
      throw error
    }
  }

  #mustBeWhole(): void {
    if (this.#fault) throw this.#fault
  }
}

function openAt(datagrams: Datagrams, { interfaceIp, interfaceName }: CameraPlace): Promise<DatagramSocket> {
  return datagrams.open({ address: interfaceIp, device: interfaceName })
}

type AckOf<C extends Command> = Extract<Ack, { kind: C['kind'] }>

/** Codes of the acknowledges: a refusal says by its code alone of what. */
const ACK_CODES: Record<Command['kind'], number> = {
  discovery: 0x0003,
  'force-ip': 0x0005,
  resend: 0x0041,
  'read-registers': 0x0081,
  'write-registers': 0x0083,
  'read-memory': 0x0085,
  'write-memory': 0x0087,
}

/** Whether this answers the command, and wholly. What a write's answer says beside its status is not to be trusted. */
function answers({ code, ack }: ReceivedAck, command: Command): boolean {
  if (code !== ACK_CODES[command.kind]) return false
  if (ack.kind === 'read-registers' && command.kind === 'read-registers') {
    return ack.values.length === command.addresses.length
  }
  if (ack.kind === 'read-memory' && command.kind === 'read-memory') {
    return ack.address === command.address && ack.data.length === command.count
  }
  return true
}

/** The range in whole groups of four bytes. */
function aligned(address: number, bytes: number): { start: number; end: number } {
  const start = address - (address % 4)
  return { start, end: bytes === 0 ? start : Math.ceil((address + bytes) / 4) * 4 }
}

function checkRange(address: number, bytes: number): void {
  const whole = Number.isInteger(address) && Number.isInteger(bytes) && address >= 0 && bytes >= 0
  if (whole && address + bytes <= 2 ** 32) return
  throw optionFault('address and bytes', [address, bytes], 'a range within 32 bits')
}
