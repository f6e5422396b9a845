import { json, stringMember } from './answers.js'
import type { IngestApi } from './api.js'
import { floats, type JsonText, writeJson } from './json.js'

/** What the service is told about a scalar stream when it is created. */
export interface SeriesStreamFields {
  streamName?: string
  /** Id of the instrument. */
  synthSourceId?: number
  pointsPerChunk: number
  projectId?: string
}

/** Points of one channel: seconds since the Unix epoch by the service's clock, and values. */
export interface SeriesPoints {
  timestamps: ArrayLike<number>
  values: ArrayLike<number>
  units?: string
}

/** Where a scalar stream is created, and where its chunks go. */
export const SERIES_PATHS = {
  initialize: '/tool-state/stream/initialize',
  chunk: '/tool-state/stream/chunk',
  multi: '/tool-state/stream/chunk/multi',
} as const

/** The body that creates a scalar stream. */
export function seriesStreamBody({
  streamName,
  synthSourceId,
  pointsPerChunk,
  projectId,
}: SeriesStreamFields): string {
  return writeJson({
    stream_name: streamName ?? null,
    synth_source_id: synthSourceId,
    points_per_chunk: pointsPerChunk,
    project_id: projectId?.trim() || null,
  })
}

/** The id in the answer to creating a scalar stream. Throws `upload/answer`. */
export function seriesDataId(api: IngestApi, text: string): string {
  const asked = { method: 'POST', url: api.root + SERIES_PATHS.initialize }
  return stringMember(asked, json(asked, text), 'data_id')
}

/** The body of one channel's chunk. NaN and infinities travel as `null`. */
export function seriesChunkBody(
  dataId: string,
  index: number,
  channel: string,
  points: SeriesPoints,
): string {
  return writeJson({ data_id: dataId, chunk_index: index, channel_name: channel, ...members(points) })
}

/** The body of one chunk of several channels, in order of their names. */
export function seriesMultiBody(
  dataId: string,
  index: number,
  channels: ReadonlyMap<string, SeriesPoints>,
): string {
  const sorted = [...channels].sort(([a], [b]) => (a < b ? -1 : 1))
  return writeJson({
    data_id: dataId,
    chunk_index: index,
    channels: new Map(sorted.map(([name, points]) => [name, members(points)])),
  })
}

interface Members {
  readonly [name: string]: JsonText | string | undefined
}

function members({ timestamps, values, units }: SeriesPoints): Members {
  return { timestamps: floats(timestamps), values: floats(values), units }
}

/** Tell the service that a scalar stream is complete; tried again, as ending twice does no harm. */
export function endSeriesStream(api: IngestApi, dataId: string, signal?: AbortSignal): Promise<unknown> {
  const path = `/tool-state/stream/${encodeURIComponent(dataId)}/finalize`
  return api.retry(() => api.send({ method: 'POST', path, signal }), { signal })
}
