import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, makeBatch, packetAt, putPacket } from './batch.js'
import type { DatagramSocket, Datagrams, Endpoint } from './datagrams.js'
import { closedFault, INVALID, isEndpoint, openFault, receiveFault, sendFault } from './faults.js'
import { readInterfaces } from './interfaces-node.js'
import { addressNumber, addressText } from './ipv4.js'

/** The addon of crates/udp-shim; its first page says what this does. */
interface Shim {
  UdpSocket: new (options: NativeOptions) => NativeSocket
}

interface NativeOptions {
  address: number
  port: number
  device: string | undefined
  receiveBufferBytes: number | undefined
  broadcast: boolean
  shared: boolean
  dontFragment: boolean
}

interface NativeSocket {
  readonly address: number
  readonly port: number
  readonly receiveBufferBytes: number
  receive(memory: Uint8Array, slotBytes: number, table: Uint32Array): number
  wait(timeoutMs: number): boolean
  sendMany(memory: Uint8Array, slotBytes: number, table: Uint32Array, count: number): number
  drops(): number
  close(): void
}

/** How often a socket is looked at while its arrival is awaited, in ms. */
const LOOK_MS = 1
/** The longest that the addon blocks, in ms. */
const MAX_BLOCK_MS = 65_535

/** The network through the native shim. Throws the loader's error where there is none for this platform. */
export function shimDatagrams(): Datagrams {
  const require = createRequire(import.meta.url)
  const root = dirname(require.resolve('framewire/package.json'))
  const shim: Shim = require('node-gyp-build')(root)
  return {
    interfaces: readInterfaces,
    async open(options = {}) {
      const { address = '0.0.0.0', port = 0, device, receiveBufferBytes } = options
      const { broadcast = false, shared = false, dontFragment = false } = options
      if (!isEndpoint({ address, port })) throw openFault(options, INVALID)
      try {
        const bind = { address: addressNumber(address), port, device, receiveBufferBytes }
        return new ShimSocket(new shim.UdpSocket({ ...bind, broadcast, shared, dontFragment }))
      } catch (cause) {
        throw openFault(options, cause)
      }
    },
  }
}

class ShimSocket implements DatagramSocket {
  readonly local: Endpoint
  readonly receiveBufferBytes: number
  readonly queueDrops = 0
  readonly #native: NativeSocket
  #closed = false
  #lastDrops = 0

  constructor(native: NativeSocket) {
    this.#native = native
    this.local = { address: addressText(native.address), port: native.port }
    this.receiveBufferBytes = native.receiveBufferBytes
  }

  get kernelDrops(): number {
    return this.#closed ? this.#lastDrops : this.#native.drops()
  }

  receive({ memory, slotBytes, table }: Batch, timeoutMs = 0): number {
    this.#mustBeOpen()
    try {
      const count = this.#native.receive(memory, slotBytes, table)
      if (count > 0 || timeoutMs <= 0) return count
      if (!this.#native.wait(Math.min(timeoutMs, MAX_BLOCK_MS))) return 0
      return this.#native.receive(memory, slotBytes, table)
    } catch (cause) {
      throw receiveFault(this.local, cause)
    }
  }

  async arrival(timeoutMs: number): Promise<boolean> {
    this.#mustBeOpen()
    const end = performance.now() + timeoutMs
    while (!this.#closed) {
      if (this.#native.wait(0)) return true
      if (performance.now() >= end) return false
      await sleep(LOOK_MS)
    }
    return false
  }

  async send(bytes: Uint8Array, to: Endpoint): Promise<void> {
    if (!isEndpoint(to)) throw sendFault(to, INVALID)
    // A slot of its own: the packet may be empty, and the send buffer full.
    const batch = makeBatch(1, Math.max(1, bytes.length))
    putPacket(batch, 0, bytes, to)
    while ((await this.sendMany(batch, 1)) === 0) await sleep(LOOK_MS)
  }

  async sendMany(from: Batch, count: number): Promise<number> {
    this.#mustBeOpen()
    try {
      return this.#native.sendMany(from.memory, from.slotBytes, from.table, count)
    } catch (cause) {
      throw sendFault(packetAt(from, 0).from, cause)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#lastDrops = this.#native.drops()
    this.#closed = true
    this.#native.close()
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedFault(this.local)
  }
}
