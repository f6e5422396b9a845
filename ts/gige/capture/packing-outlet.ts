import { fromWire, toWire, type WireError } from '../../core/wire-error.js'
import { FramewireError, isFramewireError } from '../../errors.js'
import type { FinishedBlock } from '../../gige-vision/reassembler.js'
import type { CaptureLosses, FromOutlet, LiveOrder, ToOutlet } from '../../packing/live.js'
import type { FrameDone, FrameTask } from '../../packing/messages.js'
import type { FrameTaken } from '../../sealing/sealer.js'
import { Filling } from './filling.js'
import type { CapturedFrame, FrameOutlet } from './outlet.js'

/** Frames a packing worker may hold at once: one in work and one waiting. */
const CREDIT = 2

/** A frame with its place in a chunk. */
interface Placed {
  chunk: number
  frame: number
  /** Kept until the sealer has the packed form. */
  block: FinishedBlock
  /** The packing worker that has it, or has packed it. */
  packer?: number
  /** How many packing workers were lost over it. */
  failures: number
}

interface Station {
  packer: number
  port: MessagePort
  /** Frames in the worker's hands, by task. */
  held: Map<number, Placed>
  /** Buffers that came back from it. */
  buffers: ArrayBuffer[]
}

/** What the outlet is told by the capture worker that it is part of. */
export interface OutletLimits {
  /** Frames it may keep at most, so that some memory is left for those that are being received. */
  mostHeld: number
  /** Rows above the pixels: they are left out. */
  headerRows: number
  /** What was lost before frames came here. */
  losses(): CaptureLosses
}

/**
 * Frames of a camera on their way to packing workers, with the main thread only commanding: it grants chunks that there
 * is memory for, and is told of each that is filled. While no chunk is granted, or packing is behind, frames wait in the
 * memory they were received in; past `mostHeld` the newest are dropped and counted.
 *
 * A frame's block is released when the sealer has confirmed the frame. So a lost packing worker's frames are packed
 * again by another; a lost sealing worker takes with it the chunks that it held, and the next frame begins a new one.
 */
export class PackingOutlet implements FrameOutlet {
  readonly #port: MessagePort
  readonly #order: LiveOrder
  readonly #limits: OutletLimits
  readonly #filling: Filling
  /** Chunks that may be begun. */
  readonly #grants: number[] = []
  readonly #stations = new Map<number, Station>()
  /** Frames that have no chunk yet. */
  readonly #waiting: CapturedFrame[] = []
  /** Frames that wait for a packing worker. */
  readonly #queue: Placed[] = []
  /** Frames that have a chunk and are not confirmed. */
  readonly #unconfirmed = new Map<string, Placed>()
  readonly #headerBytes: number
  #sealer: number | undefined
  #nextTask = 0
  #taken = 0
  #lastNs: bigint | undefined
  #dropped = 0
  #misshapen = 0
  /** Why no more frames are taken, as far as it was told. */
  #enough: { reached: 'frames' | 'duration'; isTold: boolean } | undefined
  /** What was lost before frames came here, once that is final. */
  #upstream: CaptureLosses | undefined
  #isClosed = false
  /** No chunk is granted any more. */
  #isLast = false
  #ended = false

