import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Seen {
  method: string
  target: string
  headers: IncomingMessage['headers']
  body: string
  bytes: Buffer
}

/** What to answer; a function may take the response over (to cut it, to be late). */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: string }
  | ((request: IncomingMessage, response: ServerResponse) => void)

/** A real HTTP server on loopback that answers as it is told and keeps what it saw. */
export class Loopback {
  readonly seen: Seen[] = []
  /** What answers; may be replaced at any time. */
  reply: (seen: Seen, count: number) => Reply
  #server: Server | undefined
  #port = 0

  constructor(reply: (seen: Seen, count: number) => Reply = () => ({})) {
    this.reply = reply
  }

  get root(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listen; on the port of the last time, if there was one. */
  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('error', () => undefined)
      request.on('end', () => {
        const bytes = Buffer.concat(parts)
        const { method = '', url = '', headers } = request
        const seen: Seen = { method, target: url, headers, body: bytes.toString(), bytes }
        this.seen.push(seen)
        const reply = this.reply(seen, this.seen.length)
        if (typeof reply === 'function') return reply(request, response)
        response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '')
      })
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  /** `METHOD target` of everything seen. */
  get targets(): string[] {
    return this.seen.map(({ method, target }) => `${method} ${target}`)
  }
}

/** Take the request and hang up without an answer. */
export const hangUp: Reply = (request) => {
  request.socket.destroy()
}

export const json = (value: unknown, headers: Record<string, string> = {}): Reply => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})
