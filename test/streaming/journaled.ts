import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type HttpTransport,
  journalFolder,
  RHEEDStreamer,
  type RHEEDStreamerOptions,
  type Stack,
} from 'framewire'
import { createIngestServer, type IngestServer, readFrames, verifyStore } from 'framewire/server'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'

export const [H, W] = [16, 20]
export const STREAM = { fps: 2, rotationsPerMin: 0, chunkSize: 4 }

/** A server, and streamers with a journal on disk, for the tests of a file. */
export class JournaledStreams {
  server!: IngestServer
  /** Folder of the journals, another for each test. */
  path = ''
  #root = ''
  readonly #open: RHEEDStreamer[] = []

  constructor() {
    beforeAll(async () => {
      this.#root = mkdtempSync(join(tmpdir(), 'framewire-journaled-'))
      const store = join(this.#root, 'store')
      this.server = await createIngestServer({ store, apiKey: 'k', logLevel: 'silent' })
    })
    beforeEach(() => {
      this.path = mkdtempSync(join(this.#root, 'journal-'))
    })
    afterEach(async () => {
      for (const streamer of this.#open.splice(0)) await streamer.close()
    })
    afterAll(async () => {
      await this.server.close()
      rmSync(this.#root, { recursive: true, force: true })
    })
  }

  /** A streamer that is closed at the end of its test. */
  streaming(options: Partial<RHEEDStreamerOptions> = {}): RHEEDStreamer {
    const streamer = new RHEEDStreamer({
      apiKey: 'k',
      endpoint: this.server.url,
      maxWorkers: 1,
      verbosity: 0,
      clockSync: false,
      journal: journalFolder(this.path),
      ...options,
    })
    this.#open.push(streamer)
    return streamer
  }

  /** Folder of a stream in the store. */
  storedAt(dataId: string): string {
    return join(this.#root, 'store', dataId)
  }

  stored(dataId: string, start: number, count: number): Promise<Uint8Array> {
    return readFrames(this.storedAt(dataId), start, count)
  }

  /** Expect the store to have `stack(4, 0)`, `stack(4, 1)` ..., and to be sound. */
  async expectWhole(dataId: string, chunks: number): Promise<void> {
    const sent = Buffer.concat(Array.from({ length: chunks }, (_, index) => stack(4, index).data))
    expect(Buffer.compare(await this.stored(dataId, 0, 4 * chunks), sent)).toBe(0)
    expect((await verifyStore(this.storedAt(dataId))).problems).toEqual([])
  }
}

/** Frames whose every pixel tells frame and place; `seed` tells chunks apart. */
export function stack(frames: number, seed: number): Stack & { data: Uint8Array } {
  const data = Uint8Array.from({ length: frames * H * W }, (_, at) => (at * 7 + seed * 13) & 255)
  return { data, shape: [frames, H, W] }
}

/** A network on which uploads wait until they are let through. */
export function delayed(isOpen: () => boolean): HttpTransport {
  return through(async (method) => {
    while (method === 'PUT' && !isOpen()) await new Promise((resolve) => setTimeout(resolve, 10))
    return undefined
  })
}

/** The network, but for requests that `answer` answers itself. */
export function through(
  answer: (method: string, url: string) => number | undefined | Promise<undefined>,
): HttpTransport {
  return async ({ method, url, headers, body, signal }) => {
    const status = await answer(method, url)
    if (status !== undefined) return { status, headers: {}, text: '' }
    const parts: BlobPart[] = []
    if (typeof body === 'object' && !(body instanceof Blob)) {
      for await (const part of body) parts.push(new Uint8Array(part))
    }
    const sent = parts.length > 0 ? new Blob(parts) : (body as string | Blob | undefined)
    const response = await fetch(url, { method, headers, body: sent, signal })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: await response.text(),
    }
  }
}

/** A service that stores nothing. */
export const nothingStored = through((method) => (method === 'PUT' ? 503 : undefined))
