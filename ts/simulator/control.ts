import type { Endpoint } from '../datagrams/datagrams.js'
import { addressNumber } from '../datagrams/ipv4.js'
import { Bootstrap, ControlPrivilege, Status } from '../gige-vision/bootstrap.js'
import type { Ack, Command, DeviceIdentity, Gvcp, ReceivedCommand, Resend } from '../gige-vision/gvcp.js'
import type { Chance } from './chance.js'
import type { CheckedFaults } from './options.js'
import type { Refusal, RegisterMap } from './register-map.js'

/** A datagram to be sent to the host that asked. */
export interface Reply {
  bytes: Uint8Array
  /** Ms from now. */
  afterMs: number
  /** To everybody: the host is in another subnet. */
  broadcast: boolean
}

/** What happened on a control channel. */
export interface ControlCounts {
  commands: number
  /** Commands that were answered with an error. */
  refused: number
  /** Datagrams that are no commands. */
  malformed: number
  /** Commands that came again, and were answered again without being carried out. */
  repeated: number
  acksLost: number
  pendingAcks: number
  /** How often control was taken away because the heartbeat was missed. */
  heartbeatsMissed: number
}

/** What the control channel makes the camera do. */
export interface ControlActions {
  identity(): DeviceIdentity
  forceIp(command: Command & { kind: 'force-ip' }): void
  resend(request: Resend): void
  /** Nobody is in control any more. */
  released(): void
}

/** Codes of commands that are known; of such a one it is the parameters that are wrong. */
const KNOWN_CODES = [0x0002, 0x0004, 0x0040, 0x0080, 0x0082, 0x0084, 0x0086]
const PRIVILEGES = ControlPrivilege.exclusive | ControlPrivilege.control
/** Bit of the GVCP configuration: the heartbeat is not watched. */
const HEARTBEAT_OFF = 1

type Answer = { status: number; ack: Ack }
const refused = (status: number): Answer => ({ status, ack: { kind: 'refused' } })

/** The control channel of a camera: commands to registers, and who may give them. No sockets and no clock. */
export class ControlChannel {
  readonly counts: ControlCounts = {
    commands: 0,
    refused: 0,
    malformed: 0,
    repeated: 0,
    acksLost: 0,
    pendingAcks: 0,
    heartbeatsMissed: 0,
  }
  readonly #gvcp: Gvcp
  readonly #map: RegisterMap
  readonly #faults: CheckedFaults
  readonly #chance: Chance
  readonly #actions: ControlActions
  #controller: Endpoint | undefined
  #privilege = 0
  #heardMs = 0
  /** Who gives the command that is being carried out. */
  #asker: Endpoint = { address: '0.0.0.0', port: 0 }
  #last: { from: Endpoint; datagram: Uint8Array; replies: Reply[] } | undefined

