import type { FastifyRequest } from 'fastify'
import type { FrameStream, SeriesStream, Store, StreamRecord } from '../store/store.js'
import { Refusal } from './refusal.js'

/** The stream of an id, of the kind where one is asked for. Throws a 404. */
export function knownStream(store: Store, id: string, kind: 'frames'): FrameStream
export function knownStream(store: Store, id: string, kind: 'series'): SeriesStream
export function knownStream(store: Store, id: string): StreamRecord
export function knownStream(store: Store, id: string, kind?: StreamRecord['kind']): StreamRecord {
  const stream = store.stream(id)
  if (stream && (kind === undefined || stream.kind === kind)) return stream
  const what = kind === undefined ? 'stream' : kind === 'frames' ? 'stream of frames' : 'scalar stream'
  throw new Refusal(
    404,
    'stream/unknown-id',
    `There is no ${what} ${id} here. Initialize one first.`,
    'data_id',
  )
}

/** The header of a create call that makes it safe to repeat. */
export function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
