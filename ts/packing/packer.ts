import type { Core } from '../core/core.js'
import { toWire } from '../core/wire-error.js'
import type { FrameDone, FramePacked, FrameTask } from './messages.js'

/** The stage inside a packing worker: frames come in on one port, packed ones leave on the port of their stream. */
export class Packer {
  readonly #core: Core
  readonly #sealers = new Map<number, MessagePort>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Take frames from this port, and give their buffers back on it. */
  frames(port: MessagePort): void {
    port.onmessage = ({ data }) => {
      const task = data as FrameTask
      const done: FrameDone = { task: task.task, bytes: task.bytes }
      try {
        done.measured = this.#work(task)
      } catch (error) {
        done.error = toWire(error)
      }
      port.postMessage(done, [task.bytes])
    }
  }

  /** Packed frames of `stream` leave on this port. */
  connect(stream: number, port: MessagePort): void {
    this.disconnect(stream)
    this.#sealers.set(stream, port)
  }

  disconnect(stream: number): void {
    this.#sealers.get(stream)?.close()
    this.#sealers.delete(stream)
  }

  #work({ stream, chunk, frame, bytes, format, height, width, work }: FrameTask): FrameDone['measured'] {
    const pixels = new Uint8Array(bytes)
    if ('measure' in work) return this.#core.measure(pixels, format, height, width, work.measure)
    const packed = this.#core.pack(pixels, format, height, width, work.pack)
    const message: FramePacked = { chunk, frame, ...packed }
    // A stream that was closed meanwhile has no sealer any more; nobody waits for its frames.
    this.#sealers.get(stream)?.postMessage(message, [packed.data.buffer])
    return undefined
  }
}
