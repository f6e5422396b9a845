import { createHook } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchTransport } from '../../../ts/upload/fetch.js'
import type { HttpRequest } from '../../../ts/upload/http.js'
import { Loopback } from './loopback.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function serve(reply?: Loopback['reply']): Promise<Loopback> {
  const server = await new Loopback(reply).start()
  stops.push(() => server.stop())
  return server
}

/** A server of bare connections; the answer is its root. */
async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The client's sockets that are opened from now on. */
function clientSockets(): Socket[] {
  const sockets: Socket[] = []
  const note = (message: unknown) => sockets.push((message as { socket: Socket }).socket)
  subscribe('net.client.socket', note)
  stops.push(() => unsubscribe('net.client.socket', note))
  return sockets
}

/** Parts of these sizes; every byte tells its place. */
function partsOf(sizes: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  for (let i = 0; i < whole.length; i++) whole[i] = Math.imul(i, 0x9e3779b1) >>> 24
  let at = 0
  return sizes.map((size) => {
    at += size
    return whole.slice(at - size, at)
  })
}

const put = (url: string, body: Uint8Array<ArrayBuffer>[], options: Partial<HttpRequest> = {}) =>
  fetchTransport({ method: 'PUT', url, body, ...options })
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )
const turn = () => new Promise((resolve) => setTimeout(resolve, 1))
const megabytes = (count: number) => partsOf(new Array(count).fill(1_000_000))

