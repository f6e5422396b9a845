import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Store } from '../store/store.js'
import { Refusal } from './refusal.js'
import { parse, uploadQuery } from './schemas.js'
import type { Slots } from './slots.js'
import { knownStream } from './streams.js'
import { UPLOADS, type UploadUrls } from './upload-urls.js'

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
