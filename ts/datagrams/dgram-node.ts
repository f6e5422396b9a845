import { createSocket, type Socket } from 'node:dgram'
import { FramewireError } from '../errors.js'
import { type Batch, packetAt, putPacket, slotsOf } from './batch.js'
import type { DatagramSocket, Datagrams, Endpoint, OpenOptions } from './datagrams.js'
import { closedFault, INVALID, isEndpoint, openFault, receiveFault, sendFault } from './faults.js'
import { readInterfaces } from './interfaces-node.js'

/** What waits to be received at least, in bytes, however small a receive buffer was asked for. */
const MIN_QUEUE_BYTES = 1024 * 1024
/** What an object for a packet takes beside its bytes, about. */
const PACKET_OVERHEAD_BYTES = 512

/** A packet that Node handed over and nobody received yet. */
interface Waiting {
  bytes: Uint8Array
  from: Endpoint
  receivedAtNs: bigint
}

/** The network through Node's own sockets. */
export function dgramDatagrams(): Datagrams {
  return { interfaces: readInterfaces, open }
}

async function open(options: OpenOptions = {}): Promise<DatagramSocket> {
  if (options.dontFragment) {
    throw new FramewireError(
      'datagrams/unsupported',
      "Node's sockets cannot forbid fragments. Use framewire on Linux, with its native part.",
      { option: 'dontFragment' },
    )
  }
  const { port = 0, receiveBufferBytes = 0, broadcast = false, shared = false } = options
  const address = addressToBind(options)
  if (!isEndpoint({ address, port })) throw openFault(options, INVALID)
  const socket = createSocket({
    type: 'udp4',
    reuseAddr: shared,
    // Addresses are never names: without a look-up packets go at once, and in order.
    lookup: (host, _options, found) => found(null, host, 4),
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address, port }, resolve)
    })
    socket.removeAllListeners('error')
    socket.setBroadcast(broadcast)
    if (receiveBufferBytes > 0) socket.setRecvBufferSize(receiveBufferBytes)
  } catch (cause) {
    socket.close()
    throw openFault(options, cause)
  }
  socket.unref()
  return new DgramSocket(socket, Math.max(receiveBufferBytes, MIN_QUEUE_BYTES))
}

/** The address of the device, where all addresses are asked for. */
function addressToBind(options: OpenOptions): string {
  const { address = '0.0.0.0', device } = options
  if (device === undefined) return address
  const [first] = readInterfaces().find(({ name }) => name === device)?.addresses ?? []
  if (!first) throw openFault(options, { code: 'ENODEV' })
  return address === '0.0.0.0' ? first.address : address
}

class DgramSocket implements DatagramSocket {
  readonly local: Endpoint
  readonly receiveBufferBytes: number
  readonly kernelDrops = undefined
  readonly #socket: Socket
  readonly #queueLimit: number
  #queue: Waiting[] = []
  #queueBytes = 0
  #queueDrops = 0
  #error: Error | undefined
  #closed = false
  /** Those who wait for an arrival. */
  readonly #waiters = new Set<(arrived: boolean) => void>()

  constructor(socket: Socket, queueLimit: number) {
    const { address, port } = socket.address()
    this.local = { address, port }
    // As the shim: Linux keeps twice of what it is asked for, and says so.
    const granted = socket.getRecvBufferSize()
    this.receiveBufferBytes = process.platform === 'linux' ? granted / 2 : granted
    this.#socket = socket
    this.#queueLimit = queueLimit
    socket.on('message', (bytes, { address, port }) => this.#arrived(bytes, { address, port }))
    socket.on('error', (error) => {
      this.#error = error
      this.#wake(true)
    })
  }

  get queueDrops(): number {
    return this.#queueDrops
  }

  receive(into: Batch): number {
    this.#mustBeOpen()
    const packets = this.#queue.splice(0, slotsOf(into))
    packets.forEach(({ bytes, from, receivedAtNs }, slot) => {
      this.#queueBytes -= bytes.length + PACKET_OVERHEAD_BYTES
      putPacket(into, slot, bytes, from, receivedAtNs)
    })
    if (packets.length > 0 || this.#error === undefined) return packets.length
    const error = this.#error
    this.#error = undefined
    throw receiveFault(this.local, error)
  }

  async arrival(timeoutMs: number): Promise<boolean> {
    this.#mustBeOpen()
    if (this.#hasSomething()) return true
    return new Promise((resolve) => {
      const done = (arrived: boolean) => {
        clearTimeout(timer)
        this.#waiters.delete(done)
        resolve(arrived)
      }
      const timer = setTimeout(done, timeoutMs, false)
      this.#waiters.add(done)
    })
  }

  async send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    this.#mustBeOpen()
    // A copy: where the send buffer is full, Node sends it later.
    await this.#send(new Uint8Array(bytes), to)
  }

  async sendMany(from: Batch, count: number): Promise<number> {
    this.#mustBeOpen()
    if (count > slotsOf(from)) throw sendFault(packetAt(from, 0).from, INVALID)
    const memory = new Uint8Array(from.memory.subarray(0, count * from.slotBytes))
    const copy = { ...from, memory, table: new Uint32Array(from.table) }
    for (let slot = 0; slot < count; slot++) {
      const { bytes, length, from: to } = packetAt(copy, slot)
      try {
        if (length > bytes.length) throw sendFault(to, INVALID)
        await this.#send(bytes, to)
      } catch (error) {
        if (slot === 0) throw error
        return slot
      }
    }
    return count
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#queue = []
    this.#wake(false)
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }

  #arrived(bytes: Uint8Array, from: Endpoint): void {
    const size = bytes.length + PACKET_OVERHEAD_BYTES
    if (this.#queueBytes + size > this.#queueLimit) {
      this.#queueDrops++
      return
    }
    this.#queueBytes += size
    this.#queue.push({ bytes, from, receivedAtNs: BigInt(Date.now()) * 1_000_000n })
    this.#wake(true)
  }

  #hasSomething(): boolean {
    return this.#queue.length > 0 || this.#error !== undefined
  }

  #wake(arrived: boolean): void {
    for (const done of [...this.#waiters]) done(arrived)
  }

  #send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!isEndpoint(to) || to.port === 0) return reject(sendFault(to, INVALID))
      const done = (cause: unknown) => (cause ? reject(sendFault(to, cause)) : resolve())
      this.#socket.send(bytes, to.port, to.address, done)
    })
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedFault(this.local)
  }
}