describe('a body in parts', () => {
  it('arrives as one, whatever the sizes of its parts', async () => {
    const server = await serve()
    const size = fc.oneof(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 16_000, max: 17_000 }),
      fc.integer({ min: 100_000, max: 300_000 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 60 }), async (sizes) => {
        const parts = partsOf(sizes)
        const whole = Buffer.concat(parts)
        expect((await put(`${server.root}/k`, parts)).status).toBe(200)
        const { bytes, headers } = server.seen.pop()!
        expect(bytes.equals(whole)).toBe(true)
        expect(headers['content-length']).toBe(String(whole.length))
        expect(headers['transfer-encoding']).toBeUndefined()
        expect(parts.map(({ byteLength }) => byteLength)).toEqual(sizes)
      }),
      { numRuns: 40 },
    )
  })

  it('leaves in few writes where its parts are tiny', async () => {
    const server = await serve()
    const parts = partsOf(new Array(5000).fill(10))
    let writes = 0
    const hook = createHook({
      init(_, type) {
        if (type === 'WRITEWRAP') writes++
      },
    }).enable()
    await put(`${server.root}/k`, parts)
    hook.disable()
    expect(server.seen[0]!.bytes.equals(Buffer.concat(parts))).toBe(true)
    expect(writes).toBeGreaterThan(0)
    expect(writes).toBeLessThan(50)
  })

  it('waits for a slow reader with one part in hand', async () => {
    const [socket, parts] = [clientSockets(), megabytes(20)]
    let bytes = 0
    let mostHeld = 0
    const root = await listen((peer) =>
      peer.on('data', (piece) => {
        mostHeld = Math.max(mostHeld, socket[0]!.writableLength)
        bytes += piece.byteLength
        if (bytes > 20_000_000) peer.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
        peer.pause()
        setTimeout(() => peer.resume(), 1)
      }),
    )
    expect((await put(root, parts)).status).toBe(200)
    expect(mostHeld).toBeGreaterThan(0)
    expect(mostHeld).toBeLessThan(1_100_000)
  })

  it.each(['aborted', 'cut', 'out of time'] as const)(
    'ends when it is %s while it waits for the reader, and can be sent again',
    async (how) => {
      const [sockets, parts] = [clientSockets(), megabytes(20)]
      const whole = Buffer.concat(parts)
      const peers: Socket[] = []
      const root = await listen((peer) => peers.push(peer.pause()))
      const stop = new AbortController()
      const outcome = failure(
        put(root, parts, { signal: stop.signal, timeoutMs: how === 'out of time' ? 200 : undefined }),
      )
      while (!(peers[0] && sockets[0]?.writableNeedDrain)) await turn()
      if (how === 'aborted') stop.abort()
      if (how === 'cut') peers[0].resetAndDestroy()
      expect(await outcome).toMatchObject({
        code: how === 'aborted' ? 'stream/aborted' : 'upload/unreachable',
      })
      const server = await serve()
      await put(`${server.root}/k`, parts)
      expect(server.seen[0]!.bytes.equals(whole)).toBe(true)
    },
  )

  it('hears a refusal while it waits for the reader', async () => {
    const sockets = clientSockets()
    const root = await listen(async (peer) => {
      peer.pause()
      while (!sockets[0]?.writableNeedDrain) await turn()
      peer.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
    })
    expect(await put(root, megabytes(20))).toMatchObject({ status: 403, text: 'no' })
    while (!sockets[0]!.destroyed) await turn()
  })

  it('hears a refusal that comes before it was read', async () => {
    const root = await listen((peer) =>
      peer.once('data', () => {
        peer.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno', () =>
          peer.destroy(),
        )
      }),
    )
    const bodies = [[new Uint8Array(20_000_000)], megabytes(20), partsOf(new Array(1000).fill(20_000))]
    for (let round = 0; round < 5; round++) {
      for (const body of bodies) expect(await put(root, body)).toMatchObject({ status: 403 })
    }
  })

  it('hears nearly every refusal of a store that closes while more is written', async () => {
    const file = fileURLToPath(new URL('refusing-store.mjs', import.meta.url))
    const store = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
    stops.push(() => store.kill())
    const [port] = await once(store.stdout, 'data')
    const parts = partsOf(new Array(300).fill(20_000))
    let heard = 0
    for (let round = 0; round < 40; round++) {
      // What is written at the very moment when the store closes breaks the connection before its answer is read.
      const answer = await put(`http://127.0.0.1:${Number(port)}/k`, parts).catch((error) => error)
      if (answer.status === 403) heard++
      else expect(answer).toMatchObject({ code: 'upload/unreachable' })
    }
    expect(heard).toBeGreaterThan(20)
  })

  it.each([
    ['goes on to the end', 'keep-alive'],
    ['fails where the connection was to be closed,', 'close'],
  ])('%s where a success comes before all was read', async (_, connection) => {
    let bytes = 0
    const root = await listen((peer) =>
      peer.on('data', (piece) => {
        if (bytes === 0) {
          peer.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: ${connection}\r\n\r\nok`)
        }
        bytes += piece.byteLength
      }),
    )
    const outcome = await put(root, megabytes(20)).catch((error) => error)
    if (connection === 'close') expect(outcome).toMatchObject({ code: 'upload/unreachable' })
    else {
      expect(outcome).toMatchObject({ status: 200, text: 'ok' })
      while (bytes <= 20_000_000) await turn()
    }
  })

  it('goes where it is redirected, with all parts', async () => {
    const server = await serve(({ target }) =>
      target === '/old' ? { status: 307, headers: { location: '/new' } } : {},
    )
    const parts = partsOf([3, 200_000, 0, 7, 100_000])
    expect((await put(`${server.root}/old`, parts)).status).toBe(200)
    expect(server.targets).toEqual(['PUT /old', 'PUT /new'])
    for (const { bytes } of server.seen) expect(bytes.equals(Buffer.concat(parts))).toBe(true)
  })

  it('goes where it is redirected before it was read', async () => {
    const server = await serve()
    const root = await listen((peer) =>
      peer.once('data', () => {
        peer.pause()
        peer.write(`HTTP/1.1 307 Elsewhere\r\nlocation: ${server.root}/new\r\ncontent-length: 0\r\n\r\n`)
      }),
    )
    const parts = megabytes(20)
    expect((await put(`${root}/old`, parts)).status).toBe(200)
    expect(server.seen[0]!.bytes.equals(Buffer.concat(parts))).toBe(true)
  })
})
