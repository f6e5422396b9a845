import { toWire } from '../../core/wire-error.js'
import type { Pixels } from '../../gige-vision/pixels.js'
import type { FrameParts } from '../frame.js'
import { layoutOf } from '../image-layout.js'
import { bufferBytes, copyFrame } from './frame-copy.js'
import type { OutletMessage, ReaderMessage } from './frame-messages.js'
import type { CapturedFrame, FrameOutlet } from './outlet.js'

/** Buffers that came back and wait for a frame, at most. */
const SPARE_BUFFERS = 64

/**
 * Frames to a reader at the other end of a port: as many as it granted, in batches, copied into buffers that come back.
 * Those without credit wait where they were put together; when that memory is full, the reassembly drops and counts.
 */
export class CreditOutlet implements FrameOutlet {
  readonly #port: MessagePort
  readonly #pixels: Pixels
  readonly #byteOrder: 'little' | 'big'
  readonly #waiting: CapturedFrame[] = []
  readonly #buffers: ArrayBuffer[] = []
  #credit = 0
  #newestOnly = false
  #passedOver = 0
  #scheduled = false
  #closed = false

  constructor(port: MessagePort, pixels: Pixels, byteOrder: 'little' | 'big') {
    this.#port = port
    this.#pixels = pixels
    this.#byteOrder = byteOrder
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
    this.#buffers.push(...message.buffers.slice(0, SPARE_BUFFERS - this.#buffers.length))
    if ('want' in message) {
      this.#credit += message.want
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
    const frames = this.#waiting.splice(0, count).map((frame) => this.#copied(frame))
    this.#post({ frames, passedOver: this.#passedOver, ...(newest && { newest }) })
  }

  #post(message: OutletMessage): void {
    this.#port.postMessage(
      message,
      message.frames.map(({ buffer }) => buffer),
    )
  }

  #copied({ block, timestampNs, capturedAtNs }: CapturedFrame): FrameParts {
    const { blockId, complete, missing, packetBytes, bytes, receivedAtNs } = block
    const layout = layoutOf(block.leader, bytes, complete)
    const buffer = this.#buffer(bufferBytes(block, layout))
    copyFrame(block, layout, this.#byteOrder, this.#pixels, buffer)
    block.release()
    return {
      buffer,
      layout,
      blockId,
      complete,
      missing,
      packetBytes,
      bytes,
      timestampNs,
      capturedAtNs,
      receivedAtNs,
    }
  }

  #buffer(byteLength: number): ArrayBuffer {
    const recycled = this.#buffers.pop()
    // Of another size: those of an earlier image size go one by one.
    return recycled?.byteLength === byteLength ? recycled : new ArrayBuffer(byteLength)
  }
}
