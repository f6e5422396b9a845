import { type Batch, makeBatch, packetAt } from '../../datagrams/batch.js'
import type { DatagramSocket, Endpoint } from '../../datagrams/datagrams.js'
import { hasCode } from '../../errors.js'
import type { Ack, Command, Gvcp, ReceivedAck } from '../../gige-vision/gvcp.js'
import { type Clock, sleep, systemClock } from '../../upload/clock.js'
import { commandText, noAnswerFault, refusedFault } from '../faults.js'

/** How patient a host is, and by which clock. */
export interface Patience {
  /** How long an answer is waited for before the command is repeated, in ms; default 300. */
  answerMs?: number
  /** How often a command is sent before the camera is given up; default 6. */
  tries?: number
  clock?: Clock
}

/** The answer to a command that was not refused. */
export type AckOf<C extends Command> = Extract<Ack, { kind: C['kind'] }>

/** Longest that a camera can put an answer off, in ms. */
const LONGEST_PENDING_MS = 120_000
const MAX_REQUEST_ID = 0xffff
/** A control packet has 548 bytes at most. */
const SLOT_BYTES = 576

/**
 * Commands to a camera: one at a time, in order, each repeated until it is answered. A repeated command has the same
 * request id, so that a slow camera does not run it twice.
 */
export class CommandQueue {
  readonly #gvcp: Gvcp
  readonly #answerMs: number
  readonly #tries: number
  readonly #clock: Clock
  readonly #received: Batch = makeBatch(16, SLOT_BYTES)
  #socket: DatagramSocket
  #camera: Endpoint
  // A camera may remember the last command of the host before: two hosts shall not begin alike.
  #requestId = Math.floor(Math.random() * MAX_REQUEST_ID)
  #last: Promise<unknown> = Promise.resolve()
  #answeredAt: number
  #receivedAtNs = 0n
  /** Why nothing can be asked. */
  #fault: Error | undefined

  constructor(
    gvcp: Gvcp,
    socket: DatagramSocket,
    camera: Endpoint,
    { answerMs = 300, tries = 6, clock = systemClock }: Patience,
  ) {
    this.#gvcp = gvcp
    this.#socket = socket
    this.#camera = camera
    this.#answerMs = answerMs
    this.#tries = tries
    this.#clock = clock
    this.#answeredAt = clock.now()
  }

  get socket(): DatagramSocket {
    return this.#socket
  }

  /** Where the camera takes commands. */
  get camera(): Endpoint {
    return this.#camera
  }

  /** When the camera last answered, by the clock. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /** When the last answer was received, in ns since 1970 by this host's clock, as its kernel tells. */
  get receivedAtNs(): bigint {
    return this.#receivedAtNs
  }

  /** Send a command when those before it are done with. Rejects with `gige/refused`, `gige/no-answer`. */
  ask<C extends Command>(command: C): Promise<AckOf<C>> {
    const answer = this.#last.then(() => this.#exchange(command))
    this.#last = answer.catch(() => {})
    return answer as Promise<AckOf<C>>
  }

  /** What is asked rejects with `fault` at once, until {@link moveTo}; the first one counts. */
  cut(fault: Error): void {
    this.#fault ??= fault
  }

  /** Go on with a camera elsewhere. */
  async moveTo(socket: DatagramSocket, camera: Endpoint): Promise<void> {
    const before = this.#socket
    this.#socket = socket
    this.#camera = camera
    this.#answeredAt = this.#clock.now()
    this.#fault = undefined
    await before.close()
  }

  /** Close the socket; what waits for an answer rejects with `fault`. */
  async close(fault: Error): Promise<void> {
    this.#fault = fault
    await this.#socket.close()
    await this.#last
  }

  async #exchange(command: Command): Promise<Ack> {
    this.#mustBeWhole()
    this.#requestId = (this.#requestId % MAX_REQUEST_ID) + 1
    const datagram = this.#gvcp.command(this.#requestId, command, true)
    const camera = this.#camera
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
    throw refusedFault(this.#camera.address, commandText(command), status, this.#gvcp)
  }

  /** The answer to the command that was sent last; undefined where none came in time. */
  async #answer(command: Command): Promise<ReceivedAck | undefined> {
    const { now } = this.#clock
    const latest = now() + LONGEST_PENDING_MS
    let deadline = now() + this.#answerMs
    while (await this.#socket.arrival(Math.max(0, deadline - now()))) {
      for (const { received, receivedAtNs } of this.#receive()) {
        if (received.requestId !== this.#requestId) continue
        if (received.ack.kind === 'pending') {
          // Its answer has to find its way, too.
          deadline = Math.min(now() + received.ack.timeToCompletionMs + this.#answerMs, latest)
        } else if (answers(received, command)) {
          this.#receivedAtNs = receivedAtNs
          return received
        }
      }
      if (now() >= deadline) break
    }
    this.#mustBeWhole()
    return undefined
  }

  /** The acknowledges of this camera that have arrived. */
  #receive(): { received: ReceivedAck; receivedAtNs: bigint }[] {
    const count = this.#socket.receive(this.#received)
    const answers = []
    for (let slot = 0; slot < count; slot++) {
      const { bytes, from, receivedAtNs } = packetAt(this.#received, slot)
      if (from.address !== this.#camera.address || from.port !== this.#camera.port) continue
      const received = this.#parsed(bytes)
      if (received) answers.push({ received, receivedAtNs })
    }
    return answers
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
