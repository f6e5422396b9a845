import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { Bootstrap, GVCP_PORT, Status } from '../../../ts/gige-vision/bootstrap.js'
import type { Ack, Command, DeviceIdentity, ReceivedCommand } from '../../../ts/gige-vision/gvcp.js'
import { loopbackAddress } from '../../gige/loopback.js'
import { gige } from '../gige-vision/module.js'

const { gvcp } = gige

/** A command that a fake camera heard. */
export interface Heard {
  requestId: number
  command: Command
  port: number
}

/**
 * What is done with a command in place of sending its answer. `answer` carries it out, once, and makes the datagram;
 * `send` sends to whoever asked.
 */
export type Reaction = (the: { answer(): Uint8Array; send(bytes: Uint8Array): void; heard: Heard }) => void

/**
 * A camera's control channel by script, on a real socket: memory of words, control and its heartbeat, the last answer for
 * a command that is repeated.
 */
export class FakeCamera {
  readonly address: string
  /** By address. Addresses that are not in it are refused. */
  readonly words = new Map<number, number>()
  /** Every command as it came, repeated ones too. */
  readonly heard: Heard[] = []
  /** Commands that were carried out. */
  readonly ran: Command[] = []
  /** What to do with the next commands, in order; then each is answered. */
  readonly script: Reaction[] = []
  /** What to do with every command that the script has nothing for. */
  always: Reaction = ({ answer, send }) => send(answer())
  identity: DeviceIdentity
  /** Whether a host that falls silent loses control. */
  isWatchful = false
  /** Who is in control. */
  holder: { address: string; port: number } | undefined
  #socket: Socket
  #watchdog: NodeJS.Timeout | undefined
  #last: { requestId: number; port: number; answer: Uint8Array } | undefined

  static async open(
    identity: Partial<DeviceIdentity> = {},
    address = loopbackAddress(),
  ): Promise<FakeCamera> {
    const camera = new FakeCamera(address, identity)
    await camera.start()
    onTestFinished(() => camera.stop())
    return camera
  }

  private constructor(address: string, identity: Partial<DeviceIdentity>) {
    this.address = address
    this.identity = {
      version: '2.0',
      mac: '00:11:1c:00:00:01',
      address,
      netmask: '255.0.0.0',
      gateway: '0.0.0.0',
      manufacturer: 'Framewire',
      model: 'Fake',
      deviceVersion: '1',
      manufacturerInfo: '',
      serialNumber: 'FAKE1',
      userName: '',
      ...identity,
    }
    for (const register of [
      Bootstrap.controlChannelPrivilege,
      Bootstrap.gvcpCapability,
      Bootstrap.heartbeatTimeout,
      Bootstrap.firstUrl,
    ]) {
      this.words.set(register, 0)
    }
    this.#socket = createSocket('udp4')
  }

  /** Plug in, after `stop` with nobody in control. */
  async start(): Promise<void> {
    this.#socket = createSocket('udp4')
    this.#socket.on('message', (bytes, from) => this.#received(bytes, from))
    this.#socket.bind(GVCP_PORT, this.address)
    await once(this.#socket, 'listening')
  }

  /** Pull the plug. */
  async stop(): Promise<void> {
    this.#letGo()
    await new Promise<void>((resolve) => {
      try {
        this.#socket.close(() => resolve())
      } catch {
        resolve() // it was pulled
      }
    })
  }

  /** Bytes of memory, from an address on. */
  setMemory(address: number, bytes: Uint8Array): void {
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
    padded.set(bytes)
    const view = new DataView(padded.buffer)
    for (let at = 0; at < padded.length; at += 4) this.words.set(address + at, view.getUint32(at))
  }

  memory(address: number, count: number): Uint8Array {
    const view = new DataView(new ArrayBuffer(count))
    for (let at = 0; at < count; at += 4) view.setUint32(at, this.words.get(address + at)!)
    return new Uint8Array(view.buffer)
  }

  /** The ids of the commands that were heard. */
  get requestIds(): number[] {
    return this.heard.map(({ requestId }) => requestId)
  }

  #received(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const received = gvcp.parseCommand(bytes)
    if (!received.command) throw new Error(`a command that is none: ${received.reason}`)
    const heard = { requestId: received.requestId, command: received.command, port }
    this.heard.push(heard)
    if (this.isWatchful && this.holder) this.#watch()
    const react = this.script.shift() ?? this.always
    react({
      heard,
      answer: () => this.#answer(received, received.command!, address, port),
      send: (datagram) => void this.#socket.send(datagram, port, address),
    })
  }

  /** A repeated command is not carried out again. */
  #answer({ requestId, code }: ReceivedCommand, command: Command, address: string, port: number): Uint8Array {
    if (this.#last?.requestId === requestId && this.#last.port === port) return this.#last.answer
    this.ran.push(command)
    const done = this.#run(command, address, port)
    const answer =
      typeof done === 'number'
        ? gvcp.ack(requestId, done, { kind: 'refused' }, code)
        : gvcp.ack(requestId, 0, done)
    this.#last = { requestId, port, answer }
    return answer
  }

  #run(command: Command, address: string, port: number): Ack | number {
    switch (command.kind) {
      case 'discovery':
        return { kind: 'discovery', device: this.identity }
      case 'read-registers': {
        if (!command.addresses.every((at) => this.words.has(at))) return Status.invalidAddress
        return { kind: 'read-registers', values: command.addresses.map((at) => this.words.get(at)!) }
      }
      case 'write-registers': {
        const [{ address: at, value } = { address: 0, value: 0 }] = command.writes
        if (!this.words.has(at)) return Status.invalidAddress
        if (!this.#mayWrite(address, port)) return Status.accessDenied
        this.words.set(at, value)
        if (at === Bootstrap.controlChannelPrivilege) {
          if (value === 0) this.#letGo()
          else this.holder = { address, port }
        }
        // Some cameras say 0, some 1, some repeat the address.
        return { kind: 'write-registers', index: at }
      }
      case 'read-memory': {
        if (command.address % 4 || command.count % 4) return Status.badAlignment
        return {
          kind: 'read-memory',
          address: command.address,
          data: this.memory(command.address, command.count),
        }
      }
      case 'write-memory':
        if (command.address % 4 || command.data.length % 4) return Status.badAlignment
        this.setMemory(command.address, command.data)
        return { kind: 'write-memory', index: 0 }
      default:
        return Status.notImplemented
    }
  }

  #watch(): void {
    clearTimeout(this.#watchdog)
    const timeoutMs = this.words.get(Bootstrap.heartbeatTimeout)
    if (timeoutMs) this.#watchdog = setTimeout(() => this.#letGo(), timeoutMs)
  }

  #letGo(): void {
    clearTimeout(this.#watchdog)
    this.holder = undefined
    this.words.set(Bootstrap.controlChannelPrivilege, 0)
  }

  #mayWrite(address: string, port: number): boolean {
    return !this.holder || (this.holder.address === address && this.holder.port === port)
  }
}
