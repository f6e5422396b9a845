import type { Conversion, PixelFormat } from '../core/core.js'
import type { WireError } from '../core/wire-error.js'
import type { Gray } from '../frames/conversion.js'

/** Which frame of which chunk; `chunk` counts within the stream, `stream` within the pool. */
export interface FrameKey {
  stream: number
  chunk: number
  frame: number
}

/** What is to be done with a frame: packed for its shard, or only measured (the range `measured`). */
export type FrameWork = { pack: Conversion } | { measure: Gray | undefined }

/** Pool to packer: one frame. `bytes` is transferred and comes back with {@link FrameDone}. */
export interface FrameTask extends FrameKey {
  task: number
  bytes: ArrayBuffer
  format: PixelFormat
  height: number
  width: number
  work: FrameWork
}

/** Packer to pool: the buffer back, and what was measured or what went wrong. */
export interface FrameDone {
  task: number
  bytes: ArrayBuffer
  measured?: { min: number; max: number }
  error?: WireError
}

/** Packer to sealer: one packed frame, `data` transferred. */
export interface FramePacked {
  chunk: number
  frame: number
  data: Uint8Array<ArrayBuffer>
  xxh64: bigint
  clamped: number
}
