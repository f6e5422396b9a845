import { FramewireError } from '../errors.js'

/** Bytes that are read piece by piece while they are sent, anew for each try; `byteLength` is that of all. */
export interface PieceBody extends AsyncIterable<Uint8Array> {
  readonly byteLength: number
}

/** One request. `body` is sent as it is: text, bytes one part after another (on Node), or a `Blob` (in browsers). */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string | readonly Uint8Array<ArrayBuffer>[] | PieceBody | Blob
  signal?: AbortSignal
  /** Without the whole answer after so many ms the request counts as a network fault. Default 60,000. */
  timeoutMs?: number
}

/** One answer, its body read. Header names are lower case. */
export interface HttpAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
}

/**
 * The seam to the network. Answers for every status; throws `upload/unreachable` where there was no whole answer
 * (`stream/aborted` where the signal fired).
 */
export type HttpTransport = (request: HttpRequest) => Promise<HttpAnswer>

/** A URL as messages may show it: without its query (presigned URLs carry their signature there) and user info. */
export function presentable(url: string): string {
  try {
    const { origin, pathname } = new URL(url)
    return origin + pathname
  } catch {
    return '(not a URL)'
  }
}

/** Codes of faults that happen before the first byte of a request leaves this machine. */
const BEFORE_SENDING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * Whether a request that failed with `error` was certainly never sent (name lookup, connection). Browsers do not say
 * why a request failed, so there it is never certain.
 */
export function certainlyUnsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall, errors } = error as { code?: unknown; syscall?: unknown; errors?: unknown }
  if (syscall === 'connect' || (typeof code === 'string' && BEFORE_SENDING.has(code))) return true
  // Several addresses of one name were tried: every one of them must have failed so.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(certainlyUnsent)
  return certainlyUnsent(error.cause)
}

/** The error for a caller's signal that fired. */
export function aborted(what: string, signal?: AbortSignal): FramewireError<'stream/aborted'> {
  return new FramewireError('stream/aborted', `${what} was aborted`, { what }, { cause: signal?.reason })
}
