import type { FastifyInstance } from 'fastify'
import type { Points, Store } from '../store/store.js'
import { newSeriesStream, parse, seriesChunk, seriesMultiChunk } from './schemas.js'
import { idempotencyKey, knownStream } from './streams.js'

/** Where the scalar stream lives; the last two are of older clients. */
const ROOTS = ['/tool-state/stream', '/metrology/stream', '/instrument-timeseries']

/** The scalar stream: create, send points, end. */
export function seriesRoutes(app: FastifyInstance, store: Store): void {
  for (const root of ROOTS) {
    app.post(`${root}/initialize`, async (request) => {
      const body = parse(newSeriesStream, request.body)
      const stream = await store.create({
        kind: 'series',
        name: body.stream_name ?? null,
        pointsPerChunk: body.points_per_chunk,
        synthSourceId: body.synth_source_id ?? undefined,
        projectId: body.project_id ?? undefined,
        idempotencyKey: idempotencyKey(request),
      })
      const { id, processedDataId } = knownStream(store, stream.id, 'series')
      return { data_id: id, processed_data_id: processedDataId }
    })

    app.post(`${root}/chunk`, async (request) => {
      const body = parse(seriesChunk, request.body)
      const { id } = knownStream(store, body.data_id, 'series')
      await store
        .series(id)
        .put({ index: body.chunk_index, channels: { [body.channel_name]: pointsOf(body) } })
      return { status: 'ok' }
    })

    app.post(`${root}/chunk/multi`, async (request) => {
      const body = parse(seriesMultiChunk, request.body)
      const { id } = knownStream(store, body.data_id, 'series')
      const channels = Object.entries(body.channels).map(
        ([name, points]) => [name, pointsOf(points)] as const,
      )
      await store.series(id).put({ index: body.chunk_index, channels: Object.fromEntries(channels) })
      return { status: 'ok' }
    })

    app.post<{ Params: { id: string } }>(`${root}/:id/finalize`, async (request) => {
      const { id } = knownStream(store, request.params.id, 'series')
      await store.end(id)
      return { status: 'ok' }
    })
  }
}

function pointsOf({
  timestamps,
  values,
  units,
}: {
  timestamps: Points['timestamps']
  values: Points['values']
  units?: string | null
}): Points {
  return units == null ? { timestamps, values } : { timestamps, values, units }
}
