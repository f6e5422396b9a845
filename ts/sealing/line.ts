import type { Conversion } from '../core/core.js'
import { startThread, type Thread, type Threads, transferred } from '../core/thread.js'
import { FramewireError } from '../errors.js'
import type { Gray } from '../frames/conversion.js'
import type { FrameRun } from '../frames/stack.js'
import type { FrameWork } from '../packing/messages.js'
import type { PackingPool } from '../packing/pool.js'
import type { FrameTaken, Sealed, Sealer } from './sealer.js'

/** A chunk between `seal` and its proof. */
interface OpenChunk {
  index: number
  run: FrameRun
  conversion: Conversion
  attempts: number
  resolve(sealed: Sealed): void
  reject(error: unknown): void
}

let lines = 0

/**
 * One stream's way from frames to sealed chunks: the pool packs, the stream's own sealing worker puts the packed frames
 * together. A sealing worker that is lost is replaced, and the chunks it held are packed again, once.
 */
export class SealingLine {
  readonly #threads: Threads
  readonly #pool: PackingPool
  readonly #stream = lines++
  readonly #open = new Map<number, OpenChunk>()
  /** The range is measured once a stream, on its first chunk. */
  readonly #measuring = new Set<(error: unknown) => void>()
  #sealer: Promise<Thread<Sealer>> | undefined
  #nextChunk = 0
  #closed = false

  constructor(threads: Threads, pool: PackingPool) {
    this.#threads = threads
    this.#pool = pool
  }

  /** Start the sealing worker, if it is not there. Throws `core/load`. */
  async start(): Promise<void> {
    this.#sealer ??= this.#startSealer()
    await this.#sealer
  }

  /**
   * Pack the frames of `run` and seal them as the chunk `index`. The frames are read until the promise settles.
   * Throws `packing/worker-lost`, `sealing/worker-lost` (each after a second loss), `frames/conversion`, `stream/closed`.
   */
  async seal(index: number, run: FrameRun, conversion: Conversion): Promise<Sealed> {
    if (this.#closed) throw closed()
    const chunk = this.#nextChunk++
    const sealed = new Promise<Sealed>((resolve, reject) => {
      this.#open.set(chunk, { index, run, conversion, attempts: 0, resolve, reject })
    })
    this.#begin(chunk)
    return sealed.finally(() => this.#end(chunk))
  }

  /** Least and greatest value of all frames of `run`, for the range `measured`. Sends nothing on. */
  async measure(run: FrameRun, gray: Gray | undefined): Promise<{ min: number; max: number }> {
    await this.start()
    const chunk = this.#nextChunk++
    const measured = await Promise.all(
      Array.from(
        { length: run.frames },
        (_, frame) =>
          new Promise<{ min: number; max: number }>((resolve, reject) => {
            this.#measuring.add(reject)
            this.#submit(chunk, frame, run, { measure: gray }, reject, resolve)
          }),
      ),
    )
    this.#measuring.clear()
    return {
      min: Math.min(...measured.map(({ min }) => min)),
      max: Math.max(...measured.map(({ max }) => max)),
    }
  }

  /** End the worker; chunks that are not sealed reject with `stream/closed`. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#open.values()) reject(closed())
    for (const reject of this.#measuring) reject(closed())
    const sealer = await this.#sealer?.catch(() => undefined)
    if (!sealer) return
    await this.#pool.disconnect(this.#stream)
    await sealer.terminate()
  }

  #begin(chunk: number): void {
    const open = this.#open.get(chunk)
    if (!open) return
    const { index, run, conversion } = open
    this.start()
      .then(async () => {
        const sealer = await this.#sealer!
        sealer.keepAlive(true)
        const { frames, height, width } = run
        const sealed = sealer.commands.seal({ chunk, index, frames, height, width })
        for (let frame = 0; frame < frames; frame++) {
          this.#submit(chunk, frame, run, { pack: conversion }, open.reject)
        }
        open.resolve(await sealed)
      })
      .catch(open.reject)
  }

  #submit(
    chunk: number,
    frame: number,
    run: FrameRun,
    work: FrameWork,
    onFailed: (error: FramewireError) => void,
    onMeasured?: (measured: { min: number; max: number }) => void,
  ): void {
    const { height, width, format, bytesPerFrame } = run
    this.#pool.submit({
      stream: this.#stream,
      chunk,
      frame,
      format,
      height,
      width,
      work,
      byteLength: bytesPerFrame,
      copy: (into) => run.copyFrame(frame, into),
      onFailed,
      onMeasured,
    })
  }

  async #end(chunk: number): Promise<void> {
    this.#open.delete(chunk)
    this.#pool.cancel((frame) => frame.stream === this.#stream && frame.chunk === chunk)
    const sealer = await this.#sealer?.catch(() => undefined)
    if (this.#closed || !sealer) return
    if (this.#open.size === 0) sealer.keepAlive(false)
    // Nothing left to drop where the chunk was sealed; frees what came where it failed.
    await sealer.commands.discard(chunk)
  }

  async #startSealer(): Promise<Thread<Sealer>> {
    const thread = await startThread<Sealer>(this.#threads, 'sealing')
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => {
      const { chunk, frame } = data as FrameTaken
      this.#pool.confirm({ stream: this.#stream, chunk, frame })
    }
    this.#threads.keepPortAlive(port1, false)
    await thread.commands.confirmOn(transferred(port2))
    await this.#pool.connect(this.#stream, (port) => thread.commands.attach(transferred(port)))
    thread.lost.then((reason) => this.#onLost(reason))
    return thread
  }

  #onLost(reason: unknown): void {
    if (this.#closed) return
    this.#sealer = undefined
    this.#pool.cancel((frame) => frame.stream === this.#stream)
    for (const [chunk, open] of this.#open) {
      open.attempts++
      if (open.attempts < 2) this.#begin(chunk)
      else {
        open.reject(
          new FramewireError(
            'sealing/worker-lost',
            `The sealing worker was lost twice while it held chunk ${open.index}. The chunk is given up; the cause is attached.`,
            { chunk: open.index },
            { cause: reason },
          ),
        )
      }
    }
  }
}

function closed(): FramewireError<'stream/closed'> {
  return new FramewireError('stream/closed', 'The stream was closed before this chunk was packaged.', {})
}
