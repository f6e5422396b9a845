import { type Batch, makeBatch, packetAt } from '../datagrams/batch.js'
import type { DatagramSocket, Datagrams } from '../datagrams/datagrams.js'
import { addressNumber } from '../datagrams/ipv4.js'
import type { NetworkInterface } from '../datagrams/network-interface.js'
import { hasCode } from '../errors.js'
import { GVCP_PORT } from '../gige-vision/bootstrap.js'
import type { Command, Gvcp, ReceivedAck } from '../gige-vision/gvcp.js'
import { type Clock, systemClock } from '../upload/clock.js'
import { optionFault } from './faults.js'

/** What cameras are looked for upon. */
export interface NetworkParts {
  gvcp: Gvcp
  datagrams: Datagrams
  clock?: Clock
}

/** Whom a broadcast goes to. */
export interface Audience {
  /** Network interfaces to use, by name or by an IPv4 address of theirs; default every one, and this host itself. */
  interfaces?: readonly string[]
  /** IPv4 addresses to ask beside, one by one: of cameras behind routers, or on this host. */
  addresses?: readonly string[]
}

/** One socket of a broadcast. */
export interface Caller {
  socket: DatagramSocket
  /** The interface that it speaks on; undefined where it asks an address. */
  through?: NetworkInterface
  /** IPv4 addresses that it sends to. */
  to: readonly string[]
}

const EVERYONE = '255.255.255.255'
/** Simulated cameras of this host: nothing is broadcast to it. */
const THIS_HOST = '127.0.0.1'
/** Answers to the same command are told from those to others by this. */
const REQUEST_ID = 0xffff
/** How often a command is sent, as packets get lost. */
const ROUNDS = 2
const SLOT_BYTES = 576

/** A command to cameras that are not known yet, or have no address to speak of. */
export class Broadcast {
  readonly #gvcp: Gvcp
  readonly #clock: Clock
  readonly #callers: readonly Caller[]

  /** Rejects with `gige/option`, and with `datagrams/...` where no socket can be opened. */
  static async open(parts: NetworkParts, audience: Audience): Promise<Broadcast> {
    const { datagrams } = parts
    const { addresses = [], interfaces } = audience
    const wrong = addresses.find((address) => Number.isNaN(addressNumber(address)))
    if (wrong !== undefined) throw optionFault('addresses', wrong, 'IPv4 addresses')
    const asked = new Set(interfaces ? addresses : [...addresses, THIS_HOST])
    const callers = await allThatWork([
      ...chosen(datagrams, interfaces).map((through) => speaker(datagrams, through)),
      ...[...asked].map(async (address) => ({ socket: await datagrams.open(), to: [address] })),
    ])
    return new Broadcast(parts, callers)
  }

  private constructor({ gvcp, clock = systemClock }: NetworkParts, callers: readonly Caller[]) {
    this.#gvcp = gvcp
    this.#clock = clock
    this.#callers = callers
  }

  /**
   * Send a command, and hand over each answer with the socket that heard it, for `timeoutMs` or until `enough` is true
   * of one; then all is closed. Rejects with `datagrams/...` where nothing could be sent.
   */
  async ask(
    command: Command,
    timeoutMs: number,
    enough: (answer: ReceivedAck, caller: Caller) => boolean,
  ): Promise<void> {
    const datagram = this.#gvcp.command(REQUEST_ID, command, true)
    const until = this.#clock.now() + timeoutMs
    try {
      await allThatWork(this.#callers.map((caller) => this.#call(caller, datagram, timeoutMs, until, enough)))
    } finally {
      await this.#close()
    }
  }

  async #call(
    caller: Caller,
    datagram: Uint8Array,
    timeoutMs: number,
    until: number,
    enough: (answer: ReceivedAck, caller: Caller) => boolean,
  ): Promise<void> {
    const received = makeBatch(32, SLOT_BYTES)
    try {
      for (let left = ROUNDS - 1; left >= 0; left--) {
        await allThatWork(
          caller.to.map((address) => caller.socket.send(datagram, { address, port: GVCP_PORT })),
        )
        const end = until - (timeoutMs * left) / ROUNDS
        for (;;) {
          const leftMs = end - this.#clock.now()
          if (leftMs <= 0 || !(await caller.socket.arrival(leftMs))) break
          for (const answer of this.#answers(received, caller.socket.receive(received))) {
            if (enough(answer, caller)) return await this.#close()
          }
        }
      }
    } catch (error) {
      // Another socket heard enough.
      if (!hasCode(error, 'datagrams/closed')) throw error
    }
  }

  #answers(received: Batch, count: number): ReceivedAck[] {
    const answers: ReceivedAck[] = []
    for (let slot = 0; slot < count; slot++) {
      try {
        const answer = this.#gvcp.parseAck(packetAt(received, slot).bytes)
        if (answer.requestId === REQUEST_ID) answers.push(answer)
      } catch (error) {
        if (!hasCode(error, 'gige/packet')) throw error
      }
    }
    return answers
  }

  async #close(): Promise<void> {
    await Promise.all(this.#callers.map(({ socket }) => socket.close()))
  }
}

/** The interfaces that are meant, of those with an address. */
function chosen(datagrams: Datagrams, wanted: readonly string[] | undefined): NetworkInterface[] {
  const all = datagrams.interfaces().filter(({ up, addresses }) => up && addresses.length > 0)
  if (wanted === undefined) return all.filter(({ kind }) => kind !== 'loopback')
  return wanted.map((given) => {
    const named = all.find(
      ({ name, addresses }) => name === given || addresses.some(({ address }) => address === given),
    )
    if (named) return named
    throw optionFault(
      'interfaces',
      given,
      `of ${all.map(({ name }) => name).join(', ') || 'none'}, or an address of one`,
    )
  })
}

/** A socket of one interface. Bound to no address, it also hears what cameras of foreign subnets broadcast. */
async function speaker(datagrams: Datagrams, through: NetworkInterface): Promise<Caller> {
  return {
    socket: await datagrams.open({ device: through.name, broadcast: true }),
    through,
    to: [...new Set([...through.addresses.map(({ broadcast }) => broadcast), EVERYONE])],
  }
}

/** What became of each, but for those that failed; where every one did, the first failure is thrown. */
async function allThatWork<T>(attempts: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(attempts)
  const worked = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (worked.length === 0 && failed) throw failed.reason
  return worked.map(({ value }) => value)
}
