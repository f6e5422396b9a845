import * as Comlink from 'comlink'
import type { Core, IndexEntry } from '../core/core.js'
import type { SealedChunk, ShardBody } from '../journal/journal.js'
import type { FramePacked } from '../packing/messages.js'
import type { ShardSink, SinkMaker } from './sink.js'

/** Sealer to the main thread: this frame is in its chunk; its source may go. */
export interface FrameTaken {
  chunk: number
  frame: number
}

/** A chunk's proof and its bytes. */
export interface Sealed extends SealedChunk {
  body: ShardBody
}

/** What the main thread asks to be sealed, once all `frames` have come. `index` is the service's chunk index. */
export interface SealRequest {
  chunk: number
  index: number
  frames: number
  height: number
  width: number
}

/** A chunk in work: frames come in any order and are appended in theirs. */
interface OpenChunk {
  sink: ShardSink
  early: Map<number, FramePacked>
  index: IndexEntry[]
  offset: number
  hashes: bigint[]
  clamped: number
  request?: SealRequest
  resolve?: (sealed: Sealed) => void
}

/** The stage inside a stream's sealing worker: packed frames in, one sealed shard a chunk out. */
export class Sealer {
  readonly #core: Core
  readonly #sink: SinkMaker
  readonly #chunks = new Map<number, OpenChunk>()
  /** Chunks that are done or given up: what still comes for them is a repetition. */
  readonly #closed = new Set<number>()
  readonly #taken: MessagePort[] = []

  constructor(core: Core, sink: SinkMaker) {
    this.#core = core
    this.#sink = sink
  }

  /** Frames that were taken are confirmed on this port, too. */
  confirmOn(port: MessagePort): void {
    this.#taken.push(port)
  }

  /** Take packed frames from a packing worker. */
  attach(port: MessagePort): void {
    port.onmessage = ({ data }) => this.#take(data as FramePacked)
  }

  /** Seal a chunk as soon as all its frames are there. */
  async seal(request: SealRequest): Promise<Sealed> {
    const open = this.#open(request.chunk)
    const sealed = new Promise<Sealed>((resolve) => {
      open.resolve = resolve
    })
    open.request = request
    this.#finishIfWhole(open)
    const result = await sealed
    const { body } = result
    return body instanceof Blob
      ? result
      : Comlink.transfer(
          result,
          body.map(({ buffer }) => buffer),
        )
  }

  /** Give a chunk up; its bytes are freed and frames that still come are dropped. */
  discard(chunk: number): void {
    this.#chunks.delete(chunk)
    this.#closed.add(chunk)
  }

  #open(chunk: number): OpenChunk {
    let open = this.#chunks.get(chunk)
    if (!open) {
      open = { sink: this.#sink(), early: new Map(), index: [], offset: 0, hashes: [], clamped: 0 }
      this.#chunks.set(chunk, open)
    }
    return open
  }

  #take(packed: FramePacked): void {
    const { chunk, frame } = packed
    if (!this.#closed.has(chunk)) {
      const open = this.#open(chunk)
      // A frame that was packed twice, because its first worker was lost, is the same bytes again.
      if (frame >= open.index.length) open.early.set(frame, packed)
      this.#append(open)
      this.#finishIfWhole(open)
    }
    const taken: FrameTaken = { chunk, frame }
    for (const port of this.#taken) port.postMessage(taken)
  }

  #append(open: OpenChunk): void {
    for (;;) {
      const frame = open.index.length
      const next = open.early.get(frame)
      if (!next) return
      open.early.delete(frame)
      open.sink.append(next.data)
      open.index.push({ offset: open.offset, length: next.data.byteLength })
      open.offset += next.data.byteLength
      open.hashes.push(next.xxh64)
      open.clamped += next.clamped
    }
  }

  #finishIfWhole(open: OpenChunk): void {
    const { request, resolve, index, sink } = open
    if (!request || !resolve || index.length < request.frames) return
    sink.append(this.#core.writeIndex(index))
    const { body, ...proof } = sink.finish()
    this.discard(request.chunk)
    const { frames, height, width } = request
    const xxh64 = this.#core.xxh64(new Uint8Array(BigUint64Array.from(open.hashes).buffer))
    resolve({
      index: request.index,
      frames,
      height,
      width,
      ...proof,
      xxh64: xxh64.toString(16).padStart(16, '0'),
      clamped: open.clamped,
      body,
    })
  }
}
