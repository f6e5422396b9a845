import type { Conversion, PixelFormat } from '../core/core.js'
import type { WireError } from '../core/wire-error.js'

/** What a source of live frames is told before its first one: how frames are packed, and into which chunks. */
export interface LiveOrder {
  /** The stream, as the pool counts them. */
  stream: number
  format: PixelFormat
  height: number
  width: number
  /** Bytes of one frame as it comes. */
  bytesPerFrame: number
  conversion: Conversion
  /** Frames of a chunk; only the last one, and one whose sealing worker was lost, may have fewer. */
  chunkSize: number
  /** Declared frames per second: says what a step in time is, where ids of frames do not. */
  fps: number
  /** Frames to take at most. Left out: until it is stopped. */
  frames?: number
  /** How long after the first frame frames are taken, by their capture times, in ms. */
  durationMs?: number
}

/** Main thread to outlet. Ports are transferred. */
export type ToOutlet =
  /** A packing worker: takes `FrameTask`s and answers `FrameDone`. The port closes when the worker is lost. */
  | { type: 'packer'; packer: number; port: MessagePort }
  /** The sealing worker of the stream confirms frames here (`FrameTaken`); the port closes when it is lost. */
  | { type: 'sealer'; sealer: number; port: MessagePort }
  /** There is memory for one more chunk, of this number. */
  | { type: 'grant'; chunk: number }
  /** No chunk is granted any more. */
  | { type: 'last' }

/** Outlet to main thread. */
export type FromOutlet =
  | ({ type: 'filled' } & FilledChunk)
  /** A frame cannot be packed, so its chunk cannot be sealed. */
  | { type: 'failed'; chunk: number; frame: number; error: WireError }
  /** A packing worker broke: it has to be replaced. */
  | { type: 'broken'; packer: number; error: WireError }
  /** As many frames were taken as were asked for: the source can stop. */
  | { type: 'enough'; reached: 'frames' | 'duration' }
  /** The source sends nothing more; `error`: why, where nobody asked for it. The answer is `last`. */
  | { type: 'closed'; error?: WireError }
  /** Every frame that has a chunk is in the sealer's hands. Nothing is said any more. */
  | { type: 'ended'; losses: CaptureLosses }

/** A chunk that has all its frames: the last of them may still be on their way to the sealer. */
export interface FilledChunk {
  chunk: number
  /** The sealing worker that has it. */
  sealer: number
  frames: number
  /** When each was captured, by this machine's clock, in ns since 1970. */
  capturedAtNs: BigInt64Array<ArrayBuffer>
  gaps: FrameGap[]
  /** Since the beginning. */
  losses: CaptureLosses
}

/** Frames that are missing in the middle of a chunk, or between it and the one before. */
export interface FrameGap {
  /** The frame of the chunk that they are missing before; 0 is its first. */
  frame: number
  /** How many. */
  lost: number
}

/** Frames that were lost on their way from the camera, by the place where they were lost. */
export interface CaptureLosses {
  /** The camera left them out, or sent them in another size than it said. */
  camera: number
  /** Packets of them never came. */
  wire: number
  /** This machine's system dropped packets of them, because they were not fetched in time. */
  kernel: number
  /** They came, but there was no memory for them: packing or the service is slower than the camera. */
  app: number
}
