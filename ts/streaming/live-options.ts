import type { CaptureLosses } from '../packing/live.js'
import { checkedInteger, checkedOption } from './options.js'

/** Options of `RHEEDStreamer.attach`. */
export interface AttachOptions {
  /** Frames to take; then the camera is stopped. Default: until it is stopped. */
  frames?: number
  /** How long to take frames, by their capture times, in ms. */
  durationMs?: number
  /** Stops the camera, as `stop` does. */
  signal?: AbortSignal
}

/** A camera that is attached to a stream. */
export interface Recording {
  /**
   * Resolves when the camera has stopped and each of its frames is packed; `finalize` waits until they are stored.
   * Rejects when the camera was lost; the chunks before that are in the stream.
   */
  readonly done: Promise<RecordingSummary>
  /** Stop the camera; answers what `done` does. */
  stop(): Promise<RecordingSummary>
}

/** What came of a camera that was attached. */
export interface RecordingSummary {
  /** Frames that went into the stream, and their chunks. */
  frames: number
  chunks: number
  /** Frames that did not, by the place where they were lost. */
  losses: CaptureLosses
  /** What ended it. */
  reason: 'stopped' | 'frames' | 'duration'
}

/** The options, checked. Throws `stream/option`. */
export function checkedAttach(options: AttachOptions): AttachOptions {
  const { frames, durationMs } = options
  if (frames !== undefined) checkedInteger('frames', frames, 1)
  const isTime = durationMs === undefined || (Number.isFinite(durationMs) && durationMs > 0)
  checkedOption('durationMs', durationMs, isTime, 'a finite number of milliseconds above 0')
  return options
}
