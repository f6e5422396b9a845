import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { WorkerFiles } from '../core/thread.js'
import { FramewireError } from '../errors.js'
import { CheckingThread } from '../store/checking-thread.js'
import { DirectoryStore } from '../store/directory-store.js'
import { lockStore } from '../store/store-lock.js'
import { ApiKeys } from './api-keys.js'
import { createApp, type LogLevel } from './app.js'
import { UploadUrls, uploadSecret } from './upload-urls.js'

/** Options of {@link createIngestServer}. */
export interface IngestServerOptions {
  /** Folder of the store; made where it is missing. One server at a time. */
  store: string
  /** The key or keys that clients send as `x-api-key`; `null` only together with `noAuth`. */
  apiKey: string | readonly string[] | null
  /** Answer everybody who can reach the address. Default false. */
  noAuth?: boolean
  /** Address to listen on. Default `127.0.0.1`: this machine alone. */
  host?: string
  /** Port to listen on. Default 0: one that is free; `url` tells. */
  port?: number
  limits?: {
    /** Longest shard that is accepted, in bytes. Default 2 GiB. */
    maxBodyBytes?: number
    /** Shards that are received and checked at once; more wait. Default 16. */
    maxConcurrentUploads?: number
  }
  /** How long an upload URL may be used. Default 900,000 (15 min). */
  urlLifetimeMs?: number
  /** To standard error, one line of JSON each. Default `warn`; `info` has every request. */
  logLevel?: LogLevel
  /** Where worker and WebAssembly files lie, when they were moved away from the library. */
  files?: WorkerFiles
}

/** A running ingest server. */
export interface IngestServer {
  /** Root of its API, without a trailing slash: what clients take as their endpoint. */
  readonly url: string
  /** Finish the requests under way, refuse new ones, and release the store. */
  close(): Promise<void>
}

const key = z.string().min(1)
const positiveInteger = z.int().min(1)
const optionsSchema = z.object({
  store: z.string().min(1),
  apiKey: z.union([key, z.array(key).min(1)]).nullable(),
  noAuth: z.boolean().default(false),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65535).default(0),
  limits: z
    .object({
      maxBodyBytes: positiveInteger.default(2 * 2 ** 30),
      maxConcurrentUploads: positiveInteger.default(16),
    })
    .prefault({}),
  urlLifetimeMs: positiveInteger.default(15 * 60_000),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
})

/**
 * Start an ingest server that speaks the service's API and keeps streams as Zarr v3 in a folder: `<store>/<data id>`
 * holds `frames.zarr` with the arrays `frames`, `present` and `time_unix_ms`, or `series.zarr` with a group a channel.
 *
 * It checks every shard before it answers, and refuses what the service takes but no array can hold: a chunk of more
 * frames than `chunk_size` (422), another frame size or `chunk_size` than the stream's (409), a damaged shard (422).
 *
 * Throws `server/option`, `server/store` (another server has the store open, a port that cannot be had), `server/full`,
 * `core/load`.
 */
export async function createIngestServer(options: IngestServerOptions): Promise<IngestServer> {
  const { store: folder, apiKey, noAuth, host, port, limits, urlLifetimeMs, logLevel } = checked(options)
  if (apiKey === null && !noAuth) {
    throw new FramewireError(
      'server/option',
      'A server without an API key answers everybody. Give apiKey, or say noAuth: true if that is what you want.',
      { option: 'apiKey', given: apiKey, expected: 'a key, or noAuth: true' },
    )
  }
  const path = resolve(folder)
  const checker = new CheckingThread(options.files)
  await checker.start()
  const closing: (() => Promise<unknown>)[] = [() => checker.close()]
  const end = async () => {
    for (const step of closing.reverse()) await step()
  }
  let ended: Promise<void> | undefined
  const close = () => {
    ended ??= end()
    return ended
  }
  try {
    closing.push(await lockStore(path))
    const store = await DirectoryStore.open(path, checker)
    closing.push(() => store.close())
    const app = createApp({
      store,
      keys: new ApiKeys(noAuth ? [] : [apiKey ?? []].flat()),
      urls: new UploadUrls(await uploadSecret(path), urlLifetimeMs),
      logLevel,
      ...limits,
    })
    closing.push(() => app.close())
    await app.listen({ host, port }).catch((cause: Error) => {
      throw new FramewireError(
        'server/option',
        `The server cannot listen on ${host}, port ${port}: ${cause.message}. Give another host or port (0: any free one).`,
        { option: 'port', given: port, expected: 'an address and port that are free' },
        { cause },
      )
    })
    const bound = app.server.address() as AddressInfo
    if (noAuth) app.log.warn({ host: bound.address }, 'this server asks for no API key')
    return { url: urlOf(bound), close }
  } catch (error) {
    await close()
    throw error
  }
}

function checked(options: IngestServerOptions) {
  const result = optionsSchema.safeParse(options)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  const option = path.join('.')
  const given = path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown>)?.[part],
    options,
  )
  throw new FramewireError('server/option', `Option ${option} of the server: ${message}.`, {
    option,
    given,
    expected: message,
  })
}

/** An address that a client on this machine can use: a server on all addresses is asked on the loopback one. */
function urlOf({ address, port, family }: AddressInfo): string {
  const wildcard = address === '0.0.0.0' || address === '::'
  const host = wildcard ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
