import { readFileSync, writeFileSync } from 'node:fs'
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

  it('is refused on a store that is open, and lets go of it', async () => {
    const first = await TestClient.start()
    await expect(TestClient.start({ store: first.store })).rejects.toMatchObject({
      code: 'server/store',
      message: expect.stringMatching(`process ${process.pid}`),
      details: { path: first.store, reason: 'locked' },
    })
    await first.server.close()
    await TestClient.start({ store: first.store })
  })

  /** A store with a bit of everything in it, and no server. */
  async function closedStore() {
    const client = await TestClient.start()
    const id = await client.newStream()
    const { data_id } = await client.json<{ data_id: string }>('POST', '/tool-state/stream/initialize', {
      points_per_chunk: 1,
    })
    await client.json('POST', '/tags/', { name: 'a' })
    for (const chunk_index of [0, 1]) {
      const points = { data_id, channel_name: 'T', timestamps: [1], values: [1] }
      await client.json('POST', '/tool-state/stream/chunk', { ...points, chunk_index })
    }
    await client.server.close()
    return { store: client.store, id, data_id }
  }

  it('is refused on a store that cannot be read, which is never taken for an empty one', async () => {
    const { store, id, data_id } = await closedStore()
    const names = [
      `${id}/stream.json`,
      `${data_id}/series.jsonl`,
      '.framewire/catalog.json',
      '.framewire/secret',
    ]
    for (const name of names) {
      const file = join(store, name)
      const sound = readFileSync(file)
      for (const damaged of [sound.subarray(1), sound.subarray(0, -1), Buffer.alloc(0)]) {
        writeFileSync(file, damaged)
        await expect(TestClient.start({ store }), name).rejects.toMatchObject({
          code: 'server/store',
          details: { path: file },
        })
      }
      writeFileSync(file, sound)
    }
    await TestClient.start({ store })
  })

  it('is refused where a bit of what it reads has flipped, and so are points', async () => {
    const { store, id, data_id } = await closedStore()
    const log = flip(join(store, data_id, 'series.jsonl'))
    const client = await TestClient.start({ store })
    const answer = await client.send('GET', `/framewire/v1/streams/${data_id}/chunks`)
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({ code: 'server/store' }),
    ])
    await client.server.close()
    log.restore()
    for (const name of [`${id}/stream.json`, '.framewire/catalog.json']) {
      const { restore, path } = flip(join(store, name))
      const refused = { code: 'server/store', details: { path } }
      await expect(TestClient.start({ store })).rejects.toMatchObject(refused)
      restore()
    }
    await TestClient.start({ store })
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

/** Flip a bit in the middle of a file. */
function flip(path: string): { path: string; restore(): void } {
  const sound = readFileSync(path)
  const damaged = Buffer.from(sound)
  damaged[sound.length >> 1]! ^= 4
  writeFileSync(path, damaged)
  return { path, restore: () => writeFileSync(path, sound) }
}
