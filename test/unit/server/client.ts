import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngestServer, type IngestServer, type IngestServerOptions } from 'framewire/server'
import { onTestFinished } from 'vitest'

export const KEY = 'test-key'

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a claim of a chunk says, when nothing else is given. */
export interface Claim {
  index?: number
  chunkSize?: number
  dims?: string
  fps?: string
  start?: string
}

/** A server for one test, and the requests of a client that speaks the API by hand. */
export class TestClient {
  readonly server: IngestServer
  readonly store: string

  constructor(server: IngestServer, store: string) {
    this.server = server
    this.store = store
  }

  static async start(options: Partial<IngestServerOptions> = {}): Promise<TestClient> {
    const store = options.store ?? temporaryFolder()
    const server = await createIngestServer({ apiKey: KEY, port: 0, logLevel: 'silent', ...options, store })
    onTestFinished(() => server.close())
    return new TestClient(server, store)
  }

  /** A request to the API. A body that is no string is sent as JSON. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.server.url + path, {
      method,
      headers: {
        'x-api-key': KEY,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  /** The JSON that a request is answered with; throws for another status than `expected`. */
  async json<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    expected = 200,
  ): Promise<T> {
    const answer = await this.send(method, path, body)
    const text = await answer.text()
    if (answer.status !== expected) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as T
  }

  newStream(fps: number | null = 4): Promise<string> {
    return this.json<string>('POST', '/rheed/stream/', {
      data_item_name: 'test',
      rotational_period: null,
      rotations_per_min: 0,
      fps_capture_rate: fps,
    })
  }

  /** Ask for an upload URL. */
  askUrl(
    dataId: string,
    { index = 0, chunkSize = 8, dims = '8,32,48', fps = '4.0', start = '1700000000000' }: Claim = {},
  ) {
    const key = encodeURIComponent(`frames.zarr/frames/c/${index}/0/0`)
    const query = `original_filename=${key}&num_parts=1&staging_type=stream`
    return this.send('POST', `/data_entries/raw_data/staged/upload_urls/?${query}`, {
      data_id: dataId,
      data_stream: 'rheed',
      is_stream: '1',
      is_rotating: '0',
      raw_frame_rate: fps,
      avg_frame_rate: fps,
      chunk_size: String(chunkSize),
      dims,
      start_unix_ms_utc: start,
      end_unix_ms_utc: start,
    })
  }

  async url(dataId: string, claim?: Claim): Promise<string> {
    const answer = await this.askUrl(dataId, claim)
    if (answer.status !== 200) throw new Error(`no URL: ${answer.status} ${await answer.text()}`)
    const [{ url }] = (await answer.json()) as [{ url: string }]
    return url
  }

  /** Ask for an upload URL and send a shard there. */
  async put(dataId: string, shard: Uint8Array, claim?: Claim): Promise<Response> {
    return fetch(await this.url(dataId, claim), { method: 'PUT', body: shard as Uint8Array<ArrayBuffer> })
  }

  /** What the server says it holds of a stream of frames. */
  async chunks(dataId: string): Promise<Record<string, unknown>[]> {
    const inventory = await this.json<{ chunks: Record<string, unknown>[] }>(
      'GET',
      `/framewire/v1/streams/${dataId}/chunks`,
    )
    return inventory.chunks
  }
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
