import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { servePeer } from './peer.mjs'

/**
 * An ingest service that takes everything and keeps nothing: what is measured against it is the client alone. A process
 * of its own; each line on standard input is answered with its address and the bytes of shards that it took so far.
 */
let bytes = 0
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.method === 'PUT') request.on('data', (piece) => (bytes += piece.byteLength))
  else request.resume()
  request.on('end', () => {
    if (request.method === 'PUT') response.end()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(request)))
  })
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`

function answerTo({ url: path }) {
  if (path.includes('/upload_urls/')) return [{ url: `${url}/shards/${randomUUID()}` }]
  if (path.endsWith('/end')) return { status: 'ok' }
  return randomUUID()
}

await servePeer(async () => ({ url, bytes }))
server.close()
server.closeAllConnections()
