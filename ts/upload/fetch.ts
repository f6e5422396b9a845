import { FramewireError, isFramewireError } from '../errors.js'
import { sendBytes } from './bytes-node.js'
import { aborted, type HttpAnswer, type HttpTransport, presentable } from './http.js'

const TIMEOUT_MS = 60_000

/**
 * `HttpTransport` on the platform's `fetch`, and on Node's own client for bytes in parts; redirects are followed. Throws
 * `upload/unreachable` (no whole answer: name lookup, connection, cut, time-out), `stream/aborted` (the signal fired), and what reading the body throws.
 */
export const fetchTransport: HttpTransport = async (request) => {
  const { method, headers, body, signal, timeoutMs = TIMEOUT_MS } = request
  const url = presentable(request.url)
  if (signal?.aborted) throw aborted(`${method} ${url}`, signal)

  // Not AbortSignal.any: that one is missing in older browsers and holds on to long-lived signals on Node 20.
  const stop = new AbortController()
  let late = false
  const timer = setTimeout(() => {
    late = true
    stop.abort()
  }, timeoutMs)
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    if (typeof body === 'object' && !(body instanceof Blob)) {
      return await sendBytes({ method, url: request.url, headers, parts: body }, stop.signal)
    }
    const response = await fetch(request.url, { method, headers, body, signal: stop.signal })
    return { status: response.status, headers: lowered(response.headers), text: await response.text() }
  } catch (cause) {
    if (signal?.aborted) throw aborted(`${method} ${url}`, signal)
    // The body could not be read: that is not the network's fault.
    if (isFramewireError(cause)) throw cause
    const why = late ? `no answer within ${timeoutMs / 1000} s` : reason(cause)
    throw new FramewireError(
      'upload/unreachable',
      `${method} ${url} failed: ${why}. Check the network and the endpoint.`,
      { method, url },
      { cause },
    )
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function lowered(headers: Headers): HttpAnswer['headers'] {
  return Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]))
}

/** The system's word for what failed, without anything that could hold a URL. */
function reason(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string') return code
  }
  return 'no answer'
}
