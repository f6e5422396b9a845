import { makeBatch, packetAt } from '../../datagrams/batch.js'
import type { DatagramSocket } from '../../datagrams/datagrams.js'
import { addressNumber } from '../../datagrams/ipv4.js'
import { hasCode } from '../../errors.js'
import { PacketSize, streamChannel } from '../../gige-vision/bootstrap.js'
import { type FoundPacketSize, IP_UDP_BYTES, negotiatePacketSize, packetSizes } from '../packet-size.js'
import type { Registers } from '../registers.js'
import type { StreamSettings } from '../stream-options.js'

/** How long a test packet may take, in ms, and how many are asked for. */
const TEST_MS = 100
const TESTS = 2

const CHANNEL = streamChannel(0)

/** The camera's end of its first stream channel. */
export class StreamChannel {
  readonly #registers: Registers
  readonly #cameraAddress: string

  constructor(registers: Registers, cameraAddress: string) {
    this.#registers = registers
    this.#cameraAddress = cameraAddress
  }

  /** Let the stream go to this port of this host. */
  async open(host: { address: string; port: number }): Promise<void> {
    await this.#registers.writeRegister(CHANNEL.destination, addressNumber(host.address))
    await this.#registers.writeRegister(CHANNEL.port, host.port)
  }

  /** Let the stream go nowhere. */
  close(): Promise<void> {
    return this.#registers.writeRegister(CHANNEL.port, 0)
  }

  /**
   * Have packets of the size sent that is asked for, or of the largest that gets through.
   * @param mtu of the interface here; undefined where it does not tell
   */
  async settlePacketSize(
    socket: DatagramSocket,
    { packetSize, packetSizeBelow }: StreamSettings,
    mtu: number | undefined,
  ): Promise<FoundPacketSize> {
    const found =
      packetSize === undefined
        ? await negotiatePacketSize(packetSizes(mtu, packetSizeBelow), (bytes) => this.test(socket, bytes))
        : { bytes: packetSize, tested: false }
    return { ...found, bytes: await this.setPacketSize(found.bytes) }
  }

  /** Have packets of this size sent, in one piece each; the size that the camera made of it. */
  async setPacketSize(bytes: number): Promise<number> {
    await this.#registers.writeRegister(CHANNEL.packetSize, PacketSize.doNotFragment + bytes)
    return (await this.#registers.readRegister(CHANNEL.packetSize)) & 0xffff
  }

  /** The pause from one packet to the next. The camera counts it in ticks of its clock; those of one without are ns. */
  setPacketDelay(delayNs: number, frequency: bigint): Promise<void> {
    return this.setPacketDelayTicks(
      Number((BigInt(delayNs) * (frequency || 1_000_000_000n)) / 1_000_000_000n),
    )
  }

  /** The same in the camera's own ticks. */
  async setPacketDelayTicks(ticks: number): Promise<void> {
    try {
      await this.#registers.writeRegister(CHANNEL.packetDelay, ticks)
    } catch (error) {
      // A camera without such a pause need not be told that there is none.
      if (ticks > 0 || !hasCode(error, 'gige/refused')) throw error
    }
  }

  /** Let packets from the camera in at this host's firewall, where it admits answers: send one to where they come from. */
  async invite(socket: DatagramSocket): Promise<void> {
    const port = (await this.#registers.readRegister(CHANNEL.sourcePort).catch(() => 0)) & 0xffff
    if (port !== 0)
      await socket.send(new Uint8Array(4), { address: this.#cameraAddress, port }).catch(() => {})
  }

  /** Have a packet of this size sent, and say whether it came. */
  async test(socket: DatagramSocket, bytes: number): Promise<boolean> {
    try {
      const actual = await this.setPacketSize(bytes)
      for (let attempt = 0; attempt < TESTS; attempt++) {
        const fire = PacketSize.fireTest + PacketSize.doNotFragment + actual
        await this.#registers.writeRegister(CHANNEL.packetSize, fire)
        if (await this.#arrives(socket, actual - IP_UDP_BYTES)) return true
      }
    } catch (error) {
      // It may not know this size.
      if (!hasCode(error, 'gige/refused')) throw error
    }
    return false
  }

  async #arrives(socket: DatagramSocket, bytes: number): Promise<boolean> {
    const batch = makeBatch(16, 16)
    const end = performance.now() + TEST_MS
    for (let left = TEST_MS; left > 0; left = end - performance.now()) {
      if (!(await socket.arrival(left))) return false
      const count = socket.receive(batch)
      for (let slot = 0; slot < count; slot++) {
        const { length, from } = packetAt(batch, slot)
        if (length === bytes && from.address === this.#cameraAddress) return true
      }
    }
    return false
  }
}
