import { onTestFinished } from 'vitest'
import { Status, streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { floatBits, floatOf } from '../../ts/gige-vision/register-float.js'
import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { createTelopsSimulator, type TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { Register, type RegisterName, type TelopsRegister } from '../../ts/telops/registers.js'
import { loopbackAddress } from '../gige/loopback.js'
import { Host, parsePacket, WASM } from './host.js'

/** Times of a camera that nobody has to wait for. */
const QUICK: TelopsSimulatorOptions = { ringDeadMs: 0, recordingStopMs: 0, imageCorrectionMs: 0 }

/** A simulated Telops camera at an address of the loopback interface that no other one has; it is gone with the test. */
export async function simulateTelops(options: TelopsSimulatorOptions = {}): Promise<TelopsSimulator> {
  const address = loopbackAddress()
  const camera = await createTelopsSimulator({ address, files: { wasmUrl: WASM }, ...QUICK, ...options })
  onTestFinished(() => camera.close())
  return camera
}

/** A frame as it came: 64 x 4 pixels and two header rows, which are one packet. */
export interface SmallFrame {
  block: number
  frameId: number
  /** Units of 100 ns since 1970. */
  takenAt: bigint
  buffering: number
  header: DataView
  counts: Uint16Array
}

/** Packets of pixels have this format. */
const PAYLOAD = 3

/** What a small frame is like. */
export const SMALL = { width: 64, height: 4 }

/** A host in control of a Telops camera, which knows its registers by name. */
export class TelopsHost {
  readonly raw: Host

  private constructor(raw: Host) {
    this.raw = raw
  }

  static async open(camera: TelopsSimulator): Promise<TelopsHost> {
    const host = new TelopsHost(await Host.open(camera))
    await host.raw.takeControl()
    return host
  }

  async read(name: RegisterName): Promise<number> {
    const [word] = await this.raw.read(Register[name].address)
    return Register[name].type === 'float' ? floatOf(word!) : word!
  }

  /** What becomes of writing a register. */
  writing(name: RegisterName, value: number): Promise<number> {
    const isFloat = Register[name].type === 'float'
    return this.raw.writing(Register[name].address, isFloat ? floatBits(value) : value)
  }

  async write(name: RegisterName, value = 1): Promise<void> {
    const status = await this.writing(name, value)
    if (status !== Status.success) throw new Error(`${name} <- ${value}: status ${status.toString(16)}`)
  }

  /** Write these registers, in order. */
  async set(values: Partial<Record<RegisterName, number>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await this.write(name as RegisterName, value)
  }

  /** Resolves when a register reads so. */
  async until(name: RegisterName, value: number): Promise<void> {
    for (const end = performance.now() + 10_000; performance.now() < end; ) {
      if ((await this.read(name)) === value) return
    }
    throw new Error(`${name} is ${await this.read(name)}, not ${value}`)
  }

  /** Open the stream, for small frames. */
  async openStream(): Promise<void> {
    const { port, destination, packetSize } = streamChannel(0)
    await this.raw.write(packetSize, 1500)
    await this.raw.write(destination, 0x7f00_0001)
    await this.raw.write(port, this.raw.stream.local.port)
  }

  async small(): Promise<void> {
    await this.set({ Width: 64, Height: 6 })
  }

  /** Record, in a buffer with so many sequences of so many small frames, that many of them at once. */
  async record(frames: number, sequences = 1, preMoi = 0): Promise<void> {
    await this.small()
    await this.set({ AcquisitionFrameRate: 50_000, MemoryBufferMode: 1 })
    await this.set({ MemoryBufferNumberOfSequences: sequences, MemoryBufferSequenceSize: frames })
    await this.set({ MemoryBufferSequencePreMOISize: preMoi, MemoryBufferMOISource: 1 })
    await this.set({ AcquisitionArm: 1, AcquisitionStart: 1 })
    for (let done = 1; done <= sequences; done++) {
      await this.write('MemoryBufferMOISoftware')
      await this.until('MemoryBufferSequenceCount', done)
    }
    await this.write('AcquisitionStop')
  }

  /** Begin to download. */
  async download(firstFrameId: number, frames: number, bitRate = 10_000): Promise<void> {
    await this.set({ MemoryBufferDownloadMode: 1, MemoryBufferSequenceDownloadBitRateMax: bitRate })
    await this.write('MemoryBufferSequenceDownloadFrameID', firstFrameId)
    await this.write('MemoryBufferSequenceDownloadFrameCount', frames)
    await this.write('AcquisitionStart')
  }

  /** Frames until one of them is the last. */
  async frames(isLast: number | ((frame: SmallFrame) => boolean)): Promise<SmallFrame[]> {
    const frames: SmallFrame[] = []
    let seen = 0
    await this.raw.packets((packets) => {
      const fresh = packets.slice(seen).map(parsePacket)
      seen = packets.length
      frames.push(...fresh.filter(({ format }) => format === PAYLOAD).map(smallFrame))
      return typeof isLast === 'number' ? frames.length >= isLast : frames.some(isLast)
    })
    return frames
  }
}

function smallFrame({ block, content }: ReturnType<typeof parsePacket>): SmallFrame {
  const bytes = content.slice()
  const header = new DataView(bytes.buffer)
  return {
    block,
    frameId: header.getUint32(8, true),
    takenAt: BigInt(header.getUint32(100, true)) * 10_000_000n + BigInt(header.getUint32(104, true)),
    buffering: header.getUint8(74),
    header,
    counts: new Uint16Array(bytes.buffer, 2 * 2 * SMALL.width),
  }
}

/** Registers of the camera's own. */
export const OWN_REGISTERS = (Object.entries(Register) as [RegisterName, TelopsRegister][]).filter(
  ([name]) => !name.startsWith('Gev'),
)
