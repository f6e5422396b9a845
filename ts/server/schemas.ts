import { z } from 'zod'
import { Refusal } from './refusal.js'

/** Bounds that keep a lie about dims from becoming a claim on memory. */
const MOST_FRAME_PIXELS = 2 ** 28
const MOST_CHUNK_FRAMES = 2 ** 20
const MOST_CHUNKS = 2 ** 31

const optionalText = z.string().nullish()
const name = z.string().min(1).max(1000)
// A lone surrogate has no UTF-8 form: two such names could become one.
const channelName = z
  .string()
  .max(1000)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'must be well-formed Unicode')
/** A rate that makes no sense (the service's own SDK sends 0, -1 and null) is none. */
const rate = z.number().nullable()
const chunkIndex = z.int().min(0).lt(MOST_CHUNKS)

/** An integer as a string. */
const integerText = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number as a string')
  .transform(Number)
/** Any number as a string; none where it is not finite. */
const numberText = z.string().transform((text) => {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : null
})

const dims = z
  .string()
  .regex(/^\d{1,10},\d{1,10},\d{1,10}$/, 'must be "frames,height,width"')
  .transform((text) => text.split(',').map(Number) as [frames: number, height: number, width: number])
  .refine((axes) => axes.every((axis) => axis > 0), 'must have no axis of length 0')
  .refine(
    ([, height, width]) => height * width <= MOST_FRAME_PIXELS,
    `must have at most ${MOST_FRAME_PIXELS} pixels a frame`,
  )

/** `POST /rheed/stream/` */
export const newFrameStream = z.object({
  data_item_name: z.string(),
  rotational_period: rate,
  rotations_per_min: rate,
  fps_capture_rate: rate,
  project_id: optionalText,
  azimuth_label: optionalText,
})

/** Query of `POST /data_entries/raw_data/staged/upload_urls/` */
export const uploadUrlQuery = z.object({
  original_filename: z
    .string()
    .regex(/^frames\.zarr\/frames\/c\/(0|[1-9]\d{0,9})\/0\/0$/, 'must be frames.zarr/frames/c/INDEX/0/0')
    .transform((key) => Number(key.split('/')[3]))
    .pipe(chunkIndex),
  num_parts: z.literal('1').optional(),
  staging_type: z.literal('stream').optional(),
})

/** Body of the same: what is declared of a chunk; all values are strings. */
export const uploadDeclaration = z.object({
  data_id: z.string(),
  data_stream: z.literal('rheed').optional(),
  raw_frame_rate: numberText,
  chunk_size: integerText.pipe(z.number().min(1).max(MOST_CHUNK_FRAMES)),
  dims,
  start_unix_ms_utc: numberText,
  clock_offset_ms: numberText.optional(),
  clock_uncertainty_ms: numberText.optional(),
})

/** Index of a chunk in the path of its capture times. */
export const timesIndex = integerText.pipe(chunkIndex)

/** Body of a PUT of capture times: the chunk's start, and each frame's offset from it. */
export const frameTimes = z.object({
  start_unix_ms: z.number(),
  offsets_us: z.array(z.number()).max(MOST_CHUNK_FRAMES),
})

/** Query of a PUT to an upload URL. */
export const uploadQuery = z.object({ claim: z.string(), expires: z.string(), sig: z.string() })

/** `POST .../initialize` of a scalar stream */
export const newSeriesStream = z.object({
  stream_name: optionalText,
  synth_source_id: z.number().nullish(),
  points_per_chunk: z.int().min(1),
  project_id: optionalText,
})

const numbers = z.array(z.number().nullable())
const points = z
  .object({ timestamps: numbers, values: numbers, units: optionalText })
  .refine(({ timestamps, values }) => timestamps.length === values.length, {
    message: 'timestamps and values must have the same length',
  })

/** `POST .../chunk` */
export const seriesChunk = z
  .object({ data_id: z.string(), chunk_index: chunkIndex, channel_name: channelName })
  .and(points)

/** `POST .../chunk/multi` */
export const seriesMultiChunk = z.object({
  data_id: z.string(),
  chunk_index: chunkIndex,
  channels: z.record(channelName, points),
})

/** `POST /physical_samples/` and `POST /tags/` */
export const newNamed = z.object({ name })

/** `POST /data_entries/physical_sample` */
export const sampleLink = z.object({ data_ids: z.array(z.string()), physical_sample_id: z.string() })

/** `POST /tags/data-items/` */
export const tagLink = z.object({ data_ids: z.array(z.string()), tag_ids: z.array(z.string()) })

/** `POST /projects/:id/configuration/tracking_samples` */
export const tracking = z.object({ physical_sample_id: z.string(), set_active: z.boolean().default(false) })

/** What `schema` makes of a part of a request. Throws a 422 that names the first field that is wrong. */
export function parse<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const result = schema.safeParse(given ?? {})
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  const field = path.join('.') || undefined
  throw new Refusal(422, 'request/invalid', field === undefined ? message : `${field}: ${message}`, field)
}
