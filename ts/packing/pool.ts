import { startThread, type Thread, type Threads, transferred } from '../core/thread.js'
import { nextTurn } from '../core/turn.js'
import { fromWire } from '../core/wire-error.js'
import { FramewireError, isFramewireError } from '../errors.js'
import type { FrameDone, FrameKey, FrameTask } from './messages.js'
import type { Packer } from './packer.js'

/** A frame that waits to be packed. `copy` fills a recycled buffer; the source stays until the frame is settled. */
export interface PendingFrame extends FrameKey, Pick<FrameTask, 'format' | 'height' | 'width' | 'work'> {
  byteLength: number
  copy(into: Uint8Array): void
  /** The packer gave an answer that is not a packed frame: a measure, or a second failure. */
  onMeasured?(measured: { min: number; max: number }): void
  onFailed(error: FramewireError): void
}

/** Frames a worker may hold at once: one in work and one waiting, so that it never idles and never queues more. */
const CREDIT = 2

interface Held {
  frame: PendingFrame
  failures: number
  /** Nobody waits for it any more: the sealing side has it (its word may come before the packer's own), or it was cancelled. */
  settled: boolean
}

interface Station {
  /** Counts the workers. */
  packer: number
  thread: Thread<Packer>
  port: MessagePort
  /** Frames in the worker's hands, by task number. */
  held: Map<number, Held>
  /** Frames it packed that the sealing side has not confirmed yet. */
  packed: Set<Held>
}

/** Gives a sealer the port that a packing worker's frames come on. */
type Attach = (port: MessagePort) => Promise<void>

/** Is given a port to a packing worker: frames that come there are packed as those of the pool are. */
export type Feeding = (packer: number, port: MessagePort) => void

/**
 * The packing workers. Frames are handed out in order of submission, each to the next worker with credit; a worker
 * that is lost or breaks is replaced and its frames are packed again, once.
 */
export class PackingPool {
  readonly #threads: Threads
  readonly #size: number
  readonly #stations = new Set<Station>()
  readonly #queue: Held[] = []
  readonly #buffers: ArrayBuffer[] = []
  readonly #streams = new Map<number, Attach>()
  readonly #feedings = new Set<Feeding>()
  #starting: Promise<unknown> | undefined
  #scheduled = false
  #nextTask = 0
  #nextPacker = 0
  #closed = false

  constructor(threads: Threads, size: number) {
    this.#threads = threads
    this.#size = size
  }

  /** Start the workers, if they are not there. Throws `core/load`. */
  start(): Promise<unknown> {
    this.#starting ??= Promise.all(Array.from({ length: this.#size }, () => this.#open()))
    return this.#starting
  }

