import { connect, createServer, type Socket } from 'node:net'
import type { RequestLine } from './operation.js'

/** What is done to a request, or to its answer. */
export type Spoil =
  /** The connection is reset: before the body, in its middle, behind it at once, or in place of the answer. */
  | { do: 'reset'; at: 'before' | 'middle' | 'after' | 'answer' }
  /** Nothing comes back; after so long the connection is reset. The server hears nothing. */
  | { do: 'mute'; ms: number }
  /** The proxy answers; the server hears nothing. */
  | { do: 'answer'; status: number; headers?: Readonly<Record<string, string>>; body?: string }
  /** The server's answer comes back with another header or another body. */
  | { do: 'alter'; headers?: Readonly<Record<string, string>>; body?: string }

/** What the owner of a proxy is asked and told. */
export interface ProxyRules {
  /** Port of the server. */
  upstream: number
  /** Asked for every request, when its head is there. */
  spoil(request: RequestLine): Spoil | undefined
  /** The answer of the server goes to the client now, as it is. */
  answered?(request: RequestLine): void
  /** Headers that no answer comes back with. */
  hide?: readonly string[]
}

/** A TCP proxy before a server, one request a connection. */
export interface FaultyProxy {
  /** The root that clients are given; upload URLs lead here too. */
  readonly url: string
  /** Refuse connections until `listen`. */
  refuse(): void
  listen(): Promise<void>
  /** Reset every connection that there is. */
  cut(): void
  close(): Promise<void>
}

const HEAD_END = Buffer.from('\r\n\r\n')
/** Below the ports that clients get, so that nobody has taken the port when it is listened on again. */
const PORTS = { from: 15_000, to: 32_000 }

/** Start a proxy. */
export async function startProxy(rules: ProxyRules): Promise<FaultyProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {}).on('close', () => sockets.delete(client))
    carry(client, rules).catch(() => client.destroy())
  })
  const bind = (port: number) =>
    new Promise<boolean>((resolve) => {
      const failed = () => resolve(false)
      server.once('error', failed)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', failed)
        resolve(true)
      })
    })
  let closed = false
  let port = 0
  do port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from))
  while (!(await bind(port)))
  return {
    url: `http://127.0.0.1:${port}`,
    refuse() {
      server.close()
    },
    async listen() {
      if (closed || server.listening) return
      if (!(await bind(port))) throw new Error(`port ${port} was taken meanwhile`)
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      closed = true
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** One request and its answer. */
async function carry(client: Socket, { upstream, spoil, answered, hide = [] }: ProxyRules): Promise<void> {
  const message = new Incoming(client)
  const { request, head, bodyBytes } = await message.head()
  const spoiled = spoil(request)
  if (spoiled?.do === 'reset' && (spoiled.at === 'before' || spoiled.at === 'middle')) {
    // A request without a body ends with its head: what comes before that is less than the head.
    const [before, middle] =
      bodyBytes > 0 ? [head.length, head.length + (bodyBytes >> 1)] : [0, head.length >> 1]
    const part = await message.first(spoiled.at === 'before' ? before : middle)
    await sendPart(upstream, part)
    client.resetAndDestroy()
    return
  }
  const whole = await message.first(head.length + bodyBytes)
  switch (spoiled?.do) {
    case 'mute':
      setTimeout(() => client.resetAndDestroy(), spoiled.ms).unref()
      return
    case 'answer': {
      const { status, headers = {}, body = '' } = spoiled
      client.end(answerText(status, headers, body))
      return
    }
    case 'reset':
      if (spoiled.at === 'after') client.resetAndDestroy()
  }
  const answer = await ask(upstream, closing(whole, head.length))
  if (spoiled?.do === 'reset') client.resetAndDestroy()
  else {
    if (!spoiled) answered?.(request)
    const { headers = {}, body } = spoiled ?? {}
    client.end(altered(answer, headers, hide, body))
  }
}

/** What a client sends, as far as it has come. */
class Incoming {
  readonly #pieces: AsyncIterator<Buffer>
  #bytes = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#pieces = socket.iterator({ destroyOnReturn: false })
  }

  async head(): Promise<{ request: RequestLine; head: Buffer; bodyBytes: number }> {
    while (this.#bytes.indexOf(HEAD_END) < 0) await this.#more()
    const head = this.#bytes.subarray(0, this.#bytes.indexOf(HEAD_END) + HEAD_END.length)
    const text = head.toString('latin1')
    const [method = '', target = ''] = text.split(' ', 2)
    if (/^transfer-encoding:/im.test(text)) throw new Error('the proxy takes bodies with a length only')
    return {
      request: { method, target },
      head,
      bodyBytes: Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0),
    }
  }

  async first(bytes: number): Promise<Buffer> {
    while (this.#bytes.length < bytes) await this.#more()
    return this.#bytes.subarray(0, bytes)
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#pieces.next()
    if (done) throw new Error('the client has left')
    this.#bytes = Buffer.concat([this.#bytes, value])
  }
}

/** Let the server have the beginning of a request, and no more. */
async function sendPart(upstream: number, part: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(upstream, '127.0.0.1').on('error', reject)
    socket.write(part, () => {
      socket.resetAndDestroy()
      resolve()
    })
  })
}

/** The whole answer of the server. */
async function ask(upstream: number, request: Buffer): Promise<Buffer> {
  const socket = connect(upstream, '127.0.0.1')
  socket.write(request)
  const pieces: Buffer[] = []
  for await (const piece of socket) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** The request with the wish that its connection be closed behind it. */
function closing(request: Buffer, headBytes: number): Buffer {
  const head = request.toString('latin1', 0, headBytes).replace(/^connection:.*\r\n/gim, '')
  const begin = head.slice(0, -2)
  return Buffer.concat([
    Buffer.from(`${begin}connection: close\r\n\r\n`, 'latin1'),
    request.subarray(headBytes),
  ])
}

/** An answer with some headers set, some left out, and perhaps another body. */
function altered(
  answer: Buffer,
  set: Readonly<Record<string, string>>,
  hide: readonly string[],
  body?: string,
): Buffer {
  const end = answer.indexOf(HEAD_END)
  const [first, ...lines] = answer.toString('latin1', 0, end).split('\r\n')
  const changed = body === undefined ? set : { ...set, 'content-length': String(Buffer.byteLength(body)) }
  const gone = [...hide, ...Object.keys(changed)]
  const kept = lines.filter((line) => !gone.includes(line.slice(0, line.indexOf(':')).toLowerCase()))
  const added = Object.entries(changed).map(([name, value]) => `${name}: ${value}`)
  const head = Buffer.from(`${[first, ...kept, ...added].join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([
    head,
    body === undefined ? answer.subarray(end + HEAD_END.length) : Buffer.from(body),
  ])
}

function answerText(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} Spoiled\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
