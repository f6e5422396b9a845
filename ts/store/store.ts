/** What every stream of the store has. Times are ISO 8601, UTC. */
interface StreamCommon {
  /** UUID, made by the store. */
  id: string
  name: string | null
  createdAt: string
  endedAt?: string
  projectId?: string
  sampleId?: string
  tagIds: string[]
  /** The create call's own key: the same key answers the same stream. */
  idempotencyKey?: string
}

/** A stream of frames. Numbers are `null` where the sender gave none that makes sense. */
export interface FrameStream extends StreamCommon {
  kind: 'frames'
  /** Declared capture rate, frames per second. */
  fps: number | null
  rotationsPerMin: number | null
  /** Frames per rotation. */
  rotationalPeriod: number | null
  azimuth?: string
}

/** A stream of scalar channels. */
export interface SeriesStream extends StreamCommon {
  kind: 'series'
  processedDataId: string
  pointsPerChunk: number
  synthSourceId?: number
}

/** What is kept of a stream, of either kind. */
export type StreamRecord = FrameStream | SeriesStream

/** A stream that is about to be made: what the store itself adds is missing. */
export type NewStream =
  | Omit<FrameStream, 'id' | 'createdAt' | 'tagIds'>
  | Omit<SeriesStream, 'id' | 'createdAt' | 'tagIds' | 'processedDataId'>

/** What a sender declares of a chunk of frames before it sends its shard. */
export interface ChunkClaim {
  index: number
  /** Frames of a full chunk; the same for all chunks of a stream. */
  chunkSize: number
  /** Frames of this chunk, at most `chunkSize`. */
  frames: number
  height: number
  width: number
  fps: number | null
  /** Capture time of the first frame, ms since the epoch; `null` where the sender's is no number. */
  startUnixMs: number | null
  clockOffsetMs?: number
  clockUncertaintyMs?: number
}

/** A chunk that the store holds. */
export interface ChunkRecord extends ChunkClaim {
  dataId: string
  /** Length and hashes (hex) of the shard as it was received, before a short one's index was padded. */
  bytes: number
  md5: string
  sha256: string
  /** SHA-256 (hex) of the shard's file in the store: that of a short one, whose index was padded, is another. */
  storedSha256: string
  /** XXH64 over the frames' XXH64 values (u64 little-endian, in frame order), hex. */
  xxh64: string
  /** Frames that the sender left out of its shard; they read as zeros. */
  leftOut: number[]
  receivedAt: string
  /** How often this index was stored before with other bytes. */
  replaced: number
}

/** What `put` did: the chunk is new, was held already, or took the place of other bytes. */
export type Outcome = 'stored' | 'repeated' | 'replaced'

/** The frames of one stream. */
export interface FrameStore {
  /**
   * Refuse a claim that this stream can never hold. Throws `frames/too-many`, `frames/size-changed`, `stream/option`
   * (another chunk size than the stream's).
   */
  admit(claim: ChunkClaim): Promise<void>
  /**
   * Keep a chunk: resolves when its shard was decoded, found sound and is on disk. Where it throws, nothing of the
   * chunk is kept: as `admit`, `shard/*` for a damaged shard, `server/full`, `server/store`, or what `body` threw.
   */
  put(claim: ChunkClaim, body: AsyncIterable<Uint8Array>): Promise<{ chunk: ChunkRecord; outcome: Outcome }>
  /**
   * Keep when each frame of a chunk that is held was captured, ms since the epoch with fractions. Throws `server/times`
   * where the chunk is not held, or has another number of frames.
   */
  putTimes(index: number, unixMs: readonly number[]): Promise<void>
  /** All chunks, by index. */
  chunks(): Promise<ChunkRecord[]>
}

/** The points of one channel in one chunk. Times are seconds since the epoch; `null` is not a number. */
export interface Points {
  timestamps: readonly (number | null)[]
  values: readonly (number | null)[]
  units?: string
}

/** One index of a scalar stream, of one channel or of several. */
export interface SeriesChunk {
  index: number
  channels: Readonly<Record<string, Points>>
}

/** What the store holds of a channel. */
export interface ChannelRecord {
  name: string
  units?: string
  /** Index and points of each chunk, by index. */
  chunks: { index: number; points: number }[]
}

/** The channels of one stream. */
export interface SeriesStore {
  /** Keep the points, on disk when this resolves. An index that was there is replaced, channel by channel. */
  put(chunk: SeriesChunk): Promise<void>
  /** All channels, in order of appearance. */
  channels(): Promise<ChannelRecord[]>
}

/** What streams are linked with. */
export type LinkKind = 'sample' | 'tag'

/** A sample or a tag. */
export interface Named {
  id: string
  name: string
}

/**
 * The seam to where streams are kept. Promises are kept: what resolved is on disk and is there after a crash.
 * Methods of streams take ids that `stream` knows.
 */
export interface Store {
  create(stream: NewStream): Promise<StreamRecord>
  stream(id: string): StreamRecord | undefined
  /** All streams, the oldest first. */
  streams(): StreamRecord[]
  /** Mark a stream as complete; once more is no error. Chunks under way may still come. */
  end(id: string): Promise<void>
  linkSample(id: string, sampleId: string): Promise<void>
  /** Tags are added to those the stream has. */
  linkTags(id: string, tagIds: readonly string[]): Promise<void>

  frames(id: string): FrameStore
  series(id: string): SeriesStore

  /** Samples or tags, in order of creation. */
  named(kind: LinkKind): readonly Named[]
  /** Make a sample or a tag; one of this name (ignoring case) is answered where there is one. */
  addNamed(kind: LinkKind, name: string): Promise<Named>
  /** Follow a sample in a project; `active` makes it the project's current one. */
  track(projectId: string, sampleId: string, active: boolean): Promise<void>

  /** Ends when what is under way has ended. */
  close(): Promise<void>
}
