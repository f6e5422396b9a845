import { type Asked, json, stringMember, wrongAnswer } from './answers.js'
import type { ApiCall, IngestApi } from './api.js'
import { float, floatText, writeJson } from './json.js'
import type { ClockOffset } from './server-clock.js'

/** What the service is told about a frame stream when it is created. */
export interface RheedStreamFields {
  /** Blank or none: {@link defaultStreamName}. */
  streamName?: string
  fps: number
  /** 0 for a stationary sample. */
  rotationsPerMin: number
  projectId?: string
  /** Only for a stationary sample. */
  azimuth?: string
}

/** What the service is told about a chunk when its upload URL is asked for. */
export interface ShardFields {
  dataId: string
  index: number
  fps: number
  rotationsPerMin: number
  /** As declared, also for a short chunk. */
  chunkSize: number
  frames: number
  height: number
  width: number
  /** Capture time of the first frame by this machine's clock, Unix ms. */
  startUnixMs: number
  /** The end of the last frame by this machine's clock, where it was measured. Default: by the declared rate. */
  endUnixMs?: number
  /** Present once the service's clock is measured; it corrects the times. */
  clock?: ClockOffset
}

/** Where a frame stream is created. */
export const RHEED_STREAM_PATH = '/rheed/stream/'

/** The body that creates a frame stream. `now` gives its default name. */
export function rheedStreamBody(fields: RheedStreamFields, now: Date): string {
  const { streamName, fps, rotationsPerMin, projectId, azimuth } = fields
  return writeJson({
    data_item_name: streamName?.trim() ? streamName : defaultStreamName(now),
    // Frames per rotation.
    rotational_period: rotationsPerMin === 0 ? null : float((fps * 60) / rotationsPerMin),
    rotations_per_min: float(rotationsPerMin),
    fps_capture_rate: float(fps),
    project_id: projectId?.trim() || undefined,
    azimuth_label: azimuth,
  })
}

/** `RHEED Stream @ 1:23PM`, in local time. */
export function defaultStreamName(now: Date): string {
  const hours = now.getHours()
  const minutes = String(now.getMinutes()).padStart(2, '0')
  return `RHEED Stream @ ${hours % 12 || 12}:${minutes}${hours < 12 ? 'AM' : 'PM'}`
}

/** The id in the answer to creating a frame stream. Throws `upload/answer`. */
export function rheedDataId(api: IngestApi, text: string): string {
  const asked = { method: 'POST', url: api.root + RHEED_STREAM_PATH }
  const id = json(asked, text)
  if (typeof id !== 'string' || id === '') throw wrongAnswer(asked, 'is not a data id')
  return id
}

/** First and last moment of a chunk as sent to the service, Unix ms, whole, clock corrected. */
export function shardTimes(
  fields: Pick<ShardFields, 'startUnixMs' | 'endUnixMs' | 'frames' | 'fps' | 'clock'>,
): {
  startMs: number
  endMs: number
} {
  const { startUnixMs, endUnixMs, frames, fps, clock } = fields
  const startMs = Math.round(startUnixMs + (clock?.offsetMs ?? 0))
  const lasted = endUnixMs === undefined ? (frames / fps) * 1000 : endUnixMs - startUnixMs
  return { startMs, endMs: startMs + Math.floor(lasted) }
}

/** The body that asks for an upload URL; its values are all strings. */
export function shardBody(fields: ShardFields): string {
  const { dataId, fps, rotationsPerMin, chunkSize, frames, height, width, clock } = fields
  const { startMs, endMs } = shardTimes(fields)
  return writeJson({
    data_id: dataId,
    data_stream: 'rheed',
    is_stream: '1',
    is_rotating: rotationsPerMin === 0 ? '0' : '1',
    raw_frame_rate: floatText(fps),
    avg_frame_rate: floatText(fps),
    chunk_size: String(chunkSize),
    dims: `${frames},${height},${width}`,
    start_unix_ms_utc: String(startMs),
    end_unix_ms_utc: String(endMs),
    clock_offset_ms: clock && String(Math.round(clock.offsetMs)),
    clock_uncertainty_ms: clock?.uncertaintyMs.toFixed(1),
  })
}

/**
 * Ask for a chunk's upload URL; one try. Throws what {@link IngestApi.send} throws, and `upload/answer`.
 * @param body of {@link shardBody}: made once, so that every try says the same
 */
export async function requestUploadUrl(
  api: IngestApi,
  index: number,
  body: string,
  signal?: AbortSignal,
): Promise<string> {
  const name = encodeURIComponent(`frames.zarr/frames/c/${index}/0/0`)
  const path = `/data_entries/raw_data/staged/upload_urls/?original_filename=${name}&num_parts=1&staging_type=stream`
  const call: ApiCall = { method: 'POST', path, body, signal }
  const answer = json(api.asked(call), (await api.send(call)).text)
  return uploadUrl(api.asked(call), Array.isArray(answer) ? answer[0] : answer)
}

function uploadUrl(asked: Asked, answer: unknown): string {
  const url = stringMember(asked, answer, 'url')
  try {
    if (/^https?:$/.test(new URL(url).protocol)) return url
  } catch {}
  throw wrongAnswer(asked, 'has no http(s) upload URL')
}

/** Tell the service that a frame stream is complete; tried again, as ending twice does no harm. */
export function endRheedStream(api: IngestApi, dataId: string, signal?: AbortSignal): Promise<unknown> {
  const path = `${RHEED_STREAM_PATH}${encodeURIComponent(dataId)}/end`
  return api.retry(() => api.send({ method: 'POST', path, signal }), { signal })
}
