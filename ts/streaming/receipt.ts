import type { ChunkItem, SpillItem } from '../journal/state.js'
import type { CaptureLosses, FrameGap } from '../packing/live.js'

/** How far a chunk came; each state is a promise that was kept. */
export type ChunkState = 'queued' | 'spilled' | 'packaged' | 'journaled' | 'stored' | 'failed'

/** One chunk on the receipt. Times are Unix milliseconds of this machine's clock. */
export interface ChunkReceipt {
  index: number
  state: ChunkState
  frames: number
  height: number
  width: number
  /** Capture time of the first frame and the end of the last, as sent to the service (clock corrected). */
  captureStartMs: number
  captureEndMs: number
  /** When its frames were captured, where a camera told. */
  times?: FrameTimes
  /** Bytes of the raw frames as given, and of the shard. */
  rawBytes: number
  bytes?: number
  /** Hashes of the shard, hex; present once it is packaged. */
  sha256?: string
  md5?: string
  /** XXH64 over the frames' own XXH64 values (u64 little-endian, in frame order), hex. */
  xxh64?: string
  /** Pixels that fell outside of the stated range and were clamped. */
  clampedPixels?: number
  /** When its frames were put on disk unpacked, where memory had no room for them. */
  spilledAtMs?: number
  packagedAtMs?: number
  journaledAtMs?: number
  storedAtMs?: number
  /** Upload attempts. */
  tries: number
  /** `md5`: the service answered with the MD5 of our bytes; `status`: it only answered 2xx. */
  proof?: 'md5' | 'status'
  /** Why the chunk was given up. */
  error?: { code: string; message: string }
}

/** When the frames of a chunk were captured, by the camera's clock, and what is missing between them. */
export interface FrameTimes {
  /**
   * Microseconds from the first frame to each. Left out where every frame lies within a tenth of a period of its place
   * at the declared rate.
   */
  offsetsUs?: number[]
  /** Frames that were lost, in order. */
  gaps: FrameGap[]
}

/** A push that was taken but contradicts an earlier one: nothing of it was sent. */
export interface RefusedChunk {
  index: number
  frames: number
  error: { code: string; message: string }
}

/** Frames lost, by the place where they were lost. */
export interface Losses extends CaptureLosses {
  /** Sealed, but not stored. */
  upload: number
}

/** What `finalize` returns: each chunk and what became of it. */
export interface Receipt {
  dataId: string
  streamName: string
  fps: number
  chunkSize: number
  /** In order of index. */
  chunks: ChunkReceipt[]
  /** Indexes below the highest one that were never pushed. */
  skipped: number[]
  refused: RefusedChunk[]
  totals: {
    chunks: number
    stored: number
    frames: number
    framesStored: number
    rawBytes: number
    bytes: number
    clampedPixels: number
  }
  losses: Losses
  /** The range that 16-bit data was scaled by, where one was stated or measured. */
  range?: { lo: number; hi: number } | 'max'
  /** Whether the service was told that the stream is complete. */
  finalized: boolean
  /** Folder of the local store that was kept, where that was asked for and the stream is whole. */
  kept?: string
}

/**
 * Put the receipt together from what is known of a stream.
 * @param uncaptured what was lost of each camera before its frames came to a chunk
 */
export function receiptOf(
  stream: Pick<Receipt, 'dataId' | 'streamName' | 'fps' | 'chunkSize' | 'range' | 'finalized'>,
  known: readonly ChunkReceipt[],
  refused: readonly RefusedChunk[],
  uncaptured: readonly CaptureLosses[] = [],
): Receipt {
  const chunks = [...known].sort((a, b) => a.index - b.index).map((chunk) => ({ ...chunk }))
  const pushed = new Set(chunks.map(({ index }) => index))
  const highest = chunks.at(-1)?.index ?? -1
  const skipped: number[] = []
  for (let index = 0; index < highest; index++) if (!pushed.has(index)) skipped.push(index)
  const stored = chunks.filter(({ state }) => state === 'stored')
  const notSealed = chunks.filter(({ state, sha256 }) => state === 'failed' && sha256 === undefined)
  const notStored = chunks.filter(({ state, sha256 }) => state === 'failed' && sha256 !== undefined)
  return {
    ...stream,
    chunks,
    skipped,
    refused: [...refused],
    totals: {
      chunks: chunks.length,
      stored: stored.length,
      frames: sum(chunks, ({ frames }) => frames),
      framesStored: sum(stored, ({ frames }) => frames),
      rawBytes: sum(chunks, ({ rawBytes }) => rawBytes),
      bytes: sum(chunks, ({ bytes }) => bytes ?? 0),
      clampedPixels: sum(chunks, ({ clampedPixels }) => clampedPixels ?? 0),
    },
    losses: {
      camera: sum(uncaptured, ({ camera }) => camera),
      wire: sum(uncaptured, ({ wire }) => wire),
      kernel: sum(uncaptured, ({ kernel }) => kernel),
      app:
        sum(uncaptured, ({ app }) => app) +
        sum(notSealed, ({ frames }) => frames) +
        sum(refused, ({ frames }) => frames),
      upload: sum(notStored, ({ frames }) => frames),
    },
  }
}

/** What a journal says of a chunk, as the receipt tells it. */
export function journaledReceipt({ entry, journaledAtMs, tries, stored }: ChunkItem): ChunkReceipt {
  const { clamped, request: _, ...proved } = entry
  return {
    ...proved,
    state: stored ? 'stored' : 'journaled',
    clampedPixels: clamped,
    journaledAtMs,
    tries,
    ...(stored && { proof: stored.proof, storedAtMs: stored.atMs }),
  }
}

/** What a journal says of frames that wait to be packed, as the receipt tells it. */
export function spilledReceipt({ entry, spilledAtMs }: SpillItem): ChunkReceipt {
  const { index, frames, height, width, captureStartMs, captureEndMs, bytesPerFrame } = entry
  const rawBytes = frames * bytesPerFrame
  return {
    index,
    state: 'spilled',
    frames,
    height,
    width,
    captureStartMs,
    captureEndMs,
    rawBytes,
    spilledAtMs,
    tries: 0,
  }
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0)
}
