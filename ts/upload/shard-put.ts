import { FramewireError } from '../errors.js'
import type { KeptBody } from '../journal/place.js'
import { isPage, wrongAnswer } from './answers.js'
import { type IngestApi, rejected } from './api.js'
import type { HttpAnswer, PieceBody } from './http.js'

/**
 * What the service's acknowledgement proves: `md5`, it has told the MD5 of our bytes; `status`, it has only answered
 * with success (its ETag is none, or not an MD5 of these bytes: a store may encrypt).
 */
export interface Stored {
  proof: 'md5' | 'status'
}

/** The sealed bytes of a chunk and what is known of them. */
export interface ShardUpload {
  index: number
  body: KeptBody
  /** Bytes of the body. */
  bytes: number
  /** Hex, lower case. */
  md5: string
}

const ACKNOWLEDGED = new Set([200, 201, 204])
/** How much of an answer's text an error keeps. */
const SHOWN_TEXT = 500
const TIMEOUT_MS = 60_000
/** A link slower than this is taken for a dead one. */
const SLOWEST_BYTES_PER_MS = 32

/**
 * Put a chunk to its upload URL. Where the ETag is an MD5 and not ours, the chunk is put once more.
 * Throws `upload/unreachable`, `upload/rejected` (without what the store says: it repeats signatures),
 * `upload/etag-mismatch` (framewire's own server holds other bytes), `stream/aborted`.
 */
export async function putShard(
  api: IngestApi,
  url: string,
  shard: ShardUpload,
  signal?: AbortSignal,
): Promise<Stored> {
  const first = await putOnce(api, url, shard, signal)
  const { etag, own } =
    first.etag === undefined || first.etag === shard.md5 ? first : await putOnce(api, url, shard, signal)
  if (etag === shard.md5) return { proof: 'md5' }
  if (etag === undefined || !own) return { proof: 'status' }
  throw new FramewireError(
    'upload/etag-mismatch',
    `chunk ${shard.index}: the server holds other bytes than were sent (MD5 ${etag}, ours ${shard.md5}), twice. ` +
      'Something on the way changes them: check the proxies and the memory of both machines.',
    { chunk: shard.index, expected: shard.md5, actual: etag },
  )
}

async function putOnce(
  api: IngestApi,
  url: string,
  { body, bytes, index }: ShardUpload,
  signal?: AbortSignal,
): Promise<{ etag: string | undefined; own: boolean }> {
  const answer = await api.transport({
    method: 'PUT',
    url,
    headers: { 'content-type': '' },
    body: Symbol.asyncIterator in body ? sized(body, bytes) : body,
    signal,
    timeoutMs: TIMEOUT_MS + bytes / SLOWEST_BYTES_PER_MS,
  })
  const own = answer.headers['x-framewire'] === '1'
  if (!ACKNOWLEDGED.has(answer.status)) {
    const told = own ? answer.text.slice(0, SHOWN_TEXT) : storeCode(answer)
    throw rejected({ method: 'PUT', url }, answer, told || `chunk ${index} was not stored`, api.clock.wall())
  }
  if (isPage(answer)) throw wrongAnswer({ method: 'PUT', url }, 'is a web page')
  return { etag: md5Of(answer.headers.etag), own }
}

function sized(body: AsyncIterable<Uint8Array>, byteLength: number): PieceBody {
  return { byteLength, [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }
}

/** The MD5 in an ETag (quoted, weak or bare), where it has the shape of one. */
function md5Of(etag: string | undefined): string | undefined {
  return etag?.match(/^(?:W\/)?"?([0-9a-f]{32})"?$/i)?.[1]?.toLowerCase()
}

/** The error code that object stores answer in XML. */
function storeCode(answer: HttpAnswer): string {
  return answer.text.match(/<Code>([A-Za-z0-9]{1,80})<\/Code>/)?.[1] ?? ''
}
