import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyStore } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { md5, TestClient, temporaryFolder } from './client.js'
import { makeShard, pattern } from './shards.js'

const KILLS = 3
const CLAIM = { chunkSize: 4, dims: '4,60,80' }
const shards = Array.from({ length: 8 }, (_, k) => makeShard(pattern(4, 60, 80, k), 4, 60, 80))

/** A server in a process of its own over a store. */
async function spawnServer(store: string): Promise<{ client: TestClient; child: ChildProcess }> {
  const script = fileURLToPath(new URL('killed-server.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, store], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return { client: new TestClient({ url: String(line).trim(), close: async () => {} }, store), child }
}

describe('a server that is killed while it stores', () => {
  it('has every chunk that it answered for, and no other half', async () => {
    const store = temporaryFolder()
    const answered = new Map<number, number>()
    let id: string | undefined
    let next = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const { client, child } = await spawnServer(store)
      id ??= await client.newStream()
      const stream = id
      const ended = once(child, 'exit')
      // Four senders; the process is killed in the midst of their work.
      const until = next + 8 + 5 * kill
      const send = async () => {
        for (;;) {
          const index = next++
          const answer = await client
            .put(stream, shards[index % 8]!, { ...CLAIM, index })
            .catch(() => undefined)
          if (answer === undefined) return
          expect(answer.status).toBe(200)
          answered.set(index, index % 8)
          if (index >= until) child.kill('SIGKILL')
        }
      }
      await Promise.all([send(), send(), send(), send()])
      await ended
    }

    const client = await TestClient.start({ store })
    const chunks = await client.chunks(id!)
    const held = new Map(chunks.map((chunk) => [chunk.index, chunk.md5]))
    for (const [index, k] of answered) expect(held.get(index), `chunk ${index}`).toBe(md5(shards[k]!))
    expect(answered.size).toBeGreaterThan(20)
    const sent = Buffer.concat(chunks.map((chunk) => pattern(4, 60, 80, (chunk.index as number) % 8)))
    const against = {
      frames: sent.length / 4800,
      pixels: async (start: number, count: number) => sent.subarray(start * 4800, (start + count) * 4800),
    }
    expect(await verifyStore(join(store, id!), { against })).toMatchObject({ ok: true, problems: [] })
  })
})
