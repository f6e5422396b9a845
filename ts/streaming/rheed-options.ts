import type { Gray, Scale } from '../frames/conversion.js'
import type { Frames } from '../frames/stack.js'
import type { JournalPlace } from '../journal/place.js'
import type { Json } from '../journal/records.js'
import type { ApiKey } from '../upload/api.js'
import type { HttpTransport } from '../upload/http.js'
import type { LogOptions } from './log.js'
import { checkedInteger, checkedOption, checkedText, type LinkOptions } from './options.js'
import type { ChunkReceipt } from './receipt.js'

/** Options of a `RHEEDStreamer`. */
export interface RHEEDStreamerOptions extends LogOptions {
  /** The key, or a function that is asked for it, and again whenever the service refuses its answer. */
  apiKey: ApiKey
  /** Root of the API. Default: `AS_API_ENDPOINT` of the environment, else the production service. */
  endpoint?: string
  /** Packing workers. Default: the processors of this machine, at most 8. */
  maxWorkers?: number
  /** Uploads in flight. Default 8. */
  maxUploads?: number
  /**
   * Bytes of raw frames and of sealed chunks held at most. Default 256 MiB. One larger chunk is taken when alone. With a
   * journal on disk, as much again of frames that find no room there and are being spilled to the disk.
   */
  memoryBudgetBytes?: number
  /** How long creating, linking and ending a stream are tried, in ms. Default 30,000. */
  retryMs?: number
  /** Correct capture times by the service's clock. Default true, unless `ATOMSCALE_SKIP_CLOCK_SYNC=1`. */
  clockSync?: boolean
  /** The seam to the network. Default: `fetch`. */
  transport?: HttpTransport
  /**
   * Where chunks wait until they are stored. Default: memory, gone with the process. On Node `journalFolder(path)`: then
   * what is journaled survives a crash or a power cut, and {@link Resumed | resume} goes on with it.
   */
  journal?: JournalPlace
}

/** What `RHEEDStreamer.resume` found. */
export interface Resumed {
  dataId: string
  /** Chunks that the journal knows, and those of them that are being sent now. */
  chunks: number
  pending: number
  /** Indexes of the chunks that the journal knows, ascending. */
  indexes: readonly number[]
  /** Resolves when each of those is stored or given up. */
  settled: Promise<void>
  /** Whether `finalize` was called before: then nothing more comes, and it is due again. */
  finalizeAsked: boolean
  /** As it was given to `initialize`. */
  origin?: Json
}

/** What `RHEEDStreamer.initialize` declares of a stream. */
export interface RHEEDStreamOptions extends LinkOptions {
  /** Capture rate in frames per second, above 0. */
  fps: number
  /** Sample rotation in rotations per minute; 0 for a stationary sample. */
  rotationsPerMin: number
  /** Frames per chunk; at least `ceil(2 * fps)`. */
  chunkSize: number
  /** Default: `RHEED Stream @ 1:23PM`. */
  streamName?: string
  /** Azimuth label; only for a stationary sample. */
  azimuth?: string
  /** How 16-bit pixels become 8-bit; needed for them. */
  scale?: Scale
  /** How colour becomes gray; needed for it. */
  gray?: Gray
  /**
   * Keep what was sent: when the stream is whole its journal becomes a local store (Zarr, as the ingest server's) and is
   * not taken away. For a streamer with a journal on disk.
   */
  keep?: boolean
  /** What you want to know when the stream is resumed, such as where its frames come from. */
  origin?: Json
  signal?: AbortSignal
}

/** Options of one `RHEEDStreamer.push`. */
export interface PushOptions {
  /** Capture time of the first frame, Unix ms, whole. Default: now, less the duration of the frames. */
  captureStartMs?: number
  /** Take the buffers over: the caller's arrays are detached, and `push` returns within milliseconds. */
  transfer?: boolean
}

/** Options of `RHEEDStreamer.run`. */
export interface RunOptions {
  /** `capture` (default): a chunk is sent when the frames before it have lasted; `none`: as fast as memory allows; capture
   * times not given then follow each other at the declared rate from the start of the run.
   */
  pace?: 'capture' | 'none'
  /** The index of each chunk of the iterable. Default: 0, 1, 2 ... */
  indexes?: Iterable<number>
  /** The iterable yields buffers of its own each time; they are taken over, and reading goes on while packing does. */
  transfer?: boolean
  signal?: AbortSignal
}

/** Options of `RHEEDStreamer.finalize`. */
export interface FinalizeOptions {
  /** How long chunks may still be uploaded, in ms. Default 600,000. */
  drainTimeoutMs?: number
  /** Ends the waiting, as the time-out does. */
  signal?: AbortSignal
}

/** An item of the iterable given to `RHEEDStreamer.run`: a chunk, or a chunk and its capture start (Unix ms). */
export type RunItem = Frames | readonly [frames: Frames, captureStartMs: number]

/** Detail of the event `progress`: a chunk as it stands, at each change of its state. */
export interface ChunkProgress extends ChunkReceipt {
  dataId: string
}

/** The declaration of a stream, checked. Throws `stream/option`. */
export function checkedStream(options: RHEEDStreamOptions): RHEEDStreamOptions {
  const { fps, rotationsPerMin, chunkSize, streamName, azimuth, keep = false } = options
  checkedOption('fps', fps, Number.isFinite(fps) && fps > 0, 'a finite number above 0')
  checkedOption(
    'rotationsPerMin',
    rotationsPerMin,
    Number.isFinite(rotationsPerMin) && rotationsPerMin >= 0,
    'a finite number of at least 0 (0 for a stationary sample)',
  )
  checkedInteger('chunkSize', chunkSize, 1)
  const least = Math.ceil(2 * fps)
  checkedOption(
    'chunkSize',
    chunkSize,
    chunkSize >= least,
    `at least 2 x fps (>= ${least}): two seconds of frames`,
  )
  checkedText('streamName', streamName)
  checkedOption('keep', keep, typeof keep === 'boolean', 'true or false')
  checkedText('azimuth', azimuth)
  checkedOption(
    'azimuth',
    azimuth,
    azimuth === undefined || rotationsPerMin === 0,
    'left out for a rotating sample (it is for rotationsPerMin 0)',
  )
  return options
}

/** A capture time as given by the caller. Throws `stream/option`. */
export function checkedStart(captureStartMs: number | undefined): void {
  checkedOption(
    'captureStartMs',
    captureStartMs,
    captureStartMs === undefined || Number.isSafeInteger(captureStartMs),
    'whole milliseconds since 1970 (UTC)',
  )
}

/** Chunk and capture start of an item of `run`. */
export function itemOf(item: RunItem): readonly [Frames, number | undefined] {
  const pair = Array.isArray(item) && item.length === 2 && typeof item[1] !== 'object'
  return pair ? (item as unknown as readonly [Frames, number]) : [item as Frames, undefined]
}
