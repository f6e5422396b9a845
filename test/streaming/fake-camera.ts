import type { LiveFormat, LiveRun, LiveSource } from 'framewire'
import { PackingOutlet } from '../../ts/gige/capture/packing-outlet.js'
import type { FinishedBlock } from '../../ts/gige-vision/reassembler.js'
import type { CaptureLosses, LiveOrder } from '../../ts/packing/live.js'

const MS = 1_000_000n

/** What a fake camera is; everything but its size has a default. */
export interface FakeCameraOptions {
  height: number
  width: number
  /** Images that it has memory for. */
  buffers?: number
  /** The first id. */
  firstId?: bigint
  /** It never answers that it has stopped. */
  isDeaf?: boolean
  /** Capture time of the block with id 0, ns since 1970. */
  epochNs?: bigint
  periodNs?: bigint
  format?: Partial<LiveFormat>
}

/** A camera in this thread whose frames come when the test says; what it is told to lose it counts as its own. */
export class FakeCamera implements LiveSource {
  readonly label = 'fake camera'
  /** Blocks that were taken by the outlet and not released. */
  held = 0
  /** The most that were held at once. */
  mostHeld = 0
  stops = 0
  starts = 0
  #back: (() => void) | undefined
  readonly losses: CaptureLosses = { camera: 0, wire: 0, kernel: 0, app: 0 }
  readonly #options: Required<Omit<FakeCameraOptions, 'format'>>
  readonly #format: LiveFormat
  #outlet: PackingOutlet | undefined
  #port: MessagePort | undefined
  #nextId: bigint

  constructor({ height, width, format, ...options }: FakeCameraOptions) {
    const defaults = {
      buffers: 64,
      isDeaf: false,
      firstId: 1n,
      epochNs: 1_700_000_000_000n * MS,
      periodNs: 500n * MS,
    }
    this.#options = { height, width, ...defaults, ...options }
    const bytesPerFrame = height * width
    this.#format = { height, width, channels: 1, format: 'u8', bits: 8, bytesPerFrame, ...format }
    this.#nextId = this.#options.firstId
  }

  async format(): Promise<LiveFormat> {
    return this.#format
  }

  async start(order: LiveOrder, port: MessagePort): Promise<LiveRun> {
    const { buffers, isDeaf } = this.#options
    this.starts++
    this.#port = port
    this.#outlet = new PackingOutlet(port, order, {
      mostHeld: buffers,
      headerRows: 0,
      losses: () => ({ ...this.losses }),
    })
    return {
      stop: async () => {
        this.stops++
        if (isDeaf) await new Promise(() => {})
        this.#outlet!.close()
      },
    }
  }

  comeBack({ message }: Error): Promise<void> | undefined {
    if (message !== 'unplugged for a while') return undefined
    return new Promise((resolve) => {
      this.#back = resolve
    })
  }

  get isLookedFor(): boolean {
    return this.#back !== undefined
  }

  /** It is there again, if it is looked for. */
  plugIn(): void {
    this.#back?.()
  }

  /** Frames that are taken now, one after another. */
  send(frames: number): void {
    for (let i = 0; i < frames; i++) this.#outlet!.take(this.#frame(this.#nextId++))
  }

  /** Frames that never come. */
  lose(frames: number, place: keyof CaptureLosses): void {
    this.#nextId += BigInt(frames)
    this.losses[place] += frames
  }

  /** The ids go on at another number. */
  jump(id: bigint): void {
    this.#nextId = id
  }

  /** The stream breaks off. */
  break(error: Error): void {
    this.#outlet!.close(error)
  }

  /** The thread that it lives in ends. */
  die(): void {
    this.#port!.close()
  }

  /** Bytes of the image of a block. */
  pixels(id: bigint): Uint8Array<ArrayBuffer> {
    return pattern(this.#format.bytesPerFrame, id)
  }

  #frame(id: bigint) {
    const { epochNs, periodNs } = this.#options
    const capturedAtNs = epochNs + id * periodNs
    return { block: this.#block(id), timestampNs: capturedAtNs, capturedAtNs }
  }

  #block(blockId: bigint): FinishedBlock {
    const data = this.pixels(blockId)
    let released = false
    this.held++
    this.mostHeld = Math.max(this.mostHeld, this.held)
    return {
      blockId,
      complete: true,
      missing: [],
      packetBytes: 1000,
      leader: undefined,
      bytes: data.byteLength,
      receivedAtNs: 0n,
      firstAtNs: 0n,
      resent: 0,
      copy(into) {
        if (released) throw new Error(`block ${blockId} was read after its release`)
        into.set(data)
      },
      release: () => {
        if (released) return
        released = true
        this.held--
      },
    }
  }
}

/** Bytes that tell the frame and the place in it. */
export function pattern(bytes: number, id: bigint): Uint8Array<ArrayBuffer> {
  const seed = Number(id % 251n)
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + seed * 13 + (at >> 8) * seed) & 255)
}