  constructor(gvcp: Gvcp, map: RegisterMap, faults: CheckedFaults, chance: Chance, actions: ControlActions) {
    this.#gvcp = gvcp
    this.#map = map
    this.#faults = faults
    this.#chance = chance
    this.#actions = actions
    const [port, address] = [Bootstrap.primaryApplicationPort, Bootstrap.primaryApplicationIp]
    map.register(Bootstrap.controlChannelPrivilege, {
      read: () => this.#privilege,
      write: (value) => this.#grant(value),
    })
    map.register(port, { read: () => this.#controller?.port ?? 0 })
    map.register(address, { read: () => (this.#controller ? addressNumber(this.#controller.address) : 0) })
  }

  /** The host in control. */
  get controller(): Endpoint | undefined {
    return this.#controller
  }

  /** Carry out a command, and answer it. Of what was broadcast only what is meant for everybody counts. */
  handle(datagram: Uint8Array, from: Endpoint, nowMs: number, broadcast: boolean): Reply[] {
    const received = this.#parsed(datagram)
    if (!received) return []
    const { command } = received
    if (broadcast && command?.kind !== 'discovery' && command?.kind !== 'force-ip') return []
    this.counts.commands++
    if (same(from, this.#controller)) this.#heardMs = nowMs
    if (command?.kind === 'resend') {
      if (this.#mayAskAgain(from, command)) this.#actions.resend(command)
      return []
    }
    const last = this.#last
    if (last && same(from, last.from) && Buffer.compare(last.datagram, datagram) === 0) {
      this.counts.repeated++
      return this.#lossy(last.replies)
    }
    this.#asker = from
    const { status, ack } = this.#answer(received)
    // Whoever takes control with this command was heard now.
    if (same(from, this.#controller)) this.#heardMs = nowMs
    if (status !== Status.success) this.counts.refused++
    if (!received.acknowledge) return []
    const bytes = this.#gvcp.ack(received.requestId, status, ack, received.code)
    const replies = this.#slowed(received, {
      bytes,
      afterMs: 0,
      broadcast: this.#needsBroadcast(command, from),
    })
    this.#last = { from, datagram: datagram.slice(), replies }
    return this.#lossy(replies)
  }

  /** Let time pass: control is taken from a host that is silent. */
  expire(nowMs: number): void {
    if (!this.#controller || this.#map.word(Bootstrap.gvcpConfiguration) & HEARTBEAT_OFF) return
    if (nowMs - this.#heardMs <= this.#map.word(Bootstrap.heartbeatTimeout)) return
    this.counts.heartbeatsMissed++
    this.release()
  }

  /** Take control away from whoever has it, and forget the last command. */
  release(): void {
    this.#controller = undefined
    this.#privilege = 0
    this.#last = undefined
    this.#actions.released()
  }

  #parsed(datagram: Uint8Array): ReceivedCommand | undefined {
    try {
      return this.#gvcp.parseCommand(datagram)
    } catch {
      this.counts.malformed++
      return undefined
    }
  }

  #answer({ command, code }: ReceivedCommand): Answer {
    switch (command?.kind) {
      case 'discovery':
        return { status: Status.success, ack: { kind: 'discovery', device: this.#actions.identity() } }
      case 'force-ip':
        return this.#forceIp(command)
      case 'read-registers': {
        if (!this.#mayRead()) return refused(Status.accessDenied)
        const words = command.addresses.map((address) => this.#map.read(address, 4))
        const wrong = words.find((word) => typeof word === 'number')
        if (wrong !== undefined) return refused(wrong)
        const values = (words as Uint8Array[]).map((word) => new DataView(word.buffer).getUint32(0))
        return { status: Status.success, ack: { kind: 'read-registers', values } }
      }
      case 'read-memory': {
        if (!this.#mayRead()) return refused(Status.accessDenied)
        const data = this.#map.read(command.address, command.count)
        if (typeof data === 'number') return refused(data)
        return { status: Status.success, ack: { kind: 'read-memory', address: command.address, data } }
      }
      case 'write-registers': {
        let index = 0
        for (const { address, value } of command.writes) {
          const word = new DataView(new ArrayBuffer(4))
          word.setUint32(0, value)
          const refusal = this.#write(address, new Uint8Array(word.buffer)).refusal
          if (refusal !== undefined) return { status: refusal, ack: { kind: 'write-registers', index } }
          index++
        }
        return { status: Status.success, ack: { kind: 'write-registers', index } }
      }
      case 'write-memory': {
        const { words, refusal = Status.success } = this.#write(command.address, command.data)
        return { status: refusal, ack: { kind: 'write-memory', index: 4 * words } }
      }
      default:
        return refused(KNOWN_CODES.includes(code) ? Status.invalidHeader : Status.notImplemented)
    }
  }

  #write(address: number, data: Uint8Array): { words: number; refusal: Refusal } {
    const isPrivilege = address === Bootstrap.controlChannelPrivilege && data.length === 4
    if (!isPrivilege && !same(this.#asker, this.#controller))
      return { words: 0, refusal: Status.accessDenied }
    return this.#map.write(address, data)
  }

  /** Somebody wants control, or gives it back. */
  #grant(value: number): Refusal {
    if (this.#controller && !same(this.#asker, this.#controller)) return Status.accessDenied
    const wanted = value & PRIVILEGES
    if (wanted === 0) {
      if (this.#controller) this.release()
      return undefined
    }
    if (this.#faults.controlDenied) return Status.accessDenied
    this.#controller = this.#asker
    this.#privilege = wanted
    return undefined
  }

  #forceIp(command: Command & { kind: 'force-ip' }): Answer {
    if (command.mac.toLowerCase() !== this.#actions.identity().mac) return refused(Status.invalidParameter)
    this.#actions.forceIp(command)
    return { status: Status.success, ack: { kind: 'force-ip' } }
  }

  #mayRead(): boolean {
    const isExclusive = (this.#privilege & ControlPrivilege.exclusive) !== 0
    return !isExclusive || same(this.#asker, this.#controller)
  }

  /** From any port of the host in control: many ask from the one that the stream comes to. */
  #mayAskAgain(from: Endpoint, { channel }: Resend): boolean {
    return from.address === this.#controller?.address && channel === 0
  }

  #needsBroadcast(command: Command | undefined, from: Endpoint): boolean {
    if (command?.kind !== 'discovery' && command?.kind !== 'force-ip') return false
    const { address, netmask } = this.#actions.identity()
    const subnet = (text: string) => (addressNumber(text) & addressNumber(netmask)) >>> 0
    return subnet(from.address) !== subnet(address)
  }

  /** A slow command's answer comes later, behind a PENDING_ACK where that is wanted. */
  #slowed({ command, requestId }: ReceivedCommand, reply: Reply): Reply[] {
    const { slow, slowMs, pendingAck } = this.#faults
    if (command?.kind === 'discovery' || !this.#chance.happens(slow)) return [reply]
    const late = { ...reply, afterMs: slowMs }
    if (!pendingAck) return [late]
    this.counts.pendingAcks++
    const ack: Ack = { kind: 'pending', timeToCompletionMs: Math.ceil(slowMs) }
    return [{ ...reply, bytes: this.#gvcp.ack(requestId, Status.success, ack) }, late]
  }

  #lossy(replies: Reply[]): Reply[] {
    const kept = replies.filter(() => !this.#chance.happens(this.#faults.ackLoss))
    this.counts.acksLost += replies.length - kept.length
    return kept
  }
}

function same(one: Endpoint, other: Endpoint | undefined): boolean {
  return one.address === other?.address && one.port === other.port
}
