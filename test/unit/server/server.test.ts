import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createIngestServer } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { TestClient, temporaryFolder } from './client.js'

describe('starting a server', () => {
  it.each([
    ['no key', { apiKey: null }, 'apiKey'],
    ['an empty key', { apiKey: '' }, 'apiKey'],
    ['no keys', { apiKey: [] }, 'apiKey'],
    ['no store', { store: '' }, 'store'],
    ['a port beyond all', { port: 70_000 }, 'port'],
    ['a fractional limit', { limits: { maxBodyBytes: 0.5 } }, 'limits.maxBodyBytes'],
    ['no lifetime', { urlLifetimeMs: 0 }, 'urlLifetimeMs'],
  ])('is refused with %s', async (_, options, option) => {
    const given = { store: temporaryFolder(), apiKey: 'k', port: 0, ...options }
    await expect(createIngestServer(given)).rejects.toMatchObject({
      code: 'server/option',
      details: { option },
    })
  })

  it('is refused on a port that is taken, and leaves the store free', async () => {
    const { server } = await TestClient.start()
    const port = Number(new URL(server.url).port)
    const store = temporaryFolder()
    await expect(createIngestServer({ store, apiKey: 'k', port })).rejects.toMatchObject({
      code: 'server/option',
      details: { option: 'port', given: port },
    })
    await TestClient.start({ store })
  })

  it('is refused on a store that is open, and taken over from a process that is gone', async () => {
    const first = await TestClient.start()
    await expect(TestClient.start({ store: first.store })).rejects.toMatchObject({ code: 'server/store' })
    await first.server.close()
    writeFileSync(join(first.store, '.framewire/lock'), '4194304999')
    await TestClient.start({ store: first.store })
  })

  it('is refused on a store that cannot be read, which is never taken for an empty one', async () => {
    const first = await TestClient.start()
    const id = await first.newStream()
    await first.server.close()
    const record = join(first.store, id, 'stream.json')
    writeFileSync(record, '{"id":')
    await expect(TestClient.start({ store: first.store })).rejects.toMatchObject({
      code: 'server/store',
      details: { path: record },
    })
  })

  it('is refused where the worker is not there', async () => {
    const files = { workerUrl: { checking: new URL('file:///nowhere/checking.worker.js') } }
    await expect(TestClient.start({ files })).rejects.toMatchObject({ code: 'core/load' })
  })

  it('listens on this machine alone, unless told otherwise', async () => {
    const { server } = await TestClient.start()
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    const wide = await TestClient.start({ host: '0.0.0.0' })
    expect((await fetch(`${wide.server.url}/health`)).status).toBe(200)
  })

  it('may be stopped twice', async () => {
    const { server } = await TestClient.start()
    await Promise.all([server.close(), server.close()])
    await server.close()
  })
})
