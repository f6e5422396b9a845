import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ChunkRecord,
  createIngestServer,
  parseReceipt,
  readFrames,
  receiptProblems,
  type StreamRecord,
  verifyStore,
} from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { random } from '../interop/images.js'
import { Counted, total } from './counted.js'

/** One seed alone, where it is given; else a dozen here, a hundred in the soak. */
const ALONE = process.env.FRAMEWIRE_SEED
const SEEDS = process.env.FRAMEWIRE_SOAK ? 100 : 12
const seeds = ALONE === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed + 1) : [Number(ALONE)]
const CHUNKS = process.env.FRAMEWIRE_SOAK ? 12 : 6
const [FRAMES, HEIGHT, WIDTH] = [4, 6, 10]
const KEY = 'durable'
/** So often each of the two is killed, at most. */
const MOST_KILLS = 3

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-both-'))
})
afterAll(() => {
  for (const { child } of Counted.running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** What happened in all seeds together. */
const sum = { senders: 0, servers: 0, together: 0, receipts: 0 }

describe('a sender and its server, each killed at steps of its own', () => {
  it(`lose no journaled chunk and store none twice: ${seeds.length} seeds`, {
    timeout: 1_800_000,
  }, async () => {
    const steps = await stepsOfWhole()
    const failures: string[] = []
    const queue = [...seeds]
    const workers = Array.from({ length: 2 }, async () => {
      for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
        const failure = await new Trial(seed, steps).run()
        if (failure) failures.push(`FRAMEWIRE_SEED=${seed} shows it: ${failure}`)
      }
    })
    await Promise.all(workers)
    expect(failures).toEqual([])
    console.info(
      `${seeds.length} streams of ${CHUNKS} chunks: the sender was killed ${sum.senders} times, the server ${sum.servers} times, ` +
        `${sum.together} times while the other was down; 0 chunks lost, 0 stored twice, ${sum.receipts} receipts proved`,
    )
    if (ALONE !== undefined) return
    expect(sum.senders).toBeGreaterThanOrEqual(SEEDS)
    expect(sum.servers).toBeGreaterThanOrEqual(SEEDS)
    expect(sum.together).toBeGreaterThan(0)
    expect(sum.receipts).toBeGreaterThan(SEEDS / 2)
  })
})

/** The steps of both for a stream that nothing befalls. */
async function stepsOfWhole(): Promise<{ sender: number; server: number }> {
  const server = new Counted('ingest-server.mjs', { store: join(folder, 'whole'), apiKey: KEY, port: 0 })
  const endpoint = await server.said('url')
  const sender = new Counted(
    'journal-client.mjs',
    taskOf({ journal: join(folder, 'whole-journal'), endpoint }),
  )
  const { code, told, stderr } = await sender.ended
  expect(code, stderr).toBe(0)
  server.child.kill('SIGTERM')
  const [, last] = (await server.ended).told
  return { sender: total(told.at(-1)!.steps!), server: total(last!.steps!) }
}

/** One stream whose sender and server are killed and started again, until the stream is told to be whole. */
class Trial {
  readonly #seed: number
  readonly #steps: { sender: number; server: number }
  readonly #journal: string
  readonly #store: string
  readonly #journaled = new Set<number>()
  /** Who is dead now. */
  readonly #down = new Set<'senders' | 'servers'>()
  #dataId: string | undefined
  #receipt: object | undefined
  #server: Counted | undefined
  #over = false

  constructor(seed: number, steps: { sender: number; server: number }) {
    this.#seed = seed
    this.#steps = steps
    this.#journal = join(folder, `journal-${seed}`)
    this.#store = join(folder, `store-${seed}`)
  }

  /** Answers what was not as promised. */
  async run(): Promise<string | undefined> {
    const port = await freePort()
    const serving = this.#serve(port)
    const sent = await this.#send(`http://127.0.0.1:${port}`)
    this.#over = true
    this.#server!.child.kill('SIGKILL')
    return (await serving) ?? sent ?? (await this.#judge())
  }

  async #serve(port: number): Promise<string | undefined> {
    const crashes = new Crashes(2 * this.#seed, this.#steps.server)
    while (!this.#over) {
      const task = { store: this.#store, apiKey: KEY, port, crashAt: crashes.next() }
      this.#server = new Counted('ingest-server.mjs', task)
      this.#server.said('url').then(() => this.#down.delete('servers'))
      const { code, stderr } = await this.#server.ended
      if (this.#over) return
      if (code !== null) return `the server's exit code is ${code}: ${stderr}`
      this.#killed('servers')
    }
  }

  async #send(endpoint: string): Promise<string | undefined> {
    const crashes = new Crashes(2 * this.#seed + 1, this.#steps.sender)
    for (;;) {
      // What was told to be journaled is never pushed again: the journal alone must have it.
      const chunks = all().filter((index) => !this.#journaled.has(index))
      const task = taskOf({ journal: this.#journal, endpoint, chunks, crashAt: crashes.next() })
      const sender = new Counted('journal-client.mjs', task)
      sender.said('dataId').then(() => this.#down.delete('senders'))
      const { code, told, stderr } = await sender.ended
      for (const { dataId, journaled, receipt } of told) {
        const known = this.#dataId ?? dataId
        if (dataId !== undefined && dataId !== known) return `stream ${dataId} in place of ${known}`
        this.#dataId = known
        if (journaled !== undefined) this.#journaled.add(journaled)
        this.#receipt ??= receipt
      }
      if (code === 0) return
      // The answer that a stream was created can be lost; that is told, and nothing was taken.
      const unbegun =
        code === 1 && this.#dataId === undefined && stderr.includes("code: 'upload/unreachable'")
      if (code !== null && !unbegun) return `the sender's exit code is ${code}: ${stderr}`
      if (code === null) this.#killed('senders')
      // Killed when all was done: the journal was taken away, and nothing is left to go on with.
      if (this.#dataId !== undefined && this.#left().length === 0) return
    }
  }

  #killed(who: 'senders' | 'servers'): void {
    sum[who]++
    if (this.#down.size > 0) sum.together++
    this.#down.add(who)
  }

  /** The streams that the journal has; what is being removed counts no more. */
  #left(): string[] {
    return readdirSync(this.#journal).filter((name) => !name.endsWith('.removed'))
  }

  async #judge(): Promise<string | undefined> {
    // Of what the last server left when it was killed, the next one makes a store.
    const server = await createIngestServer({ store: this.#store, apiKey: KEY, logLevel: 'silent' })
    const ask = async <T>(path: string): Promise<T> => {
      const answer = await fetch(`${server.url}/framewire/v1/streams${path}`, {
        headers: { 'x-api-key': KEY },
      })
      return (await answer.json()) as T
    }
    try {
      const dataId = this.#dataId!
      for (const { id, endedAt } of await ask<StreamRecord[]>('')) {
        const { chunks } = await ask<{ chunks: ChunkRecord[] }>(`/${id}/chunks`)
        if (id !== dataId && chunks.length > 0) return `${chunks.length} chunks are in another stream`
        if (id === dataId && endedAt === undefined) return 'the end of the stream is lost'
        if (id === dataId && chunks.length !== CHUNKS) return `${chunks.length} chunks are stored`
        const replaced = chunks.filter((record) => record.replaced > 0)
        if (replaced.length > 0) return `stored twice with other bytes: ${JSON.stringify(replaced)}`
      }
      const path = join(this.#store, dataId)
      const report = await verifyStore(path)
      if (report.problems.length > 0) return JSON.stringify(report.problems)
      const stored = await readFrames(path, 0, CHUNKS * FRAMES)
      if (Buffer.compare(stored, Buffer.concat(all().map(pixels))) !== 0) return 'the frames differ'
      if (this.#left().length > 0) return `the journal has ${this.#left()}`
      if (!this.#receipt) return
      const receipt = parseReceipt(JSON.stringify(this.#receipt), dataId)
      if (receipt.chunks.some(({ state }) => state !== 'stored'))
        return 'the receipt knows of chunks not stored'
      const wrong = receiptProblems(report, receipt)
      if (wrong.length > 0) return `the receipt: ${JSON.stringify(wrong)}`
      sum.receipts++
    } finally {
      await server.close()
    }
  }
}

/** At which step each life of a process ends; the last ones are left alone (0). */
class Crashes {
  readonly #random: () => number
  #most: number
  #kills = 0

  constructor(seed: number, steps: number) {
    this.#random = random(seed)
    this.#most = steps
  }

  next(): number {
    if (this.#kills++ === MOST_KILLS) this.#most = 0
    const step = this.#most && 1 + Math.floor(this.#random() * this.#most)
    // A later life has less to do.
    this.#most = Math.ceil(0.7 * this.#most)
    return step
  }
}

const all = () => Array.from({ length: CHUNKS }, (_, index) => index)

function taskOf(task: { journal: string; endpoint?: string; chunks?: number[]; crashAt?: number }): object {
  return { chunks: all(), ...task, apiKey: KEY, frames: FRAMES, height: HEIGHT, width: WIDTH }
}

/** The frames of a chunk, as the sender makes them. */
function pixels(index: number): Uint8Array {
  return new Uint8Array(FRAMES * HEIGHT * WIDTH).map((_, at) => (at * 31 + index * 7) % 251)
}

/** A port for a server that comes and goes: below those that clients get, so that nobody has it in between. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => probe.close(resolve))
    return port
  }
}
