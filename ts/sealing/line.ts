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
  /** Where its frames can be read again; none where they were fed to the packing workers from elsewhere. */
  source?: { run: FrameRun; conversion: Conversion }
  attempts: number
  resolve(sealed: Sealed): void
  reject(error: unknown): void
}

/** A chunk whose frames come to the packing workers from elsewhere. */
export interface FedChunk {
  /** As the service counts. */
  index: number
  frames: number
  height: number
  width: number
  /** The sealing worker that its frames went to. */
  sealer: number
}

/** Is told of the sealing worker, and of each that takes its place: on the port it confirms frames. */
export type Following = (sealer: number, port: MessagePort) => void

let lines = 0

/**
 * One stream's way from frames to sealed chunks: the pool packs, the stream's own sealing worker puts the packed frames
 * together. A sealing worker that is lost is replaced, and the chunks it held are packed again, once.
 */
export class SealingLine {
  readonly #threads: Threads
  readonly #pool: PackingPool
  /** As the pool counts. */
  readonly stream = lines++
  readonly #open = new Map<number, OpenChunk>()
  /** The range is measured once a stream, on its first chunk. */
  readonly #measuring = new Set<(error: unknown) => void>()
  readonly #followings = new Set<Following>()
  #sealer: Promise<Thread<Sealer>> | undefined
  /** Counts the sealing workers. */
  #sealers = 0
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
      this.#open.set(chunk, { index, source: { run, conversion }, attempts: 0, resolve, reject })
    })
    this.#begin(chunk)
    return sealed.finally(() => this.#end(chunk))
  }

  /**
   * Join who feeds the packing workers frames of this stream to its sealing worker, those that come later as well, until
   * the answer is called. Frames are packed for the {@link stream}, and for chunks of {@link reserve}.
   */
  async follow(following: Following): Promise<() => void> {
    await this.start()
    const sealer = await this.#sealer!
    this.#followings.add(following)
    await this.#confirmTo(following, sealer)
    return () => void this.#followings.delete(following)
  }

  /** The number of a chunk that will be fed. */
  reserve(): number {
    return this.#nextChunk++
  }

  /**
   * Seal a chunk that is fed. Nobody has its frames any more that the sealing worker has: with it the chunk is lost.
   * Throws `sealing/worker-lost`, `stream/closed`, and what {@link giveUp} was told.
   */
  async sealFed(chunk: number, { index, frames, height, width, sealer }: FedChunk): Promise<Sealed> {
    if (this.#closed) throw closed()
    const sealed = new Promise<Sealed>((resolve, reject) => {
      this.#open.set(chunk, { index, attempts: 0, resolve, reject })
    })
    const worker = await this.#sealer
    if (!worker || sealer !== this.#sealers) this.giveUp(chunk, sealerLost(index))
    else {
      worker.keepAlive(true)
      worker.commands.seal({ chunk, index, frames, height, width }).then(
        (done) => this.#open.get(chunk)?.resolve(done),
        (error) => this.giveUp(chunk, error),
      )
    }
    return sealed.finally(() => this.#end(chunk))
  }

  /** A chunk that was reserved will never be sealed: free what of it has come. */
  drop(chunk: number): void {
    void this.#end(chunk).catch(() => undefined)
  }

  /** A chunk that is fed cannot be sealed. */
  giveUp(chunk: number, reason: unknown): void {
    this.#open.get(chunk)?.reject(reason)
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
    await this.#pool.disconnect(this.stream)
    await sealer.terminate()
  }

  #begin(chunk: number): void {
    const open = this.#open.get(chunk)
    if (!open?.source) return
    const { index, source } = open
    const { run, conversion } = source
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
      stream: this.stream,
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
    this.#pool.cancel((frame) => frame.stream === this.stream && frame.chunk === chunk)
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
      this.#pool.confirm({ stream: this.stream, chunk, frame })
    }
    this.#threads.keepPortAlive(port1, false)
    await thread.commands.confirmOn(transferred(port2))
    await this.#pool.connect(this.stream, async (port) => {
      // One that is lost answers nothing, and shall hold up no packing worker.
      await Promise.race([thread.commands.attach(transferred(port)), thread.lost])
    })
    this.#sealers++
    thread.lost.then((reason) => this.#onLost(reason))
    await Promise.all([...this.#followings].map((following) => this.#confirmTo(following, thread)))
    return thread
  }

  async #confirmTo(following: Following, { commands }: Thread<Sealer>): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    await commands.confirmOn(transferred(port2))
    following(this.#sealers, port1)
  }

  #onLost(reason: unknown): void {
    if (this.#closed) return
    this.#sealer = undefined
    this.#pool.cancel((frame) => frame.stream === this.stream)
    for (const [chunk, open] of this.#open) {
      open.attempts++
      if (!open.source) open.reject(sealerLost(open.index, reason))
      else if (open.attempts < 2) this.#begin(chunk)
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
    // Who feeds has to be told where frames go now.
    if (this.#followings.size > 0) this.start().catch(() => undefined)
  }
}

function sealerLost(index: number, cause?: unknown): FramewireError<'sealing/worker-lost'> {
  return new FramewireError(
    'sealing/worker-lost',
    `The sealing worker was lost while it held chunk ${index}, whose frames came live and are nowhere else. The chunk is given up.`,
    { chunk: index },
    { cause },
  )
}

function closed(): FramewireError<'stream/closed'> {
  return new FramewireError('stream/closed', 'The stream was closed before this chunk was packaged.', {})
}
