import type { ReadOptions } from './stored-frames.js'

/** The 8-bit frames that a stream is compared with, in the order they were sent. */
export interface FrameReference {
  /** Number of frames. */
  readonly frames: number
  /** Pixels of frames `start .. start + count - 1`: `count * height * width` bytes. */
  pixels(start: number, count: number): Promise<Uint8Array>
}

/** Options of `verifyStore`. */
export interface VerifyOptions extends ReadOptions {
  /** Compare every stored frame with these, in order. */
  against?: FrameReference
}

/** Something that a stream should not be. */
export interface Problem {
  chunk?: number
  /** Number in the array `frames`. */
  frame?: number
  reason: string
}

/** A chunk of frames that was verified. Bytes and hashes are those of the shard as it was received. */
export interface VerifiedChunk {
  index: number
  frames: number
  bytes: number
  md5: string
  sha256: string
  ok: boolean
}

/** A chunk of one channel that was verified. */
export interface VerifiedPoints {
  channel: string
  index: number
  points: number
}

/** What `verifyStore` found of any stream. */
interface Verified {
  dataId: string
  problems: Problem[]
  /** Whether there are no problems. */
  ok: boolean
}

/**
 * What `verifyStore` found of a stream of frames. Missing frames alone are no problem: `against` tells whether they
 * should be there.
 */
export interface FramesReport extends Verified {
  kind: 'frames'
  /** Of the array `frames`. */
  shape: readonly [frames: number, height: number, width: number]
  chunkSize: number
  chunks: VerifiedChunk[]
  storedFrames: number
  /** Frames of the array that never came. */
  missingFrames: number
  /** Frames that were equal to the reference's; absent where none was given. */
  equalFrames?: number
}

/** What `verifyStore` found of a stream of scalar channels. */
export interface SeriesReport extends Verified {
  kind: 'series'
  /** Names, in order of appearance. */
  channels: string[]
  /** Those of the first channel by index, then those of the next. */
  chunks: VerifiedPoints[]
  /** Of all channels. */
  storedPoints: number
  /** Bytes at the end of the log of a chunk that a crash cut short: never answered, and no problem. */
  tornBytes: number
}

/** What `verifyStore` found. */
export type VerifyReport = FramesReport | SeriesReport
