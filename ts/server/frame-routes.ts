import type { FastifyInstance } from 'fastify'
import type { ChunkClaim, Store } from '../store/store.js'
import { Refusal } from './refusal.js'
import { newFrameStream, parse, uploadDeclaration, uploadUrlQuery } from './schemas.js'
import { idempotencyKey, knownStream } from './streams.js'
import type { UploadUrls } from './upload-urls.js'

/** The stream of frames: create, ask for an upload URL, end. */
export function frameRoutes(app: FastifyInstance, store: Store, urls: UploadUrls): void {
  app.post('/rheed/stream/', async (request, reply) => {
    const body = parse(newFrameStream, request.body)
    const { id } = await store.create({
      kind: 'frames',
      name: body.data_item_name,
      fps: positive(body.fps_capture_rate),
      rotationsPerMin: body.rotations_per_min,
      rotationalPeriod: body.rotational_period,
      azimuth: body.azimuth_label ?? undefined,
      projectId: body.project_id ?? undefined,
      idempotencyKey: idempotencyKey(request),
    })
    return reply.type('application/json').send(JSON.stringify(id))
  })

  app.post<{ Params: { id: string } }>('/rheed/stream/:id/end', async (request) => {
    const { id } = knownStream(store, request.params.id, 'frames')
    await store.end(id)
    return { status: 'ok' }
  })

  app.post('/data_entries/raw_data/staged/upload_urls/', async (request) => {
    const { original_filename: index } = parse(uploadUrlQuery, request.query)
    const declared = parse(uploadDeclaration, request.body)
    const { id } = knownStream(store, declared.data_id, 'frames')
    const [frames, height, width] = declared.dims
    const claim: ChunkClaim = {
      index,
      chunkSize: declared.chunk_size,
      frames,
      height,
      width,
      fps: positive(declared.raw_frame_rate),
      startUnixMs: declared.start_unix_ms_utc,
      clockOffsetMs: declared.clock_offset_ms ?? undefined,
      clockUncertaintyMs: declared.clock_uncertainty_ms ?? undefined,
    }
    await store.frames(id).admit(claim)
    return [{ url: `${request.protocol}://${request.host}${urls.sign(id, claim)}` }]
  })

  // Nothing analyses the frames yet; clients read 404 as "ask again later".
  app.get<{ Params: { id: string } }>('/rheed/timeseries/:id/', async (request) => {
    knownStream(store, request.params.id, 'frames')
    throw new Refusal(404, 'results/none', 'There are no results for this stream yet.')
  })
}

function positive(rate: number | null): number | null {
  return rate !== null && rate > 0 ? rate : null
}