  /** @param port to the main thread: {@link ToOutlet} comes in, {@link FromOutlet} goes out */
  constructor(port: MessagePort, order: LiveOrder, limits: OutletLimits) {
    this.#port = port
    this.#order = order
    this.#limits = limits
    this.#headerBytes = (order.bytesPerFrame / order.height) * limits.headerRows
    this.#filling = new Filling(order.chunkSize, order.fps)
    port.onmessage = ({ data }) => this.#onCommand(data as ToOutlet)
    // Nobody is there any more who could have a chunk sealed.
    port.addEventListener('close', () => this.#abandon())
  }

  take(frame: CapturedFrame): void {
    if (!this.#accepts(frame)) {
      frame.block.release()
      return
    }
    this.#waiting.push(frame)
    this.#taken++
    if (this.#taken === this.#order.frames) this.#reach('frames')
    this.#advance()
  }

  /** No frame follows. What is here is packed still, from copies, as far as chunks are granted. */
  close(reason?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#upstream ??= this.#limits.losses()
    this.#advance()
    for (const frame of this.#waiting) frame.block = kept(frame.block)
    for (const placed of this.#unconfirmed.values()) placed.block = kept(placed.block)
    this.#post({ type: 'closed', ...(reason !== undefined && { error: toWire(reason) }) })
  }

  /** Whether a frame goes into the stream; one that is lost here is counted. */
  #accepts({ block, capturedAtNs }: CapturedFrame): boolean {
    const { bytesPerFrame, durationMs } = this.#order
    if (this.#isClosed || this.#enough || !block.complete) return false
    if (durationMs !== undefined) {
      this.#lastNs ??= capturedAtNs + BigInt(Math.round(durationMs * 1e6))
      if (capturedAtNs >= this.#lastNs) {
        this.#reach('duration')
        return false
      }
    }
    if (block.bytes !== bytesPerFrame + this.#headerBytes) {
      this.#misshapen++
      return false
    }
    if (this.#waiting.length + this.#unconfirmed.size >= this.#limits.mostHeld) {
      this.#dropped++
      return false
    }
    return true
  }

  #onCommand(command: ToOutlet): void {
    switch (command.type) {
      case 'packer':
        this.#addStation(command.packer, command.port)
        break
      case 'sealer':
        this.#follow(command.sealer, command.port)
        break
      case 'grant':
        this.#grants.push(command.chunk)
        break
      case 'last':
        this.#finish()
    }
    this.#advance()
  }

  #addStation(packer: number, port: MessagePort): void {
    const station: Station = { packer, port, held: new Map(), buffers: [] }
    this.#stations.set(packer, station)
    port.onmessage = ({ data }) => this.#onDone(station, data as FrameDone)
    port.addEventListener('close', () => {
      this.#stations.delete(packer)
      // Also what it has packed: that may not have left it.
      const orphans = [...this.#unconfirmed.values()].filter((placed) => placed.packer === packer)
      for (const placed of orphans.reverse()) this.#again(placed)
      this.#advance()
    })
  }

  #follow(sealer: number, port: MessagePort): void {
    // Its own port may tell later that the last one was lost.
    this.#forsake(this.#sealer)
    this.#sealer = sealer
    port.onmessage = ({ data }) => {
      const { chunk, frame } = data as FrameTaken
      this.#settle(chunk, frame)
      this.#advance()
    }
    port.addEventListener('close', () => this.#forsake(sealer))
  }

  /** The sealing worker was lost, and with it every chunk that it held. */
  #forsake(sealer: number | undefined): void {
    if (sealer === undefined || this.#sealer !== sealer) return
    this.#endChunk()
    this.#sealer = undefined
    this.#queue.length = 0
    for (const { chunk, frame } of [...this.#unconfirmed.values()]) this.#settle(chunk, frame)
    this.#endIfDrained()
  }

  /** Give frames that wait their places, and packing workers as many as they have credit for. */
  #advance(): void {
    while (this.#waiting.length > 0 && this.#hasChunk()) {
      const captured = this.#waiting.shift()!
      const { chunk, frame } = this.#filling.place(captured)
      const placed: Placed = { chunk, frame, block: captured.block, failures: 0 }
      this.#unconfirmed.set(keyOf(chunk, frame), placed)
      this.#queue.push(placed)
      if (this.#filling.isFull) this.#endChunk()
    }
    for (let station = this.#idle(); station; station = this.#idle()) {
      const next = this.#next()
      if (!next) break
      this.#dispatch(station, next)
    }
    if (this.#enough?.isTold === false && this.#waiting.length === 0) {
      this.#enough.isTold = true
      this.#post({ type: 'enough', reached: this.#enough.reached })
    }
    this.#endIfDrained()
  }

  /** Whether a frame can be placed now; begins a chunk where that is all it takes. */
  #hasChunk(): boolean {
    if (this.#sealer === undefined) return false
    if (this.#filling.chunk !== undefined) return true
    const chunk = this.#grants.shift()
    if (chunk === undefined) return false
    this.#filling.begin(chunk)
    return true
  }

  /** The next frame to be packed. One that is packed again can be confirmed meanwhile: its first packing had got through. */
  #next(): Placed | undefined {
    for (;;) {
      const next = this.#queue.shift()
      if (!next || this.#unconfirmed.get(keyOf(next.chunk, next.frame)) === next) return next
    }
  }

  /** The packing worker that has least to do, of those with credit. */
  #idle(): Station | undefined {
    let least: Station | undefined
    for (const station of this.#stations.values()) {
      if (station.held.size < (least?.held.size ?? CREDIT)) least = station
    }
    return least
  }

  #dispatch({ packer, port, held, buffers }: Station, placed: Placed): void {
    const { stream, format, height, width, bytesPerFrame, conversion } = this.#order
    const { chunk, frame } = placed
    const bytes = buffers.pop() ?? new ArrayBuffer(bytesPerFrame)
    placed.block.copy(new Uint8Array(bytes), this.#headerBytes)
    placed.packer = packer
    const task = this.#nextTask++
    held.set(task, placed)
    const work = { pack: conversion }
    const message: FrameTask = { task, stream, chunk, frame, bytes, format, height, width, work }
    port.postMessage(message, [bytes])
  }

  #onDone(station: Station, { task, bytes, error }: FrameDone): void {
    const placed = station.held.get(task)!
    station.held.delete(task)
    station.buffers.push(bytes)
    if (error && isFramewireError(fromWire(error))) this.#fail(placed, error)
    else if (error) {
      // May have left the worker's memory broken. It is given nothing more, and its port closes when it is replaced.
      this.#stations.delete(station.packer)
      this.#post({ type: 'broken', packer: station.packer, error })
    }
    this.#advance()
  }

  /** A packing worker was lost over this frame. */
  #again(placed: Placed): void {
    placed.failures++
    placed.packer = undefined
    if (placed.failures < 2) this.#queue.unshift(placed)
    else {
      const { chunk, frame } = placed
      const lost = new FramewireError(
        'packing/worker-lost',
        `Packing frame ${frame} of a live chunk failed twice, in two workers. The chunk is given up.`,
        { chunk, frame },
      )
      this.#fail(placed, toWire(lost))
    }
  }

  #fail({ chunk, frame }: Placed, error: WireError): void {
    this.#post({ type: 'failed', chunk, frame, error })
    this.#settle(chunk, frame)
  }

  /** Nobody needs this frame any more. */
  #settle(chunk: number, frame: number): void {
    const key = keyOf(chunk, frame)
    this.#unconfirmed.get(key)?.block.release()
    this.#unconfirmed.delete(key)
  }

  #reach(reached: 'frames' | 'duration'): void {
    this.#enough = { reached, isTold: false }
    this.#upstream = this.#limits.losses()
    this.#advance()
  }

