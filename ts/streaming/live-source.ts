import type { PixelFormat } from '../core/core.js'
import type { LiveOrder } from '../packing/live.js'

/** What the frames of a camera are, as it is set now. */
export interface LiveFormat {
  height: number
  width: number
  channels: 1 | 3 | 4
  format: PixelFormat
  /** Significant bits of a value. */
  bits: number
  /** Bytes of one frame as it comes. */
  bytesPerFrame: number
}

/** A camera that frames can be streamed of as they come. */
export interface LiveCamera {
  /** Its frames, as {@link LiveSource} hands them out. */
  live(): LiveSource
}

/** A camera whose frames go to packing workers straight from the thread that receives them. */
export interface LiveSource {
  /** For messages: which camera this is. */
  readonly label: string
  /** What frames will be; it stays so until the stream was stopped. */
  format(): Promise<LiveFormat>
  /**
   * Start, and hand frames out as `order` says. `outlet` is transferred to the thread that receives frames; what goes
   * over it is said in `packing/live.ts`. Resolves when the camera was told to start; rejects where it cannot be.
   */
  start(order: LiveOrder, outlet: MessagePort): Promise<LiveRun>
  /**
   * Resolves when a camera that was lost is there again and can be started, set up as before. Undefined where nobody
   * looks for it, or where `failure`, which ended the last run or kept the next from starting, says something else.
   */
  comeBack?(failure: Error): Promise<void> | undefined
}

/** A camera that is running. Should it be lost, the outlet says so (`ended`), or its port closes. */
export interface LiveRun {
  /**
   * Stop the camera; again does nothing. When this resolves the outlet was told that no frame follows; what it has is
   * still packed.
   */
  stop(): Promise<void>
  /** Why it has stopped by itself, if it has. */
  readonly failure?: Error | undefined
}
