import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { HttpAnswer } from './http.js'

/** What is sent: `body` goes to the socket as it is. */
interface BytesRequest {
  method: string
  url: string
  headers?: Readonly<Record<string, string>>
  body: Uint8Array
}

/** A redirect that repeats the request elsewhere; 303 does not. */
const REDIRECTS = new Set([301, 302, 307, 308])
const MOST_REDIRECTS = 5

const agents = new Map<string, Agent>()

/**
 * Send bytes on Node: `fetch` there copies a body before it sends it, for every try, into memory that the collector
 * does not see. A success resolves when the body has left this process as well, so that its buffer may be freed; a
 * refusal as soon as it is read.
 * Redirects are followed with the body. Throws what the socket throws.
 */
export async function sendBytes(request: BytesRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let url = request.url
  for (let redirects = 0; ; redirects++) {
    const answer = await sendOnce({ ...request, url }, signal)
    const { location } = answer.headers
    if (!REDIRECTS.has(answer.status) || location === undefined || redirects === MOST_REDIRECTS) return answer
    url = new URL(location, url).href
  }
}

function sendOnce({ method, url, headers, body }: BytesRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(url, { method, headers: { ...headers, 'content-length': body.byteLength } }, signal)
    const sent = new Promise<void>((done) => request.once('finish', done))
    let answered = false
    // A store may refuse before it has read the body, and close: the answer is there, and its turn comes after this.
    request.on('error', (error) => setImmediate(() => answered || reject(error)))
    request.once('response', (response) => {
      const status = response.statusCode!
      const refused = status >= 300
      answered = refused
      textOf(response)
        // Only what was stored may be freed, and so must have left; the rest of what was refused need not go out.
        .then((text) => (refused ? text : sent.then(() => text)))
        .then((text) => resolve({ status, headers: flat(response), text }), reject)
        .finally(() => refused && !request.writableFinished && request.destroy())
    })
    request.end(body)
  })
}

function open(
  url: string,
  options: { method: string; headers: Record<string, string | number> },
  signal: AbortSignal,
): ClientRequest {
  const { protocol } = new URL(url)
  const { request, Agent } = process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http')
  const agent = agents.get(protocol) ?? new Agent({ keepAlive: true })
  agents.set(protocol, agent)
  return request(url, { ...options, agent, signal })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]))
}
