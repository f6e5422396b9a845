import type { FastifyInstance } from 'fastify'
import type { ChannelRecord, ChunkRecord, Store, StreamRecord } from '../store/store.js'
import { frameTimes, parse, timesIndex } from './schemas.js'
import { knownStream } from './streams.js'

/** One stream and how much of it is stored: answer of `GET /framewire/v1/streams/:id`. */
export type StreamState = StreamRecord & {
  /** Chunks that are stored; of a scalar stream, of the channel that has most. */
  chunks: number
  /** Frames, or points of all channels. */
  stored: number
  /** Bytes of the shards as they were received; 0 for a scalar stream. */
  bytes: number
}

/** What of a stream is stored: answer of `GET /framewire/v1/streams/:id/chunks`. */
export type Inventory = { chunks: ChunkRecord[] } | { channels: ChannelRecord[] }

/** What a client or a tool may ask of this server, or tell it, beyond the service's API. */
export function inventoryRoutes(app: FastifyInstance, store: Store): void {
  app.get('/framewire/v1/streams', async (): Promise<StreamRecord[]> => store.streams())

  app.get<{ Params: { id: string } }>('/framewire/v1/streams/:id', async (request): Promise<StreamState> => {
    const stream = knownStream(store, request.params.id)
    if (stream.kind === 'frames') {
      const chunks = await store.frames(stream.id).chunks()
      return {
        ...stream,
        chunks: chunks.length,
        stored: chunks.reduce((sum, { frames }) => sum + frames, 0),
        bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    }
    const channels = await store.series(stream.id).channels()
    return {
      ...stream,
      chunks: Math.max(0, ...channels.map(({ chunks }) => chunks.length)),
      stored: channels.flatMap(({ chunks }) => chunks).reduce((sum, { points }) => sum + points, 0),
      bytes: 0,
    }
  })

  app.get<{ Params: { id: string } }>(
    '/framewire/v1/streams/:id/chunks',
    async (request): Promise<Inventory> => {
      const { id, kind } = knownStream(store, request.params.id)
      if (kind === 'frames') return { chunks: await store.frames(id).chunks() }
      return { channels: await store.series(id).channels() }
    },
  )

  app.put<{ Params: { id: string; index: string } }>(
    '/framewire/v1/streams/:id/chunks/:index/times',
    async ({ params, body }) => {
      const { id } = knownStream(store, params.id, 'frames')
      const { start_unix_ms: startMs, offsets_us: offsetsUs } = parse(frameTimes, body)
      const unixMs = offsetsUs.map((us) => startMs + us / 1000)
      await store.frames(id).putTimes(parse(timesIndex, params.index), unixMs)
      return { status: 'ok' }
    },
  )
}
