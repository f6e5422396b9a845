import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RHEEDStreamer, type RHEEDStreamerOptions } from 'framewire'
import { createIngestServer, type IngestServer } from 'framewire/server'
import { afterAll, afterEach, beforeAll } from 'vitest'

/** A server for all tests of a file, and a streamer to it for each; they are closed behind them. */
export function embedded() {
  const store = mkdtempSync(join(tmpdir(), 'framewire-embedded-'))
  let server: IngestServer
  let streamer: RHEEDStreamer | undefined

  beforeAll(async () => {
    server = await createIngestServer({ store, apiKey: 'k', port: 0, logLevel: 'silent' })
  })
  afterEach(async () => {
    await streamer?.close()
    streamer = undefined
  })
  afterAll(async () => {
    await server.close()
    rmSync(store, { recursive: true, force: true })
  })

  return {
    /** The server's folder. */
    store,
    endpoint: () => server.url,
    streaming(options: Partial<RHEEDStreamerOptions> = {}): RHEEDStreamer {
      streamer = new RHEEDStreamer({
        apiKey: 'k',
        endpoint: server.url,
        maxWorkers: 2,
        verbosity: 0,
        clockSync: false,
        ...options,
      })
      return streamer
    },
  }
}
