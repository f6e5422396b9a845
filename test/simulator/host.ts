import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { makeBatch, packetAt } from '../../ts/datagrams/batch.js'
import type { DatagramSocket } from '../../ts/datagrams/datagrams.js'
import { nodeDatagrams } from '../../ts/datagrams/open-node.js'
import {
  Bootstrap,
  ControlPrivilege,
  GVCP_PORT,
  Status,
  streamChannel,
} from '../../ts/gige-vision/bootstrap.js'
import type { Ack, Command, ReceivedAck } from '../../ts/gige-vision/gvcp.js'
import { createGigeVision } from '../../ts/gige-vision/wasm.js'
import { Feature } from '../../ts/simulator/features.js'
import type { GigeSimulatorOptions } from '../../ts/simulator/options.js'
import { createGigeSimulator, type GigeSimulator } from '../../ts/simulator/simulator.js'
import { loopbackAddress } from '../gige/loopback.js'

export const WASM = new URL('../../crates/gige-wasm/pkg/gige_wasm_bg.wasm', import.meta.url)

export const { gvcp } = createGigeVision(new WebAssembly.Module(readFileSync(WASM)))

/** A simulated camera at an address of the loopback interface that no other one has; it is gone with the test. */
export async function simulate(options: GigeSimulatorOptions = {}): Promise<GigeSimulator> {
  const address = loopbackAddress()
  const simulator = await createGigeSimulator({ address, files: { wasmUrl: WASM }, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

/** How long anything is waited for, in ms. */
const PATIENCE_MS = 10_000

/** A host, as simple as one can be. It is gone with the test. */
export class Host {
  readonly control: DatagramSocket
  readonly stream: DatagramSocket
  readonly #camera: { address: string; port: number }
  #requestId = 0

  private constructor(control: DatagramSocket, stream: DatagramSocket, camera: string) {
    this.control = control
    this.stream = stream
    this.#camera = { address: camera, port: GVCP_PORT }
  }

  static async open(camera: { address: string }): Promise<Host> {
    const control = await nodeDatagrams().open({ address: '127.0.0.1' })
    const stream = await nodeDatagrams().open({ address: '127.0.0.1', receiveBufferBytes: 1 << 24 })
    onTestFinished(async () => {
      await control.close()
      await stream.close()
    })
    return new Host(control, stream, camera.address)
  }

  /** Send bytes as they are. */
  send(bytes: Uint8Array, from = this.control): Promise<void> {
    return from.send(bytes, this.#camera)
  }

  /** The next acknowledge; undefined where none comes within `waitMs`. */
  async answer(waitMs = PATIENCE_MS): Promise<ReceivedAck | undefined> {
    if (!(await this.control.arrival(waitMs))) return undefined
    const batch = makeBatch(1, 2048)
    this.control.receive(batch)
    return gvcp.parseAck(packetAt(batch, 0).bytes)
  }

  /** Resolves when a camera that restarts hears again; it must not have heard what was sent before. */
  async return(): Promise<void> {
    const first = this.#requestId + 1
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
      this.#requestId++
      await this.send(gvcp.command(this.#requestId, { kind: 'discovery' }, true))
      let answer = await this.answer(50)
      if (answer?.requestId === first) throw new Error('the camera was not gone')
      if (!answer) continue
      while (answer?.requestId !== this.#requestId) answer = await this.answer()
      return
    }
    throw new Error('the camera did not come back')
  }

  /** Give a command, and wait for what becomes of it. */
  async ask(command: Command): Promise<ReceivedAck> {
    this.#requestId++
    await this.send(gvcp.command(this.#requestId, command, true))
    const answer = await this.answer()
    if (answer?.requestId !== this.#requestId) throw new Error(`no answer to ${command.kind}`)
    return answer
  }

  /** The acknowledge of a command that is carried out. */
  async done<K extends Ack['kind']>(command: Command & { kind: K }): Promise<Ack & { kind: K }> {
    const { status, ack } = await this.ask(command)
    if (status !== Status.success) throw new Error(`${command.kind}: ${gvcp.statusName(status)}`)
    return ack as Ack & { kind: K }
  }

  async read(...addresses: number[]): Promise<readonly number[]> {
    return (await this.done({ kind: 'read-registers', addresses })).values
  }

  async write(address: number, value: number): Promise<void> {
    await this.done({ kind: 'write-registers', writes: [{ address, value }] })
  }

  /** What becomes of writing a register. */
  async writing(address: number, value: number): Promise<number> {
    return (await this.ask({ kind: 'write-registers', writes: [{ address, value }] })).status
  }

  takeControl(privilege: number = ControlPrivilege.control): Promise<number> {
    return this.writing(Bootstrap.controlChannelPrivilege, privilege)
  }

  /** Take control, and have frames sent. */
  async startStream(packetSize = 576, frames?: number): Promise<void> {
    const channel = streamChannel(0)
    await this.takeControl()
    await this.write(channel.packetSize, packetSize)
    await this.write(channel.destination, 0x7f00_0001)
    await this.write(channel.port, this.stream.local.port)
    if (frames !== undefined) {
      await this.write(Feature.acquisitionMode, 2)
      await this.write(Feature.acquisitionFrameCount, frames)
    }
    await this.write(Feature.acquisitionStart, 1)
  }

  /** Packets of the stream until `enough`, which may ask the camera, too. Where they come from is put in `senders`. */
  async packets(
    enough: (packets: Uint8Array[]) => boolean,
    senders = new Set<string>(),
  ): Promise<Uint8Array[]> {
    const packets: Uint8Array[] = []
    const batch = makeBatch(256, 9000)
    for (let lastMs = performance.now(); !enough(packets); ) {
      if (!(await this.stream.arrival(20))) {
        if (performance.now() - lastMs < PATIENCE_MS) continue
        throw new Error(`no more after ${packets.length} packets`)
      }
      lastMs = performance.now()
      const count = this.stream.receive(batch)
      for (let slot = 0; slot < count; slot++) {
        const { bytes, from } = packetAt(batch, slot)
        packets.push(bytes.slice())
        senders.add(from.address)
      }
    }
    return packets
  }

  /** Every packet of a session, which ends after so many frames. */
  session(camera: GigeSimulator, frames: number): Promise<Uint8Array[]> {
    return this.packets(
      ({ length }) =>
        camera.statistics.frames === frames && !camera.isStreaming && camera.statistics.packets === length,
    )
  }
}

/** A packet of a block with a standard header or an extended one, read by nothing of ours. */
export function parsePacket(packet: Uint8Array) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const word = view.getUint32(4)
  const isExtended = word >>> 31 === 1
  return {
    status: view.getUint16(0),
    isExtended,
    block: isExtended ? Number(view.getBigUint64(8)) : view.getUint16(2),
    format: (word >>> 24) & 0x7f,
    packet: isExtended ? view.getUint32(16) : word & 0xff_ffff,
    content: packet.subarray(isExtended ? 20 : 8),
  }
}

/** Each number of some ranges. */
export function numbersIn(ranges: readonly (readonly [number, number])[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n))
}
