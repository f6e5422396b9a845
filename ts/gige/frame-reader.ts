import type { MessagePort as NodePort } from 'node:worker_threads'
import { fromWire } from '../core/wire-error.js'
import { aborted } from '../upload/http.js'
import type { OutletMessage, ReaderMessage } from './capture/frame-messages.js'

/** How to read a frame. */
export interface ReadOptions {
  /** How long to wait for one, in ms; default until there is one. 0: only what is there. */
  timeoutMs?: number
  /** Pass over all frames that wait but the newest; they are counted, and not lost. Default: each in its turn. */
  latest?: boolean
  signal?: AbortSignal
}

/** Frames that a reader got, passed over, or left. */
export interface ReadCounts {
  /** Handed to the caller. */
  read: number
  /** Passed over because the latest was asked for. */
  passedOver: number
  /** Waited to be read when the acquisition ended. */
  unread: number
}

interface Waiter<F> {
  resolve(frame: F | null): void
  reject(error: unknown): void
}

/** Makes a frame of what the outlet's maker made; its memory can be given back. */
export type MakeFrame<F> = (made: never, giveBack: (buffer: ArrayBuffer) => void) => F

/** Memory that frames on their way to the reader may take, in bytes, and how many they are at least and at most. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024
const [LEAST_IN_FLIGHT, MOST_IN_FLIGHT] = [2, 64]

/** The reading end of a `CreditOutlet`. */
export class FrameReader<F extends Disposable> {
  readonly #port: NodePort
  readonly #make: MakeFrame<F>
  /** Why nothing can be read any more. */
  readonly #closedError: () => unknown
  readonly #onEnd: (error: unknown) => void
  readonly #credit: number
  readonly #frames: F[] = []
  readonly #waiters: Waiter<F>[] = []
  /** Calls that wait for the outlet's answer to `newest`. */
  readonly #trims: (() => void)[] = []
  #returned: ArrayBuffer[] = []
  /** Frames that were granted and have not come. */
  #outstanding = 0
  #read = 0
  #passedOverHere = 0
  #passedOverThere = 0
  #unread = 0
  #ended: { error: unknown } | undefined

  /**
   * @param make makes frames of what the outlet's maker made, and of a way to give its memory back
   * @param closedError what a read throws once the acquisition has ended
   * @param onEnd called once, when no frame follows, with what reads will throw
   */
  constructor(
    port: MessagePort,
    frameBytes: number,
    make: MakeFrame<F>,
    closedError: () => unknown,
    onEnd: (error: unknown) => void = () => {},
  ) {
    this.#make = make
    this.#onEnd = onEnd
    this.#port = port as unknown as NodePort
    this.#closedError = closedError
    this.#credit = Math.min(
      MOST_IN_FLIGHT,
      Math.max(LEAST_IN_FLIGHT, Math.floor(IN_FLIGHT_BYTES / Math.max(1, frameBytes))),
    )
    this.#port.on('message', (message) => this.#onMessage(message as OutletMessage))
    this.#port.on('close', () => this.end())
    this.#port.unref()
    this.#grant(false)
  }

  get counts(): ReadCounts {
    return {
      read: this.#read,
      passedOver: this.#passedOverHere + this.#passedOverThere,
      unread: this.#unread + (this.#ended ? this.#frames.length : 0),
    }
  }

  /** The next frame; null where none came in time. Throws what `closedError` says, or `stream/aborted`. */
  async read({ timeoutMs, latest = false, signal }: ReadOptions = {}): Promise<F | null> {
    if (signal?.aborted) throw aborted('Reading a frame', signal)
    if (latest && !this.#ended) await this.#trim()
    const frame = this.#frames.shift()
    if (!this.#ended && !(latest && frame)) this.#grant(latest)
    if (frame) return this.#counted(frame)
    if (this.#ended) throw this.#ended.error
    return this.#arrival(timeoutMs, signal)
  }

  /** No frame follows: frames that are here can still be read, reads that wait throw `error`. */
  end(error: unknown = this.#closedError()): void {
    if (this.#ended) return
    this.#ended = { error }
    this.#onEnd(error)
    for (const done of this.#trims.splice(0)) done()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
    this.#port.close()
  }

  #onMessage({ frames, newest, passedOver, ended }: OutletMessage): void {
    this.#passedOverThere = passedOver
    this.#unread = ended?.unread ?? 0
    // What was granted before `newest` was asked for is void: only later grants count.
    if (!newest && this.#trims.length === 0) this.#outstanding -= frames.length
    for (const parts of frames)
      this.#frames.push(this.#make(parts as never, (buffer) => this.#giveBack(buffer)))
    if (newest) {
      const older = this.#frames.splice(0, this.#frames.length - 1)
      for (const frame of older) frame[Symbol.dispose]()
      this.#passedOverHere += older.length
      this.#trims.shift()?.()
    }
    while (this.#waiters.length > 0 && this.#frames.length > 0) {
      this.#waiters.shift()!.resolve(this.#counted(this.#frames.shift()!))
    }
    if (ended) this.end(ended.error && fromWire(ended.error))
  }

  /** Pass over all but the newest, here and at the outlet. */
  #trim(): Promise<void> {
    this.#outstanding = 0
    this.#post({ newest: true, buffers: this.#returned.splice(0) })
    this.#port.ref()
    return new Promise<void>((resolve) => this.#trims.push(resolve)).then(() => this.#keepAlive())
  }

  #arrival(timeoutMs: number | undefined, signal?: AbortSignal): Promise<F | null> {
    return new Promise<F | null>((resolve, reject) => {
      const waiter: Waiter<F> = {
        resolve: (frame) => {
          settle()
          resolve(frame)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#keepAlive()
      const leave = () => {
        const at = this.#waiters.indexOf(waiter)
        if (at >= 0) this.#waiters.splice(at, 1)
        return at >= 0
      }
      const onAbort = () => leave() && waiter.reject(aborted('Reading a frame', signal))
      signal?.addEventListener('abort', onAbort, { once: true })
      // When this thread was busy, time is over before messages that came meanwhile had their turn: they have it first.
      const late = () => setImmediate(() => leave() && waiter.resolve(null))
      const limited = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY
      const timer = limited ? setTimeout(late, timeoutMs) : undefined
      const settle = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#keepAlive()
      }
    })
  }

  #counted(frame: F): F {
    this.#read++
    return frame
  }

  #giveBack(buffer: ArrayBuffer): void {
    if (!this.#ended && this.#returned.length < this.#credit) this.#returned.push(buffer)
  }

  /** Let as many frames come as may be on their way: the newest alone, or so many that the reader never waits for them. */
  #grant(newestOnly: boolean): void {
    const room = (newestOnly ? 1 : this.#credit) - this.#outstanding - this.#frames.length
    // In few messages: not for each frame one of its own.
    if (room <= 0 || (this.#frames.length > 0 && room < this.#credit / 4)) return
    this.#outstanding += room
    this.#post({ want: room, newestOnly, buffers: this.#returned.splice(0) })
  }

  #post(message: ReaderMessage): void {
    this.#port.postMessage(message, message.buffers)
  }

  /** Whoever awaits a frame gets it: the process stays until then. */
  #keepAlive(): void {
    if (this.#waiters.length + this.#trims.length > 0) this.#port.ref()
    else this.#port.unref()
  }
}
