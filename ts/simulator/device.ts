import type { Sender, SenderStream } from '../gige-vision/sender.js'

/** What every image of a session is like. */
export interface DeviceImage {
  width: number
  height: number
  offsetX: number
  offsetY: number
  /** A number of the PFNC. */
  pixelFormat: number
}

/** A frame's turn. */
export interface Turn {
  /** Of the frames of the session that were due, those that were not taken included; from 0 on. */
  index: number
  /** When it is taken, in ms of this host's clock. */
  atMs: number
  /** A moment of this host's clock in ticks of the camera's. */
  ticks(ms: number): bigint
}

/** What a camera is beside GigE Vision: registers of its own, and the frames that it takes. */
export interface Device {
  /** A stream shall be: from AcquisitionStart to AcquisitionStop, or the last frame. */
  readonly acquiring: boolean
  readonly image: DeviceImage
  /** What images show. */
  readonly source: SenderStream['source']
  /** MB of IP packets per second that it sends at most, whatever its link has. */
  readonly bandwidthMBps: number
  /** Ns of a tick of the packet delay. */
  readonly delayTickNs: number
  /** Ms between frames; undefined where one is taken as soon as those before were sent. */
  readonly periodMs: number | undefined
  /** Frames are taken when they are asked for alone. */
  readonly triggered: boolean
  /** Whether there is a frame behind so many of a session. */
  hasFrame(taken: number): boolean
  /** A session begins. */
  begin(): Promise<void>
  /** Whether the next frame can be taken at once. Throws what getting it threw. */
  readonly isReady: boolean
  /** Hand the next frame to the sender. */
  take(sender: Sender, turn: Turn): void
  /** The last frame was sent. */
  end(): void
  /** Nobody is in control any more. */
  released(): void
  /** As it is when it is switched on. */
  load(): void
  close(): Promise<void>
}

/** What registers of its own make the rest of the camera do. */
export interface DeviceActions {
  /** Frames that wait to be sent are forgotten: another acquisition begins. */
  start(): void
  /** A frame is asked for. */
  trigger(): void
  /** Switch it off and on again. */
  reset(): void
  /** It is there no more until it is switched off and on again. */
  hang(): void
}
