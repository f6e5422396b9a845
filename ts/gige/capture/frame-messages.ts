import type { WireError } from '../../core/wire-error.js'
import type { MadeFrame } from './outlet.js'

/** Reader to outlet. Buffers come back for the next frames, transferred. */
export type ReaderMessage =
  /** So many frames more may be sent. `newestOnly`: those that wait for the next credit are passed over but the newest. */
  | { want: number; newestOnly: boolean; buffers: ArrayBuffer[] }
  /** What was granted and not used is void; pass over all that wait but the newest, and answer with that, or nothing. */
  | { newest: true; buffers: ArrayBuffer[] }

/** Outlet to reader: frames, their buffers transferred. */
export interface OutletMessage {
  frames: MadeFrame[]
  /** This answers `newest`. */
  newest?: true
  /** Frames that were passed over because a reader asked for the newest, so far. */
  passedOver: number
  /** No frame follows; `unread` waited and were released. */
  ended?: { unread: number; error?: WireError }
}
