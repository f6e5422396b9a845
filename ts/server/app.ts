import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Store } from '../store/store.js'
import type { ApiKeys } from './api-keys.js'
import { frameRoutes } from './frame-routes.js'
import { inventoryRoutes } from './inventory-routes.js'
import { linkRoutes } from './link-routes.js'
import { answerTo, Refusal } from './refusal.js'
import { seriesRoutes } from './series-routes.js'
import { Slots } from './slots.js'
import { uploadRoute } from './upload-route.js'
import type { UploadUrls } from './upload-urls.js'

/** How much the server logs. Lines of JSON go to standard error. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** What the HTTP side is made of. */
export interface AppParts {
  store: Store
  keys: ApiKeys
  urls: UploadUrls
  maxBodyBytes: number
  maxConcurrentUploads: number
  logLevel: LogLevel
}

/** Longest body of JSON, in bytes: a scalar chunk of some millions of points. */
const MOST_JSON_BYTES = 64 * 2 ** 20
/** A connection that carries nothing for so long is closed. */
const IDLE_MS = 120_000
/** How long the rest of a body that was refused is taken in, so that its sender gets to read the answer. */
const LINGER_MS = 2_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route asks for no API key. */
    open?: boolean
  }
  interface FastifyRequest {
    /** Clock when the request came, ms since the epoch. */
    receivedAtUnixMs: number
  }
}

/** The ingest API over a store. */
export function createApp({
  store,
  keys,
  urls,
  maxBodyBytes,
  maxConcurrentUploads,
  logLevel,
}: AppParts): FastifyInstance {
  const app = Fastify({
    logger: { level: logLevel, stream: process.stderr, serializers: { req: describe } },
    routerOptions: { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    bodyLimit: MOST_JSON_BYTES,
    connectionTimeout: IDLE_MS,
  })

  app.decorateRequest('receivedAtUnixMs', 0)
  app.addHook('onRequest', async (request, reply) => {
    request.receivedAtUnixMs = Date.now()
    reply.header('x-framewire', '1')
    // The service's own SDK sends its shards with an empty type, which is none.
    if (request.headers['content-type'] === '') delete request.headers['content-type']
    if (request.routeOptions.config.open !== true) keys.check(request.headers['x-api-key'])
  })
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete) return
    raw.resume()
    setTimeout(() => raw.destroy(), LINGER_MS).unref()
  })
  // A connection without a request, kept alive or just opened, would keep a server that stops waiting for its client.
  const quiet = new Set<Socket>()
  let closing = false
  app.server.on('connection', (socket: Socket) => {
    quiet.add(socket)
    socket.once('close', () => quiet.delete(socket))
  })
  app.addHook('onRequest', async ({ raw }) => void quiet.delete(raw.socket))
  app.addHook('onResponse', async ({ raw }) => void (raw.socket.destroyed || quiet.add(raw.socket)))
  app.addHook('preClose', async () => {
    closing = true
    for (const socket of quiet) socket.destroy()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = answerTo(error)
    if (request.raw.destroyed && !request.raw.complete) request.log.warn('the sender broke off')
    else if (status >= 500) request.log.error({ err: error }, body.detail)
    else request.log.info({ code: body.code, field: body.field }, body.detail)
    return reply.status(status).send(body)
  })
  app.setNotFoundHandler((request) => {
    throw new Refusal(
      404,
      'request/unknown',
      `There is no ${request.method} ${request.url.split('?')[0]} here.`,
    )
  })

  app.get('/gateway/time', { config: { open: true } }, async ({ receivedAtUnixMs }, reply) => {
    reply.header('cache-control', 'no-store')
    return { receivedAtUnixMs, transmittedAtUnixMs: Date.now() }
  })
  app.get('/health', { config: { open: true } }, async () => ({ status: 'ok' }))

  frameRoutes(app, store, urls)
  seriesRoutes(app, store)
  linkRoutes(app, store)
  inventoryRoutes(app, store)
  app.register(async (uploads) =>
    uploadRoute(uploads, store, urls, new Slots(maxConcurrentUploads), maxBodyBytes),
  )
  return app
}

/** What the log says of a request: no query, as that of an upload is a key to it. */
function describe({ method, url, ip }: FastifyRequest) {
  return { method, url: url.split('?')[0], remoteAddress: ip }
}
