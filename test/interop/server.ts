import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngestServer } from 'framewire/server'

/** A real ingest server over a store of its own. */
export interface TestServer {
  url: string
  apiKey: string
  /** The folder of the store. */
  store: string
  /** Stop the server and remove the store. */
  close(): Promise<void>
}

/** Start a server on a free port with an empty store. */
export async function startServer(apiKey = 'test-key'): Promise<TestServer> {
  const store = mkdtempSync(join(tmpdir(), 'framewire-store-'))
  const server = await createIngestServer({ store, apiKey, port: 0, logLevel: 'silent' })
  return {
    url: server.url,
    apiKey,
    store,
    async close() {
      await server.close()
      rmSync(store, { recursive: true, force: true })
    },
  }
}