  /** Join a stream to its sealer: `attach` is given a port for each worker, those that come later as well. */
  async connect(stream: number, attach: Attach): Promise<void> {
    await this.start()
    this.#streams.set(stream, attach)
    await Promise.all([...this.#stations].map((station) => this.#join(station, stream, attach)))
  }

  /** Forget a stream and its frames that still wait. */
  async disconnect(stream: number): Promise<void> {
    this.#streams.delete(stream)
    this.cancel((frame) => frame.stream === stream)
    await Promise.all([...this.#stations].map(({ thread }) => thread.commands.disconnect(stream)))
  }

  /**
   * Let frames that do not come through this thread be packed: `feeding` is given a port to each worker, those that
   * come later as well, until the answer is called. Who feeds minds the credit of a worker, and packs the frames of one
   * that was lost again.
   */
  async feed(feeding: Feeding): Promise<() => void> {
    await this.start()
    this.#feedings.add(feeding)
    for (const station of this.#stations) this.#feed(station, feeding)
    return () => void this.#feedings.delete(feeding)
  }

  /** Replace a worker that broke, as whoever feeds it found out. */
  replace(packer: number, reason: unknown): void {
    const broken = [...this.#stations].find((station) => station.packer === packer)
    if (broken) this.#replace(broken, reason)
  }

  /** Queue a frame. Its source is read on a later turn of the event loop. */
  submit(frame: PendingFrame): void {
    this.#queue.push({ frame, failures: 0, settled: false })
    this.#schedule()
  }

  /** The sealing side has this frame: a lost worker needs to pack it no more. */
  confirm(key: FrameKey): void {
    for (const { held, packed } of this.#stations) {
      for (const one of [...held.values(), ...packed]) {
        if (!sameFrame(one.frame, key)) continue
        one.settled = true
        packed.delete(one)
      }
    }
    this.#settle()
  }

  /** Drop frames that wait; those in a worker's hands are finished, and nobody is told. */
  cancel(which: (frame: PendingFrame) => boolean): void {
    const kept = this.#queue.filter(({ frame }) => !which(frame))
    this.#queue.splice(0, this.#queue.length, ...kept)
    for (const { held, packed } of this.#stations) {
      for (const one of [...held.values(), ...packed]) {
        if (!which(one.frame)) continue
        one.settled = true
        packed.delete(one)
      }
    }
    this.#settle()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#queue.length = 0
    await this.#starting?.catch(() => {})
    await Promise.all([...this.#stations].map((station) => this.#end(station)))
  }

  async #open(): Promise<void> {
    const thread = await startThread<Packer>(this.#threads, 'packing')
    const { port1, port2 } = new MessageChannel()
    const packer = this.#nextPacker++
    const station: Station = { packer, thread, port: port1, held: new Map(), packed: new Set() }
    port1.onmessage = ({ data }) => this.#onDone(station, data as FrameDone)
    this.#threads.keepPortAlive(port1, false)
    thread.lost.then((reason) => this.#onLost(station, reason))
    await thread.commands.frames(transferred(port2))
    await this.#joinAll(station)
    if (this.#closed) return this.#end(station)
    this.#stations.add(station)
    this.#schedule()
    for (const feeding of this.#feedings) this.#feed(station, feeding)
  }

  #feed({ packer, thread }: Station, feeding: Feeding): void {
    const { port1, port2 } = new MessageChannel()
    // A worker that is lost now closes the port, which says as much.
    thread.commands.frames(transferred(port2)).catch(() => undefined)
    feeding(packer, port1)
  }

  /** Join every stream, those too that come, or get another sealer, meanwhile. */
  async #joinAll(station: Station): Promise<void> {
    const joined = new Map<number, Attach>()
    for (;;) {
      const missing = [...this.#streams].filter(([stream, attach]) => joined.get(stream) !== attach)
      if (missing.length === 0) return
      for (const [stream, attach] of missing) joined.set(stream, attach)
      await Promise.all(missing.map(([stream, attach]) => this.#join(station, stream, attach)))
    }
  }

  async #join({ thread }: Station, stream: number, attach: Attach): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    await attach(port1)
    await thread.commands.connect(stream, transferred(port2))
  }

  async #end(station: Station): Promise<void> {
    this.#stations.delete(station)
    station.port.close()
    await station.thread.terminate()
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    // A macrotask per frame: copying never holds the calling turn, and other events get their turn in between.
    nextTurn(() => {
      this.#scheduled = false
      if (this.#dispatchOne()) this.#schedule()
    })
  }

  #dispatchOne(): boolean {
    const station = [...this.#stations]
      .filter(({ held }) => held.size < CREDIT)
      .sort((a, b) => a.held.size - b.held.size)[0]
    const next = station && this.#queue.shift()
    if (!station || !next) return false
    const { frame } = next
    const bytes = this.#buffer(frame.byteLength)
    frame.copy(new Uint8Array(bytes))
    const task = this.#nextTask++
    const { stream, chunk, frame: number, format, height, width, work } = frame
    const message: FrameTask = { task, stream, chunk, frame: number, bytes, format, height, width, work }
    station.held.set(task, next)
    station.thread.keepAlive(true)
    station.port.postMessage(message, [bytes])
    return true
  }

  #onDone(station: Station, { task, bytes, measured, error }: FrameDone): void {
    const held = station.held.get(task)
    if (!held) return
    station.held.delete(task)
    this.#buffers.push(bytes)
    if (error) {
      // A thrown error of our own is the frame's; any other may have left the worker's memory broken.
      const cause = fromWire(error)
      if (isFramewireError(cause)) held.frame.onFailed(cause)
      else {
        this.#again(held, cause)
        this.#replace(station, cause)
      }
    } else if (measured) held.frame.onMeasured?.(measured)
    else if (!held.settled) station.packed.add(held)
    this.#settle()
    this.#schedule()
  }

  #onLost(station: Station, reason: unknown): void {
    if (!this.#stations.has(station)) return
    this.#replace(station, reason)
  }

  #replace(station: Station, reason: unknown): void {
    const orphans = [...station.held.values(), ...station.packed].filter(({ settled }) => !settled)
    station.held.clear()
    station.packed.clear()
    void this.#end(station)
    for (const held of orphans.reverse()) this.#again(held, reason)
    if (this.#closed) return
    this.#open().catch((error) => {
      // No worker can be started any more: nothing that waits would ever be packed.
      if (this.#stations.size > 0) return
      for (const { frame } of this.#queue.splice(0)) frame.onFailed(error as FramewireError)
    })
  }

  #again(held: Held, cause: unknown): void {
    if (held.settled) return
    const { chunk, frame } = held.frame
    held.failures++
    if (held.failures < 2) {
      this.#queue.unshift(held)
      return
    }
    held.frame.onFailed(
      new FramewireError(
        'packing/worker-lost',
        `Packing frame ${frame} of chunk ${chunk} failed twice, in two workers. The chunk is given up; the cause is attached.`,
        { chunk, frame },
        { cause },
      ),
    )
  }

  #buffer(byteLength: number): ArrayBuffer {
    const recycled = this.#buffers.pop()
    if (recycled?.byteLength === byteLength) return recycled
    // Another stream with another frame size: buffers of the old size go, those in use come back one by one.
    return new ArrayBuffer(byteLength)
  }

  #settle(): void {
    for (const { thread, held, packed } of this.#stations) {
      if (held.size + packed.size === 0) thread.keepAlive(false)
    }
  }
}

function sameFrame(a: FrameKey, b: FrameKey): boolean {
  return a.frame === b.frame && a.chunk === b.chunk && a.stream === b.stream
}
