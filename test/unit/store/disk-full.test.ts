import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifyStore } from 'framewire/server'
import { expect, it } from 'vitest'
import { describeWithMount, fill, smallDisk } from '../../disk/small-disk.js'
import { randomBytes } from '../../interop/images.js'
import { md5, TestClient } from '../server/client.js'
import { makeShard } from './shards.js'

const PIXELS = randomBytes(4 * 150 * 150, 1)
const SHARD = makeShard(PIXELS, 4, 150, 150)
const CLAIM = { chunkSize: 4, dims: '4,150,150' }

describeWithMount('a server whose disk is full', () => {
  it('says so with 507, keeps what it had, and goes on when there is space', async () => {
    const store = smallDisk(1_000_000)
    const client = await TestClient.start({ store })
    const id = await client.newStream()
    const { data_id } = await client.json<{ data_id: string }>('POST', '/tool-state/stream/initialize', {
      points_per_chunk: 1,
    })
    expect((await client.put(id, SHARD, CLAIM)).status).toBe(200)
    const url = await client.url(id, { ...CLAIM, index: 1 })
    const points = { data_id, chunk_index: 0, channel_name: 'T', timestamps: [1], values: [2] }

    // From no space at all to nearly enough: each fails at another step.
    let refused = 0
    for (let left = 0; left < SHARD.length + 60_000; left += 4096) {
      const free = fill(store, left)
      const answer = await fetch(url, { method: 'PUT', body: SHARD as Uint8Array<ArrayBuffer> })
      if (answer.status !== 200) {
        refused++
        expect([left, answer.status, await answer.json()]).toEqual([
          left,
          507,
          { code: 'server/full', detail: expect.stringMatching(/disk of the store is full/) },
        ])
        expect(await client.chunks(id)).toHaveLength(1)
        expect(readdirSync(join(store, '.framewire/incoming'))).toEqual([])
      }
      if (left === 0) {
        expect((await client.send('POST', '/tool-state/stream/chunk', points)).status).toBe(507)
        expect((await client.send('POST', '/tags/', { name: 'a' })).status).toBe(507)
        expect(await client.json('GET', '/tags/')).toEqual([])
        const folders = readdirSync(store)
        await expect(client.newStream()).rejects.toThrow(/507.*server\/full/)
        expect(readdirSync(store)).toEqual(folders)
      }
      free()
    }
    expect(refused).toBeGreaterThanOrEqual(20)

    const stored = await fetch(url, { method: 'PUT', body: SHARD as Uint8Array<ArrayBuffer> })
    expect([stored.status, stored.headers.get('etag')]).toEqual([200, `"${md5(SHARD)}"`])
    await client.json('POST', '/tool-state/stream/chunk', points)
    const twice = Buffer.concat([PIXELS, PIXELS])
    const against = {
      frames: 8,
      pixels: async (start: number, count: number) =>
        twice.subarray(start * 22_500, (start + count) * 22_500),
    }
    expect(await verifyStore(join(store, id), { against })).toMatchObject({
      ok: true,
      equalFrames: 8,
      problems: [],
    })
  })
})
