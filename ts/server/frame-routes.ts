import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from './refusal.js'
import { newFrameStream, parse, uploadDeclaration, uploadQuery, uploadUrlQuery } from './schemas.js'
import type { Slots } from './slots.js'
import type { ChunkClaim, Store } from './store.js'
import { knownStream } from './streams.js'
import { UPLOADS, type UploadUrls } from './upload-urls.js'

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

/** The PUT of a shard to its signed URL. */
export function uploadRoute(
  app: FastifyInstance,
  store: Store,
  urls: UploadUrls,
  slots: Slots,
  maxBodyBytes: number,
): void {
  // The body stays a stream, whatever type it is said to have.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  app.put<{ Params: { id: string; index: string } }>(
    `${UPLOADS}/:id/:index`,
    { config: { open: true } },
    async (request, reply) => {
      const { params } = request
      const claim = urls.verify(params.id, Number(params.index), parse(uploadQuery, request.query))
      const { id } = knownStream(store, params.id, 'frames')
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
      const { chunk, outcome } = await slots.run(() =>
        store.frames(id).put(claim, bodyOf(request, maxBodyBytes)),
      )
      const facts = { dataId: id, chunk: chunk.index, frames: chunk.frames, bytes: chunk.bytes, outcome }
      if (outcome === 'replaced') request.log.warn(facts, 'chunk replaced by other bytes')
      else request.log.info(facts, 'chunk stored')
      return reply.header('etag', `"${chunk.md5}"`).send()
    },
  )
}

/** The body, up to a limit. Leaving it early does not close the connection: the answer still has to go out. */
async function* bodyOf({ raw }: FastifyRequest, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of raw.iterator({ destroyOnReturn: false })) {
    bytes += piece.byteLength
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    yield piece
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    413,
    'upload/too-large',
    `A shard may have at most ${maxBytes} bytes. Send smaller chunks.`,
    'content-length',
  )
}

function positive(rate: number | null): number | null {
  return rate !== null && rate > 0 ? rate : null
}

/** The header of a create call that makes it safe to repeat. */
export function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
