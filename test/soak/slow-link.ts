import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A link to a server that carries so many bytes a second to it, all connections together. */
export interface SlowLink {
  /** The server's address, as it is beyond the link. */
  url: string
  /** Bytes that went to the server so far. */
  readonly bytes: number
  close(): Promise<void>
}

/** Delays shorter than a timer can keep are made up for by the next. */
const SHORTEST_DELAY_MS = 4

/** Put a slow link before the server at `url`. What it answers comes back at once. */
export async function slowLink(url: string, bytesPerSecond: number): Promise<SlowLink> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let bytes = 0
  let freeAt = performance.now()

  /** Take turns on the link: resolves when these bytes have passed. */
  async function pass(length: number): Promise<void> {
    bytes += length
    freeAt = Math.max(freeAt, performance.now()) + (length / bytesPerSecond) * 1000
    const delay = freeAt - performance.now()
    if (delay > SHORTEST_DELAY_MS) await new Promise((resolve) => setTimeout(resolve, delay))
  }

  async function carry(from: Socket, to: Socket): Promise<void> {
    for await (const piece of from as AsyncIterable<Uint8Array>) {
      await pass(piece.byteLength)
      if (!to.write(piece)) await once(to, 'drain')
    }
    to.end()
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut).on('close', () => sockets.delete(socket))
    }
    carry(client, upstream).catch(cut)
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
