import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withoutTimes } from './compare.js'
import type { RecordedRequest } from './recording.js'

/** One request that the replay server was sent. */
export interface SeenRequest {
  method: string
  target: string
  /** Names in lower case. */
  headers: Record<string, string>
  /** The body as text; the bytes of a PUT are in `bytes`. */
  body: string | null
  bytes: Uint8Array<ArrayBuffer>
}

/** A server that answers as the recorded one did, and remembers what it was asked. */
export interface ReplayServer {
  root: string
  seen: SeenRequest[]
  close(): Promise<void>
}

/** How far the clock of the recorded server was ahead, in ms, in the scenario that has one. */
export const CLOCK_AHEAD_MS = 5000

/**
 * Answer each request as the recording did: as the first unused recorded request with the same method, target and
 * body, or else with the same method and target. A chunk that was never recorded gets an upload URL of the same form;
 * anything else that was never recorded gets a 404.
 */
export async function startReplay(recorded: readonly RecordedRequest[]): Promise<ReplayServer> {
  const unused = [...recorded]
  const seen: SeenRequest[] = []
  let root = ''

  const answerTo = (request: SeenRequest): { status: number; text: string } => {
    if (request.target === '/gateway/time' && recorded.some(({ target }) => target === '/gateway/time')) {
      const now = performance.timeOrigin + performance.now() + CLOCK_AHEAD_MS
      return { status: 200, text: JSON.stringify({ receivedAtUnixMs: now, transmittedAtUnixMs: now }) }
    }
    const alike = unused.filter(
      ({ method, target }) => method === request.method && singleSlashes(target) === request.target,
    )
    const found = alike.find(({ body }) => withoutTimes(body) === withoutTimes(request.body)) ?? alike[0]
    if (found) {
      unused.splice(unused.indexOf(found), 1)
      return { status: found.status, text: found.answer.replaceAll('{root}', root) }
    }
    const key = /^\/data_entries\/raw_data\/staged\/upload_urls\/\?original_filename=([^&]+)/.exec(
      request.target,
    )?.[1]
    if (key) {
      const url = `${root}/bucket/${decodeURIComponent(key)}?X-Sig=abc%2Fdef%3D&n=0`
      return { status: 200, text: JSON.stringify([{ url }]) }
    }
    if (request.method === 'PUT' && request.target.endsWith('&n=0')) return { status: 200, text: '' }
    return { status: 404, text: '{"detail": "Not Found"}' }
  }

  const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece as Buffer)
    const bytes = new Uint8Array(Buffer.concat(pieces))
    const isShard = incoming.method === 'PUT'
    const request: SeenRequest = {
      method: incoming.method!,
      target: incoming.url!,
      headers: incoming.headers as Record<string, string>,
      body: isShard || bytes.length === 0 ? null : new TextDecoder().decode(bytes),
      bytes,
    }
    seen.push(request)
    const { status, text } = answerTo(request)
    // As an object store does.
    if (isShard) outgoing.setHeader('etag', `"${createHash('md5').update(bytes).digest('hex')}"`)
    else outgoing.setHeader('content-type', 'application/json')
    outgoing.writeHead(status).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    root,
    seen,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The service's own client doubles the slash where the root ends in one; this client does not. */
export function singleSlashes(target: string): string {
  return target.replace(/^\/\//, '/')
}
