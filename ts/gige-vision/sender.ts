import type { Batch } from '../datagrams/batch.js'
import type { Endpoint } from '../datagrams/datagrams.js'
import type { Resend } from './gvcp.js'
import type { PacketRange } from './reassembler.js'

/** What a simulated camera's stream channel is like for good. */
export interface SenderOptions {
  /** Of everything that is drawn, 0 to 2^64 - 1. */
  seed: bigint
  /** Blocks that can be sent again. */
  ringBlocks: number
  /** Finished frames of which a record is kept; older ones give way. */
  recordFrames: number
  /** What goes wrong on the way. */
  faults: Readonly<PacketFaults>
  /** What is done on purpose, at every second frame: a name of {@link HOSTILE}. */
  hostile?: Hostile
  /** Packets that are sent again say so in their status. */
  resendStatus: boolean
  /** Id of the first block. */
  firstId: bigint
  /** Block ids of 64 bits. */
  extendedIds: boolean
  /** Block ids go on in the next session, in place of beginning anew. */
  idsGoOn: boolean
  /** Packets that are written at once, at most. */
  slots: number
}

/** What goes wrong on the way, drawn for each packet from the seed. Numbers from 0 to 1 are probabilities. */
export interface PacketFaults {
  /** A packet is lost. */
  loss?: number
  /** A burst of losses begins at a packet. */
  burstRate?: number
  /** Packets lost in a burst. */
  burstPackets?: number
  /** A packet comes later than others, by at most so many packets, within its block. */
  reorderPackets?: number
  /** A packet comes twice. */
  duplicate?: number
  /** A bit of a header is wrong, so that the packet belongs to nothing that a host waits for. */
  damage?: number
  /** A bit of the pixels is wrong. No host can see it; a real network's checksums are there for that. */
  alter?: number
  /** A packet that was asked for again is lost once more. */
  resendLoss?: number
  /** In place of a packet that was asked for again comes another one, or it comes under another block's id. */
  resendWrong?: number
  /** Nothing is sent any more after so many frames; 0 for never. */
  muteAfterFrames?: number
  /** The last of so many frames, and its id, is left out; 0 for never. */
  skipEvery?: number
}

/** What a malicious or broken camera does. */
export const HOSTILE = [
  'sizes-change',
  'claims-4-gb',
  'claims-too-few-rows',
  'claims-too-many-rows',
  'claims-no-pixels',
  'future-ids',
  'trailer-first',
  'trailer-early',
  'leader-twice',
  'foreign-sender',
  'flood',
  'zero-length',
  'wrong-formats',
  'chunk-data',
  'multi-part',
  'oversize',
  'beyond-trailer',
  'trailer-height',
  'block-zero',
  'truncated',
  'status-errors',
  'block-twice',
  'mixed-ids',
  'last-session',
  'noise',
] as const

/** A name of {@link HOSTILE}. */
export type Hostile = (typeof HOSTILE)[number]

/** What a session is like. */
export interface SenderStream {
  width: number
  height: number
  offsetX: number
  offsetY: number
  /** A number of the PFNC. A row has to be a whole number of bytes. */
  pixelFormat: number
  /** Bytes of a whole IP packet. */
  packetSize: number
  /**
   * What images show: the pattern, what comes by `pixels`, or what a Telops camera does, whose frames are taken by
   * `takeHeaded`. The height of those includes their two header rows, and their pixels have 16 bits.
   */
  source: 'pattern' | 'recorded' | 'telops'
  to: Endpoint
}

/** What becomes of packets that were asked for again. */
export interface Resent {
  /** Are sent again, those lost once more included. */
  packets: number
  /** Were not sent even once yet, and are left out. */
  premature: number
  /** The camera no longer has, and says so. */
  unavailable: number
}

/** What became of the packets of a frame. Packet 0 is the leader, the last one the trailer. */
export interface FrameRecord {
  /** Running number of the frame, from 0 on since the sender was made. */
  number: bigint
  /** Its block id. */
  id: bigint
  /** Packets, leader and trailer included; 0 where the camera left the frame and its id out. */
  packets: number
  /** Were lost when they should have been sent first. */
  dropped: readonly PacketRange[]
  /** Were sent with a header that is not theirs. */
  damaged: readonly PacketRange[]
  /** Were sent with pixels that are not theirs. */
  altered: readonly PacketRange[]
  /** No copy was sent as it should be, neither at first nor again. */
  missing: readonly PacketRange[]
}

/** Who sends a packet: the camera, or somebody else from another port. */
export type Origin = 'camera' | 'stranger'

/** Frames of a simulated camera to packets, with faults. No I/O and no clock. Throws `gige/packet`. */
export interface Sender {
  /** Begin a session. */
  start(stream: SenderStream): void
  /** End the session at once: what was not sent yet never is. */
  stop(): void
  /** Where the next frame's pixels belong, where they are a recording's: a view, good until the next call. */
  pixels(): Uint8Array
  /** A frame is taken, at this time in ticks of the camera's clock; its running number. */
  take(timestamp: bigint): bigint
  /**
   * As `take`, a frame of a Telops camera: usable pixels are `telopsCount` of this id; the header rows begin with `header`,
   * as far as there is room, and are zeros behind it.
   */
  takeHeaded(timestamp: bigint, frameId: number, header: Uint8Array): bigint
  /** Frames that were taken and not sent whole yet. */
  readonly backlog: number
  /** Write the next packets, at most so many. What was written before and not sent is dropped. */
  write(packets: number): void
  /** What was written and not sent yet; views that are good until the next call. */
  written(origin: Origin): { batch: Batch; count: number }
  /** The first so many of `written` were sent. */
  sent(origin: Origin, count: number): void
  /** A host asks for packets again. */
  resend(request: Resend): Resent
  /** The records of the frames that were taken, in order. Those of the newest, which could still be sent again, change. */
  records(): FrameRecord[]
  /** Give all memory back. Nothing may be called afterwards. */
  free(): void
}
