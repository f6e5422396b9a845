import type { FinishedBlock } from '../../gige-vision/reassembler.js'

/** A finished block on its way out of the capture worker. */
export interface CapturedFrame {
  block: FinishedBlock
  /** When it was taken by the camera's clock, in ns; 0 where the camera has none. */
  timestampNs: bigint
  /** The same moment by this host's clock, in ns since 1970: the camera's clock is followed and its drift taken out. */
  capturedAtNs: bigint
}

/** Where frames go from the capture worker: to whoever reads them, or to packing workers. */
export interface FrameOutlet {
  /** Take a frame over; its block is released by the outlet, sooner or later. Never blocks. */
  take(frame: CapturedFrame): void
  /** No frame follows, for `reason` where that was not asked for. Blocks that still wait are released. */
  close(reason?: unknown): void
}
