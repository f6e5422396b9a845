import { hasCode } from '../errors.js'
import type { HttpAnswer } from './http.js'

/**
 * What a failed request means for trying again.
 * - `transient`: the network or the service failed in passing: try again, without limit.
 * - `stale-url`: the upload URL is no longer good: ask for a fresh one.
 * - `key-refused`: the service refused the API key: pause, discard nothing.
 * - `doubtful`: the service refused this request in a way that a deploy or a proxy can cause in passing: a few tries.
 * - `final`: the same request will be refused again.
 */
export type Fault =
  | { kind: 'transient'; retryAfterMs?: number }
  | { kind: 'stale-url' }
  | { kind: 'key-refused' }
  | { kind: 'doubtful' }
  | { kind: 'final' }

const TRANSIENT = new Set([408, 425, 429])
const STALE_URL = new Set([401, 403, 404, 410])
/** The content itself is refused, or what the service holds contradicts it: it would be the same the next time. */
const FINAL = new Set([400, 409, 413, 422])
/** What a store answers when the bytes were changed or cut on the way to it; ours are still whole. */
const DAMAGED_ON_THE_WAY = new Set([400, 409, 422])

/** Longest `Retry-After` that is honoured, in ms: a mistaken date must not silence a stream for days. */
const LONGEST_RETRY_AFTER_MS = 300_000

/** What a status other than success means. */
function faultOfStatus(status: number): Fault['kind'] {
  if (TRANSIENT.has(status) || status >= 500) return 'transient'
  return FINAL.has(status) ? 'final' : 'doubtful'
}

/**
 * Classify an error of a request.
 * @param presigned the request went to an upload URL, where 401, 403, 404 and 410 speak of the URL, not of the key
 */
export function faultOf(error: unknown, presigned = false): Fault {
  // An answer of another shape comes from something between us and the service (a login page, a proxy).
  if (hasCode(error, 'upload/unreachable') || hasCode(error, 'upload/answer')) return { kind: 'transient' }
  if (hasCode(error, 'upload/unauthorized')) return { kind: 'key-refused' }
  if (!hasCode(error, 'upload/rejected')) return { kind: 'final' }
  const { status, retryAfterMs } = error.details
  if (presigned && STALE_URL.has(status)) return { kind: 'stale-url' }
  if (presigned && DAMAGED_ON_THE_WAY.has(status)) return { kind: 'doubtful' }
  const kind = faultOfStatus(status)
  return kind === 'transient' ? { kind, retryAfterMs } : { kind }
}

/** `Retry-After` of an answer in ms: seconds, or a date, which is read against the answer's own `Date`. */
export function retryAfterMs(answer: HttpAnswer, wallMs: number): number | undefined {
  const given = answer.headers['retry-after']?.trim()
  if (!given) return undefined
  const sent = Date.parse(answer.headers.date ?? '')
  const ms = /^\d+(\.\d+)?$/.test(given)
    ? Number(given) * 1000
    : Date.parse(given) - (Number.isNaN(sent) ? wallMs : sent)
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS)
}
