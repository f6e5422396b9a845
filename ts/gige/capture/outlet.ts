import type { GigeVision } from '../../gige-vision/gige-vision.js'
import type { FinishedBlock } from '../../gige-vision/reassembler.js'
import type { StreamSettings } from '../stream-options.js'

/** A finished block on its way out of the capture worker. */
export interface CapturedFrame {
  block: FinishedBlock
  /** When it was taken by the camera's clock, in ns; 0 where the camera has none. */
  timestampNs: bigint
  /** The same moment by this host's clock, in ns since 1970: the camera's clock is followed and its drift taken out. */
  capturedAtNs: bigint
}

/**
 * Makes of a block what a reader gets, with memory of `buffer`, which leaves with it. The block stays with whoever has it.
 */
export interface FrameMaker {
  make(frame: CapturedFrame, buffer: (bytes: number) => ArrayBuffer): MadeFrame
}

/** What was made of a block: it can be posted, its memory transferred. */
export interface MadeFrame {
  buffer: ArrayBuffer
}

/** Frame makers by their names, each for a stream with these settings. */
export type FrameMakers = Readonly<Record<string, (gige: GigeVision, settings: StreamSettings) => FrameMaker>>

/** Where frames go from the capture worker: to whoever reads them, or to packing workers. */
export interface FrameOutlet {
  /** Take a frame over; its block is released by the outlet, sooner or later. Never blocks. */
  take(frame: CapturedFrame): void
  /** No frame follows, for `reason` where that was not asked for. Blocks that still wait are released. */
  close(reason?: unknown): void
}
