import { FramewireError, hasCode } from '../errors.js'
import type { ApiCall, IngestApi } from './api.js'
import { faultOf } from './fault.js'
import { aborted, certainlyUnsent, presentable } from './http.js'
import { type LinkNames, link, resolveLinks } from './links.js'
import { ServerClock } from './server-clock.js'

/** A stream to be created: its request, how to read the answer, and how to end it again. */
export interface Opening {
  links: LinkNames
  path: string
  body: string
  /** The data id in the answer; throws `upload/answer`. */
  dataId: (text: string) => string
  end: (dataId: string) => Promise<unknown>
  signal?: AbortSignal
}

/** How long creating a stream waits for the first answer of a clock that is being measured, in ms. */
const CLOCK_WAIT_MS = 500
/** Statuses that say: not processed. */
const UNPROCESSED = new Set([408, 425, 429, 503])

/**
 * Resolve sample and tags, create the stream, link it. Answers the data id.
 *
 * The API cannot create a stream idempotently. So creating is tried again only where the request was certainly not
 * processed: no connection came about, or the status says so (408, 425, 429, 503). After any other fault (the answer
 * lost, a time-out, another 5xx) a stream may exist, and `upload/unreachable` says so. Only framewire's own server is
 * asked again even then: it knows a repeated request by its `idempotency-key`. The header goes to no other server,
 * because a page of another origin may send only headers that the server has allowed.
 *
 * Throws `link/not-found` before anything is created; `link/failed` after the created stream was ended.
 */
export async function openStream(api: IngestApi, opening: Opening): Promise<string> {
  const { links: names, end, signal } = opening
  const links = await resolveLinks(api, names, signal)
  // So that the first chunk's times are corrected, and framewire's own server is known for what it is.
  await ServerClock.of(api).settled(CLOCK_WAIT_MS)
  const dataId = await createStream(api, opening)
  try {
    await link(api, dataId, links, signal)
    if (signal?.aborted) throw aborted('initialize', signal)
  } catch (failure) {
    const unended = await end(dataId).then(
      () => undefined,
      (error: Error) => error,
    )
    if (signal?.aborted) throw aborted('initialize', signal)
    if (!hasCode(failure, 'link/failed')) throw failure
    const then = unended ? `; ending it failed too (${unended.message})` : ', so it was ended'
    throw new FramewireError('link/failed', failure.message + then, failure.details, { cause: failure.cause })
  }
  return dataId
}

async function createStream(api: IngestApi, { path, body, dataId, signal }: Opening): Promise<string> {
  const idempotencyKey = uuid()
  let keyed = false
  return api.retry(
    async () => {
      keyed = api.ours || ServerClock.of(api).ours
      const headers = keyed ? { 'idempotency-key': idempotencyKey } : undefined
      const call: ApiCall = { method: 'POST', path, body, headers, signal }
      try {
        return dataId((await api.send(call)).text)
      } catch (cause) {
        if (keyed || !ambiguous(cause)) throw cause
        const { method, url } = api.asked(call)
        throw new FramewireError(
          'upload/unreachable',
          `the answer to ${method} ${presentable(url)} was lost (${(cause as Error).message}). A stream may have been ` +
            'created: look for it at the service before initializing again.',
          { method, url: presentable(url) },
          { cause },
        )
      }
    },
    { signal, mayRepeat: (error) => faultOf(error).kind === 'transient' && (keyed || unprocessed(error)) },
  )
}

/** Whether the service may have acted on the request. */
function ambiguous(error: unknown): boolean {
  return faultOf(error).kind === 'transient' && !unprocessed(error)
}

function unprocessed(error: unknown): boolean {
  if (hasCode(error, 'upload/rejected')) return UNPROCESSED.has(error.details.status)
  return hasCode(error, 'upload/unreachable') && certainlyUnsent(error.cause)
}

/** A random UUID; `crypto.randomUUID` is missing in pages that were not loaded over TLS. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
