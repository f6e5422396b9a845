import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpAnswer, PieceBody } from './http.js'

/** What is sent: the parts go to the socket as they are, one after another. */
interface BytesRequest {
  method: string
  url: string
  headers?: Readonly<Record<string, string>>
  parts: readonly Uint8Array[] | PieceBody
}

/** A redirect that repeats the request elsewhere; 303 does not. */
const REDIRECTS = new Set([301, 302, 307, 308])
const MOST_REDIRECTS = 5

/**
 * Turns of the event loop between two writes. A store that refuses and closes breaks the connection for whoever writes
 * on, and its answer is lost with it: so there is time to read it first. In three turns even a store in this process
 * has read and answered.
 */
const TURNS = 3

const agents = new Map<string, Agent>()

/**
 * Send bytes on Node: `fetch` there copies a body before it sends it, for every try, into memory that the collector
 * does not see. A success resolves when the body has left this process as well, so that its buffers may be freed; a
 * refusal as soon as it is read.
 * Redirects are followed with the body. Throws what the socket throws, and what reading the parts throws.
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

function sendOnce({ method, url, headers, parts }: BytesRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = Symbol.asyncIterator in parts ? parts.byteLength : sumOf(parts)
    const request = open(url, { method, headers: { ...headers, 'content-length': length } }, signal)
    const sent = new Promise<void>((done, fail) => {
      request.once('finish', done)
      request.once('close', () => fail(new Error('the connection was closed before the whole body was sent')))
    })
    sent.catch(() => undefined) // only a success waits for it
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
    request.once('socket', (socket) => {
      write(request, socket, parts).catch((error: Error) => request.destroy(error))
    })
  })
}

/**
 * Write the parts, no more at once than the socket takes: TLS keeps a copy of what is written. What is written within
 * one turn leaves together, so that tiny parts do not become tiny packets (Node corks the socket until the turn ends).
 */
async function write(request: ClientRequest, socket: Socket, parts: BytesRequest['parts']): Promise<void> {
  for await (const part of parts) {
    if (request.destroyed) return
    if (request.write(part)) continue
    await drained(socket)
    for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  if (!request.destroyed) request.end()
}

/** It is the socket that tells when it has drained, or is gone: the request no longer does once its answer was read. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
    if (socket.destroyed) done()
  })
}

function sumOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
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