  #endChunk(): void {
    const filled = this.#filling.end()
    if (!filled) return
    this.#post({ type: 'filled', ...filled, sealer: this.#sealer!, losses: this.#losses() }, [
      filled.capturedAtNs.buffer,
    ])
  }

  #losses(): CaptureLosses {
    const { camera, wire, kernel, app } = this.#upstream ?? this.#limits.losses()
    return { camera: camera + this.#misshapen, wire, kernel, app: app + this.#dropped }
  }

  /** What has no chunk by now is lost; a chunk that was begun is ended. */
  #finish(): void {
    this.#dropAll()
    this.#endChunk()
    this.#isLast = true
  }

  #dropAll(): void {
    const unplaced = this.#waiting.splice(0)
    this.#dropped += unplaced.length
    for (const { block } of unplaced) block.release()
  }

  #endIfDrained(): void {
    if (!this.#isLast || this.#unconfirmed.size > 0 || this.#ended) return
    this.#ended = true
    this.#post({ type: 'ended', losses: this.#losses() })
    for (const { port } of this.#stations.values()) port.close()
    this.#port.close()
  }

  #abandon(): void {
    if (this.#ended) return
    this.#isClosed = true
    this.#ended = true
    this.#dropAll()
    this.#queue.length = 0
    for (const { block } of this.#unconfirmed.values()) block.release()
    this.#unconfirmed.clear()
    for (const { port } of this.#stations.values()) port.close()
  }

  #post(message: FromOutlet, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}

function keyOf(chunk: number, frame: number): string {
  return `${chunk}:${frame}`
}

/** The same with the image in memory of its own; the block itself is released. */
function kept(block: FinishedBlock): FinishedBlock {
  const image = new Uint8Array(block.bytes)
  block.copy(image)
  block.release()
  return { ...block, copy: (into, from) => into.set(image.subarray(from)), release: () => {} }
}
