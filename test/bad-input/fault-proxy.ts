import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request on its way through the proxy. */
export interface ProxiedRequest {
  method: string
  /** Path and query. */
  target: string
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** How often this method and path (without its query) came before. */
  repeat: number
}

/** What the proxy does to a request instead of passing it on and the answer back. */
export type Fault =
  /** The connection is cut before the server hears of the request. */
  | { do: 'drop' }
  /** The server hears of it, but the connection is cut in place of its answer. */
  | { do: 'lose-answer' }
  /** The proxy answers, the server hears nothing. */
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** The answer comes back with other headers. */
  | { do: 'alter'; headers: Record<string, string> }
  /** One bit of the body is flipped on the way to the server. */
  | { do: 'flip-bit'; at: number }

/** A proxy that lets everything through but what its owner tells it to spoil. */
export interface FaultProxy {
  /** The root that a client is given; upload URLs in answers lead here too. */
  root: string
  /** Every request that came, the spoiled ones too. */
  seen: ProxiedRequest[]
  close(): Promise<void>
}

/** Start a proxy before the server at `upstream` (`http://host:port`). `fault` is asked for each request. */
export async function startFaultProxy(
  upstream: string,
  fault: (request: ProxiedRequest) => Fault | undefined,
): Promise<FaultProxy> {
  const seen: ProxiedRequest[] = []
  let root = ''

  const server = createServer(async (incoming, outgoing) => {
    const body = await wholeBody(incoming)
    const path = (target: string) => target.split('?')[0]
    const request: ProxiedRequest = {
      method: incoming.method!,
      target: incoming.url!,
      headers: incoming.headers,
      body,
      repeat: seen.filter(
        ({ method, target }) => method === incoming.method && path(target) === path(incoming.url!),
      ).length,
    }
    seen.push(request)
    const spoil = fault(request)
    if (spoil?.do === 'drop') return void incoming.socket.destroy()
    if (spoil?.do === 'answer') {
      outgoing.writeHead(spoil.status, spoil.headers).end(spoil.body ?? '')
      return
    }
    if (spoil?.do === 'flip-bit') body[spoil.at]! ^= 1
    try {
      await pass(request, outgoing, spoil)
    } catch {
      incoming.socket.destroy()
    }
  })

  async function pass(
    request: ProxiedRequest,
    outgoing: ServerResponse,
    spoil: Fault | undefined,
  ): Promise<void> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, target, headers, body } = request
      httpRequest(
        upstream + target,
        { method, headers: { ...headers, host: new URL(upstream).host } },
        resolve,
      )
        .on('error', reject)
        .end(body)
    })
    // Upload URLs must lead through the proxy too.
    const text = (await wholeBody(answer)).toString().replaceAll(upstream, root)
    if (spoil?.do === 'lose-answer') return void outgoing.socket!.destroy()
    const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(text)) }
    outgoing
      .writeHead(answer.statusCode!, spoil?.do === 'alter' ? { ...headers, ...spoil.headers } : headers)
      .end(text)
  }

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

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
