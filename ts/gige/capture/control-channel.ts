import type { Batch } from '../../datagrams/batch.js'
import type { DatagramSocket, Datagrams, Endpoint } from '../../datagrams/datagrams.js'
import { Bootstrap, GVCP_PORT, GvcpCapability, MAX_MEMORY_BYTES } from '../../gige-vision/bootstrap.js'
import type { Gvcp } from '../../gige-vision/gvcp.js'
import { closedFault, optionFault } from '../faults.js'
import type { Registers } from '../registers.js'
import { CommandQueue, type Patience } from './command-queue.js'

/** Where a camera is, and how it is reached. */
export interface CameraPlace {
  /** The camera's IPv4 address. */
  address: string
  /** IPv4 address of this host that it shall answer to. */
  interfaceIp: string
  /** Name of the network interface that it is behind; left out, the system's routes decide. */
  interfaceName?: string
}

/** Registers that fit into one command. */
const MAX_REGISTERS = 135

/** A camera's control channel: its registers and memory, wherever it is. */
export class ControlChannel implements Registers {
  readonly #datagrams: Datagrams
  readonly #queue: CommandQueue
  #place: CameraPlace
  #concatenation: boolean | undefined

  /** Open the channel; nothing is sent yet. Rejects with `datagrams/...`. */
  static async open(
    gvcp: Gvcp,
    datagrams: Datagrams,
    place: CameraPlace,
    patience: Patience = {},
  ): Promise<ControlChannel> {
    const socket = await openAt(datagrams, place)
    return new ControlChannel(datagrams, place, new CommandQueue(gvcp, socket, endpointOf(place), patience))
  }

  private constructor(datagrams: Datagrams, place: CameraPlace, queue: CommandQueue) {
    this.#datagrams = datagrams
    this.#place = place
    this.#queue = queue
  }

  /** Where the camera takes commands. */
  get camera(): Endpoint {
    return this.#queue.camera
  }

  /** IPv4 address of this host as the camera knows it, and the port that it answers to. */
  get local(): Endpoint {
    return { address: this.#place.interfaceIp, port: this.#queue.socket.local.port }
  }

  /** How the camera is reached. */
  get place(): CameraPlace {
    return this.#place
  }

  /** When the camera last answered, by the channel's clock. */
  get answeredAt(): number {
    return this.#queue.answeredAt
  }

  /** When its last answer was received, in ns since 1970 by this host's clock, as its kernel tells. */
  get receivedAtNs(): bigint {
    return this.#queue.receivedAtNs
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
    await this.#queue.ask({ kind: 'write-registers', writes: [{ address, value }] })
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
      await this.#queue.ask({ kind: 'write-memory', address: start + at, data: part })
    }
  }

  /** Send packets of one's own, such as resend requests, which no acknowledge answers; as the socket does. */
  sendMany(from: Batch, count: number): Promise<number> {
    return this.#queue.socket.sendMany(from, count)
  }

  /** The camera is lost: what is asked rejects with `fault` at once, until {@link moveTo}. */
  cut(fault: Error): void {
    this.#queue.cut(fault)
  }

  /** The camera is there again, or elsewhere. Rejects with `datagrams/...`. */
  async moveTo(place: CameraPlace): Promise<void> {
    const socket = await openAt(this.#datagrams, place)
    this.#place = place
    this.#concatenation = undefined
    await this.#queue.moveTo(socket, endpointOf(place))
  }

  /** Close the channel. What waits for an answer rejects with `gige/closed`. */
  close(): Promise<void> {
    return this.#queue.close(closedFault(this.#place.address))
  }

  async #readAtOnce(addresses: readonly number[]): Promise<readonly number[]> {
    const ack = await this.#queue.ask({ kind: 'read-registers', addresses })
    return ack.values
  }

  async #readMemoryAtOnce(address: number, count: number): Promise<Uint8Array> {
    const ack = await this.#queue.ask({ kind: 'read-memory', address, count })
    return ack.data
  }

  async #canConcatenate(): Promise<boolean> {
    this.#concatenation ??=
      ((await this.readRegister(Bootstrap.gvcpCapability)) & GvcpCapability.concatenation) !== 0
    return this.#concatenation
  }
}

function endpointOf({ address }: CameraPlace): Endpoint {
  return { address, port: GVCP_PORT }
}

function openAt(datagrams: Datagrams, { interfaceIp, interfaceName }: CameraPlace): Promise<DatagramSocket> {
  return datagrams.open({ address: interfaceIp, device: interfaceName })
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
