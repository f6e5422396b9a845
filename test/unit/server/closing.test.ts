import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngestServer } from 'framewire/server'
import { expect, it, onTestFinished } from 'vitest'

/** Node would wait a minute for the head of a request. */
const SOON = { timeout: 30_000 }

it.each([
  ['says nothing', ''],
  ['has said half of a request', 'GET /health HTTP/1.1\r\nHo'],
  ['has had its answer', 'GET /health HTTP/1.1\r\nHost: here\r\n\r\n'],
])('ends although a client is connected that %s', SOON, async (_, text) => {
  const store = mkdtempSync(join(tmpdir(), 'framewire-closing-'))
  onTestFinished(() => rmSync(store, { recursive: true, force: true }))
  const server = await createIngestServer({ store, apiKey: 'k', logLevel: 'silent' })
  const { hostname, port } = new URL(server.url)
  const client: Socket = connect(Number(port), hostname)
  const cut = once(client, 'close')
  client.on('error', () => {}).resume()
  await once(client, 'connect')
  if (text) await new Promise((sent) => client.write(text, sent))
  // An answer shows that the server knows of the connection.
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  await server.close()
  await cut
})
