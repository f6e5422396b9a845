import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifyStore } from 'framewire/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { random } from '../../interop/images.js'
import { makeShard, pattern } from '../store/shards.js'
import { md5, TestClient, temporaryFolder } from './client.js'

const KILLS = process.env.FRAMEWIRE_SOAK ? 200 : 30
/** Calls of the file system at which the server is killed, and how many of it a few chunks make. */
const CALLS: [call: string, most: number][] = [
  ['open', 150],
  ['writev', 60],
  ['sync', 150],
  ['rename', 50],
  ['mkdir', 40],
  ['rm', 25],
  ['read', 40],
]
const [HEIGHT, WIDTH] = [12, 16]
const FRAME = HEIGHT * WIDTH

/** Eight shards of 4 frames, and eight of 2. */
const shards = [4, 2].flatMap((frames) =>
  Array.from({ length: 8 }, (_, k) => {
    const pixels = pattern(frames, HEIGHT, WIDTH, k)
    return { frames, pixels, shard: makeShard(pixels, frames, HEIGHT, WIDTH) }
  }),
)
const byHash = new Map(shards.map((each) => [md5(each.shard), each]))

/** What the server must hold: the last value that it answered for, or one that it was sent since. */
class Account {
  readonly #facts = new Map<string, Set<string | undefined>>()
  answers = 0

  /** Send a value for a fact. Answers whether the server was there to answer; what it answers must be a success. */
  async send(fact: string, value: string, request: () => Promise<Response>): Promise<boolean> {
    const values = this.#facts.get(fact) ?? new Set([undefined])
    this.#facts.set(fact, values.add(value))
    const answer = await request().catch(() => undefined)
    if (answer === undefined) return false
    // The status is the answer, even where the server died before the body.
    expect(answer.status, `${fact}: ${await answer.text().catch(String)}`).toBe(200)
    values.clear()
    values.add(value)
    this.answers++
    return true
  }

  check(found: ReadonlyMap<string, string>): void {
    for (const [fact, values] of this.#facts) expect([...values], fact).toContain(found.get(fact))
    for (const fact of found.keys()) expect([...this.#facts.keys()]).toContain(fact)
  }
}

/** A server in a process of its own over a store; no client where it was killed before it was ready. */
async function spawnServer(
  store: string,
  kill: string[] = [],
): Promise<{ client?: TestClient; child: ChildProcess; ended: Promise<unknown> }> {
  const script = fileURLToPath(new URL('killed-server.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, store, ...kill], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const line = await Promise.race([once(child.stdout!, 'data'), ended.then(() => undefined)])
  if (!line) return { child, ended }
  const client = new TestClient({ url: String(line[0]).trim(), close: async () => {} }, store)
  return { client, child, ended }
}

/** The clients of one store: senders of chunks, of points and of tags, that go on where the last server died. */
class Senders {
  readonly account = new Account()
  readonly #next = random(7)
  readonly #frames: string
  readonly #series: string
  #counts = { chunk: 0, point: 0, tag: 0 }

  constructor(frames: string, series: string) {
    this.#frames = frames
    this.#series = series
  }

  /** Send until the server is gone. */
  async run(client: TestClient): Promise<void> {
    const until = async (send: () => Promise<boolean>) => {
      while (await send());
    }
    await Promise.all([
      ...[0, 1, 2].map((lane) => until(() => this.#chunk(client, lane))),
      until(() => this.#points(client)),
      until(() => this.#tag(client)),
    ])
  }

  /** A new chunk of this lane, or other bytes for one that was sent before. */
  #chunk(client: TestClient, lane: number): Promise<boolean> {
    const count = this.#counts.chunk++
    const turn = this.#next() < 0.8 ? count : Math.floor(this.#next() * count)
    const { shard, frames } = shards[Math.floor(this.#next() * shards.length)]!
    const index = 3 * turn + lane
    return this.account.send(`chunk ${index}`, md5(shard), () =>
      client.put(this.#frames, shard, { index, chunkSize: 4, dims: `${frames},${HEIGHT},${WIDTH}` }),
    )
  }

  #points(client: TestClient): Promise<boolean> {
    const chunk_index = this.#counts.point++
    const points = { data_id: this.#series, chunk_index, channel_name: 'T', timestamps: [1, 2, 3] }
    const body = { ...points, values: [chunk_index, 0.5, 7] }
    return this.account.send(`points ${chunk_index}`, '3', () =>
      client.send('POST', '/tool-state/stream/chunk', body),
    )
  }

  #tag(client: TestClient): Promise<boolean> {
    const name = `tag ${this.#counts.tag++}`
    return this.account.send(name, 'yes', () => client.send('POST', '/tags/', { name }))
  }
}

describe('a server that is killed at any step of its work', () => {
  it(`has all that it answered for, and no half of anything else, after ${KILLS} times`, async () => {
    const store = temporaryFolder()
    const first = await spawnServer(store)
    const frames = await first.client!.newStream()
    const { data_id: series } = await first.client!.json<{ data_id: string }>(
      'POST',
      '/tool-state/stream/initialize',
      { points_per_chunk: 3 },
    )
    first.child.kill('SIGKILL')
    await first.ended

    const senders = new Senders(frames, series)
    const next = random(3)
    for (let kill = 0; kill < KILLS; kill++) {
      const [call, most] = CALLS[kill % CALLS.length]!
      const { client, child, ended } = await spawnServer(store, [call, String(1 + Math.floor(next() * most))])
      await (client && senders.run(client))
      await ended
      expect(child.signalCode, `${call} ${kill}`).toBe('SIGKILL')
    }

    const client = await TestClient.start({ store })
    const chunks = await client.chunks(frames)
    const { channels } = await client.json<{ channels: { chunks: { index: number; points: number }[] }[] }>(
      'GET',
      `/framewire/v1/streams/${series}/chunks`,
    )
    const tags = await client.json<{ name: string }[]>('GET', '/tags/')
    senders.account.check(
      new Map([
        ...chunks.map((chunk) => [`chunk ${chunk.index}`, String(chunk.md5)] as const),
        ...channels.flatMap((each) =>
          each.chunks.map((c) => [`points ${c.index}`, String(c.points)] as const),
        ),
        ...tags.map(({ name }) => [name, 'yes'] as const),
      ]),
    )
    expect(senders.account.answers).toBeGreaterThan(5 * KILLS)
    expect(readdirSync(join(store, '.framewire/incoming'))).toEqual([])
    const sent = Buffer.concat(chunks.map((chunk) => byHash.get(String(chunk.md5))!.pixels))
    const against = {
      frames: sent.length / FRAME,
      pixels: async (start: number, count: number) => sent.subarray(start * FRAME, (start + count) * FRAME),
    }
    expect(await verifyStore(join(store, frames), { against })).toMatchObject({ ok: true, problems: [] })
  }, 600_000)
})
