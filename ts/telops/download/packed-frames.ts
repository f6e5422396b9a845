import type { Threads } from '../../core/thread.js'
import type { FramePacked } from '../../packing/messages.js'
import { PackingPool } from '../../packing/pool.js'
import type { FrameValues } from './destination.js'

/** Packing workers at most: with more the disk is what is waited for. */
const MOST_WORKERS = 4
const STREAM = 0
const CHUNK = 0

/** Frames on their way through packing workers, which make a zstd frame of each. */
export class PackedFrames {
  readonly #pool: PackingPool
  readonly #waiting = new Map<number, (packed: Uint8Array<ArrayBuffer>) => void>()

  /** Rejects with `core/load`. */
  static async start(threads: Threads): Promise<PackedFrames> {
    const packed = new PackedFrames(new PackingPool(threads, Math.min(threads.cores, MOST_WORKERS)))
    await packed.#pool.connect(STREAM, async (port) => {
      port.onmessage = ({ data }) => packed.#take(data as FramePacked)
    })
    return packed
  }

  private constructor(pool: PackingPool) {
    this.#pool = pool
  }

  /** Pack a frame; its values are lent until this resolves. Rejects with `packing/worker-lost`. */
  pack(frame: number, values: FrameValues, [height, width]: readonly [number, number]): Promise<Uint8Array> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    return new Promise((resolve, reject) => {
      this.#waiting.set(frame, resolve)
      this.#pool.submit({
        stream: STREAM,
        chunk: CHUNK,
        frame,
        // Values of several bytes are packed as they are, as so many pixels of one.
        format: 'u8',
        height,
        width: width * values.BYTES_PER_ELEMENT,
        work: { pack: {} },
        byteLength: bytes.length,
        copy: (into) => into.set(bytes),
        onFailed: reject,
      })
    })
  }

  /** End the workers. */
  close(): Promise<void> {
    return this.#pool.close()
  }

  #take({ frame, data }: FramePacked): void {
    this.#pool.confirm({ stream: STREAM, chunk: CHUNK, frame })
    this.#waiting.get(frame)?.(data)
    this.#waiting.delete(frame)
  }
}
