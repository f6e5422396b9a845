import type { Batch } from '../datagrams/batch.js'
import type { Endpoint } from '../datagrams/datagrams.js'

/** What the reassembly is told of a stream before its first packet. */
export interface ReassemblyOptions {
  /** IPv4 address that packets have to come from; those of others are counted and dropped. */
  source: string
  /** Packet size of the stream channel, in bytes of the whole IP packet. */
  packetSize: number
  /** Bytes of the largest image that is taken. */
  blockBytes: number
  /** Images in memory at most, those in flight and those that nobody released yet; at least 2. */
  buffers: number
  /**
   * After how many ms without a packet a block that has begun counts as sent to its end: what is missing is asked for,
   * or, without resends, given up. Default 200; more for a camera that pauses within an image.
   */
  idleMs?: number
  /** Left out: packets are never asked for again. */
  resend?: ResendPolicy
  /** Whether incomplete images are handed over, or dropped and counted. */
  incomplete: 'deliver' | 'drop'
  /** What the last session of this camera ended with, so that its late packets are known for what they are. */
  previous?: SessionEnd
}

/** When and how often packets are asked for again. */
export interface ResendPolicy {
  /** After how many ms without the packet it is asked for first, once 64 others came behind it: it was not overtaken. */
  firstMs: number
  /** Where nothing at all comes for so many ms, the camera may be held up, or done: it is asked for all the same. */
  silentMs: number
  /** After how many ms without it it is asked for again. */
  againMs: number
  /** How often a packet is asked for at most. */
  attempts: number
  /** Requests per second at most. */
  perSecond: number
}

/** Packets, both ends included. 0 is the leader; the trailer is the one behind the last of the payload. */
export type PacketRange = readonly [first: number, last: number]

/** What a session leaves behind for the next one; opaque. */
export type SessionEnd = Uint8Array<ArrayBuffer>

/** A block that is done with: complete or given up. Its image stays in memory until `release`. */
export interface FinishedBlock {
  blockId: bigint
  /** Leader, trailer and every payload packet were there. */
  complete: boolean
  /** Packets that are missing, in order; empty where it is complete. */
  missing: readonly PacketRange[]
  /** Bytes of image in each payload packet but the last: packet `n` holds bytes from `(n - 1) * packetBytes` on. */
  packetBytes: number
  /** From the leader; undefined where it is missing. */
  leader: BlockLeader | undefined
  /** Bytes of image, missing ones zero. */
  bytes: number
  /** When its last packet was received, in ns since 1970 by this host's clock. */
  receivedAtNs: bigint
  /** When its first packet was received. */
  firstAtNs: bigint
  /** Packets of it that came because they were asked for again. */
  resent: number
  /** Copy the image out, as it came, from this byte of it to its end. */
  copy(into: Uint8Array, from?: number): void
  /** Give the memory back. Afterwards nothing of the image may be read; releasing again does nothing. */
  release(): void
}

/** What a block's leader says of the image. */
export interface BlockLeader {
  /** When it was taken, in ticks of the device's clock; 0 where the device has none. */
  timestamp: bigint
  /** Pixel format, a number of the PFNC. */
  pixelFormat: number
  width: number
  height: number
  offsetX: number
  offsetY: number
  paddingX: number
  paddingY: number
}

/** Counts since the stream began. Losses are told by their place. */
export interface ReassemblyStatistics {
  /** Blocks whose every packet came. */
  complete: number
  /** Blocks that were given up with packets missing. */
  incomplete: number
  /** Of the complete ones: those that needed packets sent again. */
  recovered: number
  /** Block ids that the camera left out: nothing of such a block ever came, while blocks before and after it did. */
  skipped: number
  /** Blocks that came while every buffer was in use, and were dropped for it. */
  queueFull: number
  packets: number
  bytes: number
  /** Packets of blocks given up that never came. */
  missingPackets: number
  resendRequests: number
  /** Packets that were asked for again, each time counted. */
  resendPacketsAsked: number
  /** Packets that came because they were asked for. */
  resendPackets: number
  /** Packets that the camera says it no longer has. */
  unavailable: number
  /** Packets twice. */
  duplicates: number
  /** Packets of blocks that are done with, or of an earlier session. */
  late: number
  /** Packets of other senders. */
  foreign: number
  /** Packets that are none of GVSP, or contradict their block: by what is wrong with them. */
  refused: Readonly<Record<string, number>>
}

/** Packets of one stream to blocks. One belongs to one stream session and one thread. No I/O and no clock. */
export interface Reassembler {
  /** Where to receive the next packets: views on WebAssembly memory, good until the next call of anything here. */
  batch(): Batch
  /**
   * Take the first `packets` of the batch in, at the time `nowMs` (of a clock that never goes back); 0 lets time pass.
   * What has arrived has to be taken in before: a block that brings nothing for long is taken for lost.
   */
  take(packets: number, nowMs: number): void
  /**
   * Resend requests that are due, for `most` packets at once: packets of GVCP, to be sent to `to` from the control
   * channel's port. A batch as {@link batch} is; `count` may be 0.
   */
  resends(to: Endpoint, nowMs: number, most: number): { batch: Batch; count: number }
  /** The next block that is done with, in order of block ids; undefined where there is none yet. */
  next(): FinishedBlock | undefined
  /** When, by the clock of `take`, `take` and `resends` are to be called though no packet came; undefined for never. */
  due(): number | undefined
  statistics(): ReassemblyStatistics
  /** No more packets will be taken in: every block in flight is done with now, and is handed out by `next`. */
  end(nowMs: number): SessionEnd
  /** Give all memory back, images too. Nothing may be called afterwards; only releasing a block does nothing. */
  free(): void
}
