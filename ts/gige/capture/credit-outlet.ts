import { toWire } from '../../core/wire-error.js'
import type { OutletMessage, ReaderMessage } from './frame-messages.js'
import type { CapturedFrame, FrameMaker, FrameOutlet, MadeFrame } from './outlet.js'

/**
 * Frames to a reader at the other end of a port: as many as it granted, in batches, made with buffers that come back.
 * Those without credit wait where they were put together; when that memory is full, the reassembly drops and counts.
 */
export class CreditOutlet implements FrameOutlet {
  readonly #port: MessagePort
  readonly #maker: FrameMaker
  readonly #waiting: CapturedFrame[] = []
  /** They came back and wait for a frame: as many as were ever under way at once, however many the reader held. */
  readonly #spare: ArrayBuffer[] = []
  #credit = 0
  #mostCredit = 0
  #newestOnly = false
  #passedOver = 0
  #scheduled = false
  #closed = false

  constructor(port: MessagePort, maker: FrameMaker) {
    this.#port = port
    this.#maker = maker
    port.onmessage = ({ data }) => this.#asked(data as ReaderMessage)
  }

  take(frame: CapturedFrame): void {
    if (this.#closed) {
      frame.block.release()
      return
    }
    this.#waiting.push(frame)
    if (this.#newestOnly) this.#passOver()
    // Behind the calling turn: frames that were finished together leave together.
    if (this.#credit === 0 || this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  close(reason?: unknown): void {
    if (this.#closed) return
    this.#send()
    this.#closed = true
    const unread = this.#waiting.length
    for (const { block } of this.#waiting.splice(0)) block.release()
    const error = reason === undefined ? {} : { error: toWire(reason) }
    this.#post({ frames: [], passedOver: this.#passedOver, ended: { unread, ...error } })
    this.#port.close()
  }

  #asked(message: ReaderMessage): void {
    if (this.#closed) return
    if ('want' in message) this.#credit += message.want
    this.#mostCredit = Math.max(this.#mostCredit, this.#credit)
    this.#spare.push(...message.buffers.slice(0, this.#mostCredit - this.#spare.length))
    if ('want' in message) {
      this.#newestOnly = message.newestOnly
      if (this.#newestOnly) this.#passOver()
      this.#send()
      return
    }
    this.#newestOnly = true
    this.#passOver()
    this.#credit = 0
    this.#send(true)
  }

  /** Release all that waits but the newest. */
  #passOver(): void {
    const older = this.#waiting.splice(0, this.#waiting.length - 1)
    for (const { block } of older) block.release()
    this.#passedOver += older.length
  }

  #send(newest?: true): void {
    const count = newest ? this.#waiting.length : Math.min(this.#credit, this.#waiting.length)
    if (this.#closed || (count === 0 && !newest)) return
    if (!newest) this.#credit -= count
    const frames = this.#waiting.splice(0, count).map((frame) => this.#made(frame))
    this.#post({ frames, passedOver: this.#passedOver, ...(newest && { newest }) })
  }

  #post(message: OutletMessage): void {
    this.#port.postMessage(
      message,
      message.frames.map(({ buffer }) => buffer),
    )
  }

  #made(frame: CapturedFrame): MadeFrame {
    const made = this.#maker.make(frame, (bytes) => this.#buffer(bytes))
    frame.block.release()
    return made
  }

  #buffer(byteLength: number): ArrayBuffer {
    const recycled = this.#spare.pop()
    // Of another size: those of an earlier image size go one by one.
    return recycled?.byteLength === byteLength ? recycled : new ArrayBuffer(byteLength)
  }
}
