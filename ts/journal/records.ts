import * as z from 'zod/mini'

const count = z.int().check(z.nonnegative())
const number = z.number()
const text = z.string()
const hex = (digits: number) => z.string().check(z.regex(new RegExp(`^[0-9a-f]{${digits}}$`)))
const range = { lo: number, hi: number }
// What was read as JSON is JSON, and what is written was checked where it came in.
const json = z.custom<Json>()

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json }

/** Names of the files of chunks and of spilled frames: the index, and a serial, as an index may come again. */
export const CHUNK_FILE = /^(\d+)-(\d+)\.(shard|frames)$/
const fileOf = (kind: 'shard' | 'frames') => z.string().check(z.regex(CHUNK_FILE), z.endsWith(`.${kind}`))

const stream = {
  type: z.literal('session'),
  version: count,
  dataId: text,
  /** Root of the API that the stream was created at. */
  endpoint: text,
  startedAtMs: number,
  /** What its owner wants to know when it is resumed, such as where the frames come from. */
  origin: z.optional(json),
}
const frameSession = z.object({
  ...stream,
  kind: z.literal('frames'),
  streamName: text,
  fps: number,
  rotationsPerMin: number,
  chunkSize: count,
  scale: z.optional(z.union([z.object(range), z.enum(['full', 'max', 'measured'])])),
  gray: z.optional(z.enum(['mean', 'luma'])),
  /** Whether the chunks stay when they are stored, and become a local store. */
  keep: z.optional(z.literal(true)),
})
const seriesSession = z.object({ ...stream, kind: z.literal('series'), streamName: z.optional(text) })

const chunkEntry = z.object({
  index: count,
  frames: count,
  height: count,
  width: count,
  bytes: count,
  md5: hex(32),
  sha256: hex(64),
  xxh64: hex(16),
  clamped: count,
  /** Bytes of the raw frames as given. */
  rawBytes: count,
  captureStartMs: number,
  captureEndMs: number,
  /** When its frames were captured, where a camera told; as on the receipt. */
  times: z.optional(
    z.object({
      offsetsUs: z.optional(z.array(number)),
      gaps: z.array(z.object({ frame: count, lost: count })),
    }),
  ),
  packagedAtMs: number,
  /** What the service is told when the URL is asked for, so that every try says the same. */
  request: text,
})
const spillEntry = z.object({
  index: count,
  frames: count,
  height: count,
  width: count,
  channels: z.union([z.literal(1), z.literal(3), z.literal(4)]),
  /** A pixel format of the core. */
  format: text,
  bits: count,
  bytesPerFrame: count,
  sha256: hex(64),
  captureStartMs: number,
  captureEndMs: number,
  request: text,
})
const pointsEntry = z.object({
  /** Counts the requests of a stream, from 0. */
  id: count,
  index: count,
  channels: z.array(
    z.object({
      name: text,
      points: count,
      units: z.optional(text),
      /** Tells other points from the same again. */ digest: count,
    }),
  ),
  path: text,
  body: text,
})

const item = { item: count }
const notes = [
  /** The range that 16-bit pixels are scaled by, once it was measured. */
  z.object({ type: z.literal('range'), ...range }),
  z.object({ type: z.literal('points'), entry: pointsEntry }),
  /** A request for this item goes out. `item`: index of a chunk, or id of points. */
  z.object({ type: z.literal('tried'), ...item, attempt: count }),
  z.object({ type: z.literal('stored'), ...item, proof: z.enum(['md5', 'status']) }),
  z.object({ type: z.literal('given-up'), ...item, error: z.object({ code: text, message: text }) }),
  /** The caller has asked for the end: after a restart nothing more comes. */
  z.object({ type: z.literal('finalize') }),
  /** The service knows of the end. */
  z.object({ type: z.literal('finalized') }),
] as const
const chunk = z.object({ type: z.literal('chunk'), chunk: chunkEntry, file: fileOf('shard') })
const spilled = z.object({ type: z.literal('spilled'), spill: spillEntry, file: fileOf('frames') })

const record = z.intersection(
  z.discriminatedUnion('type', [
    z.discriminatedUnion('kind', [frameSession, seriesSession]),
    chunk,
    spilled,
    ...notes,
  ]),
  z.object({ atMs: number }),
)

/** A stream of frames, as it was initialized. */
export type FrameSession = z.infer<typeof frameSession>
/** A stream of scalar channels, as it was initialized. */
export type SeriesSession = z.infer<typeof seriesSession>
/** First record of a log: which stream this is. */
export type Session = FrameSession | SeriesSession

/** A sealed chunk whose bytes lie in the journal. */
export type ChunkEntry = z.infer<typeof chunkEntry>
/** Frames whose bytes lie in the journal as they came, in C order, until the chunk of their index is put. */
export type SpillEntry = z.infer<typeof spillEntry>
/** A chunk of scalar points: the request itself. */
export type PointsEntry = z.infer<typeof pointsEntry>

/** What the service's acknowledgement proved: it has told the MD5 of our bytes, or only success. */
export type Proof = 'md5' | 'status'
/** Why a thing will not be stored. */
export interface GivenUp {
  code: string
  message: string
}

/** What the owner of a stream writes down. */
export type JournalNote = z.infer<(typeof notes)[number]>
/** What the journal itself writes down of files. */
export type FileNote = z.infer<typeof chunk> | z.infer<typeof spilled>
/** One record of a log. `atMs`: when it was written, Unix ms of this machine's clock. */
export type JournalRecord = (Session | FileNote | JournalNote) & { atMs: number }

/** Whether this is a record with all its members: what is read was written by framewire, but perhaps by a later one. */
export function isRecord(value: unknown): value is JournalRecord {
  return record.safeParse(value).success
}
