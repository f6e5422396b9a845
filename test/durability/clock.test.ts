import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receipt } from 'framewire'
import {
  createIngestServer,
  type IngestServer,
  parseReceipt,
  readFrames,
  receiptProblems,
  verifyStore,
} from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operationOf } from '../faults/operation.js'
import { type FaultyProxy, startProxy } from '../faults/proxy.js'
import { Counted, total } from './counted.js'

const HOUR = 3_600_000
/** How long a machine really sleeps here; its clocks say an hour. */
const ASLEEP_MS = 2_000
const CHUNKS = 6
const [FRAMES, HEIGHT, WIDTH, FPS] = [4, 6, 10, 2]
const KEY = 'clock'
/** Requests that fail at first, and how often: not so many that the sender takes it for an outage. */
const FAILING: Readonly<Record<string, number>> = { 'upload URL 1': 1, 'PUT 3': 2 }
const TRIES = [1, 2, 1, 3, 1, 1]
/** Creating and ending, a URL and a put for each chunk, and those that fail. */
const REQUESTS = 2 + 2 * CHUNKS + 3

/** A figure of `npm test`, and the full one of a soak. */
function scaled(test: number, soak: number): number {
  return process.env.FRAMEWIRE_SOAK ? soak : test
}

/** A process that sends: its wall clock against ours, when and how its clocks jump, and when it is killed. */
interface Life {
  wallMs?: number
  clock?: { at: number; wallMs: number; monotonicMs?: number; asleep?: true }
  crashAt?: number
}

/** Between which of our own times a process ran, and what its wall clock said beyond ours. */
interface Span {
  from: number
  to: number
  offsets: number[]
}

let folder: string
let server: IngestServer
/** Steps of a sender that nothing befalls. */
let steps: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-clock-'))
  server = await createIngestServer({ store: join(folder, 'store'), apiKey: KEY, logLevel: 'silent' })
  steps = (await send('whole', [{}])).steps
})
afterAll(async () => {
  for (const { child } of Counted.running) child.kill('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** All steps of a sender, so many of them, evenly. */
function points(count: number): number[] {
  return Array.from({ length: count }, (_, at) => 1 + Math.floor((at * steps) / count))
}

describe.each([
  ['back', -HOUR],
  ['forward', HOUR],
])('a wall clock that is set %s by an hour', { timeout: scaled(180_000, 1_800_000) }, (name, wallMs) => {
  it(`in the middle of a stream changes nothing but the times told: ${scaled(8, 100)} points`, async () => {
    let backwards = 0
    await each(points(scaled(8, 100)), 2, async (at) => {
      const { receipt, requests } = await send(`${name}-${at}`, [{ clock: { at, wallMs } }])
      // Nothing waits for the old time to come back, and nothing is hurried on.
      expect(requests).toBe(REQUESTS)
      expect(receipt!.chunks.map(({ tries }) => tries)).toEqual(TRIES)
      // Every time of a receipt is the wall's of its moment: their order is not that of the moments.
      backwards += receipt!.chunks.filter(
        ({ packagedAtMs, storedAtMs }) => storedAtMs! < packagedAtMs!,
      ).length
    })
    if (wallMs < 0) expect(backwards).toBeGreaterThan(0)
    else expect(backwards).toBe(0)
  })

  it(`between two runs leaves a journal that is resumed: ${scaled(4, 60)} points`, async () => {
    await each(points(scaled(4, 60)), 2, async (crashAt) => {
      const lives: Life[] = [{ crashAt }, { wallMs }, { wallMs }]
      const { requests } = await send(`${name}-between-${crashAt}`, lives)
      expect(requests).toBeLessThanOrEqual(2 * REQUESTS)
    })
  })

  it(`at the server costs no chunk: ${scaled(3, 40)} points`, async () => {
    const whole = await serve(`${name}-server-whole`, 0, 0)
    const every = Array.from({ length: scaled(3, 40) }, (_, at) =>
      Math.ceil(((at + 0.5) * whole) / scaled(3, 40)),
    )
    await each(every, 2, (at) => serve(`${name}-server-${at}`, at, wallMs))
  })
})

describe.each([
  ['stands still meanwhile', 0],
  ['says so, and timers fire late', HOUR],
])(
  'a machine that sleeps for an hour; its monotonic clock %s',
  { timeout: scaled(180_000, 1_800_000) },
  (_, monotonicMs) => {
    it(`goes on where it was, with its connections cut: ${scaled(3, 40)} points`, async () => {
      await each(points(scaled(3, 40)), 4, async (at) => {
        const clock = { at, wallMs: HOUR, monotonicMs, asleep: true } as const
        const { requests, runs } = await send(`asleep-${monotonicMs}-${at}`, [{ clock }, { wallMs: HOUR }])
        // What was on its way is sent again.
        expect(requests).toBeLessThanOrEqual(REQUESTS + 2 * CHUNKS)
        // Where the time-out of finalize passed in its sleep, the stream was left in the journal, and resumed.
        expect(runs).toBeLessThanOrEqual(monotonicMs > 0 ? 2 : 1)
      })
    })
  },
)

/**
 * Let one sender after the other have a life, until the stream is told to be whole, while some requests fail. All that
 * was taken must be stored.
 */
async function send(
  name: string,
  lives: Life[],
): Promise<{ receipt?: Receipt; requests: number; runs: number; steps: number }> {
  const failing = { ...FAILING }
  let requests = 0
  const proxy = await startProxy({
    upstream: Number(new URL(server.url).port),
    spoil(request) {
      requests++
      const { operation, occurrence } = operationOf(request) ?? {}
      const name = `${operation} ${occurrence}`
      const left = failing[name] ?? 0
      failing[name] = left - 1
      return left > 0 ? { do: 'answer', status: 503 } : undefined
    },
  })
  try {
    const journal = join(folder, `journal-${name}`)
    const task = { journal, endpoint: proxy.url, apiKey: KEY, frames: FRAMES, height: HEIGHT, width: WIDTH }
    const journaled = new Set<number>()
    const spans: Span[] = []
    let dataId: string | undefined
    for (const life of lives) {
      const chunks = all().filter((index) => !journaled.has(index))
      const { span, ended } = await live({ ...task, ...life, chunks }, life, proxy)
      spans.push(span)
      for (const told of ended.told) {
        dataId ??= told.dataId
        if (told.journaled !== undefined) journaled.add(told.journaled)
      }
      const { receipt, steps } = ended.told.at(-1) ?? {}
      if (ended.code === 0) {
        await expectWhole(dataId!, receipt as Receipt, spans)
        expect(readdirSync(journal)).toEqual([])
        return { receipt: receipt as Receipt, requests, runs: spans.length, steps: total(steps!) }
      }
      // Killed when all was done.
      if (dataId !== undefined && readdirSync(journal).every((entry) => entry.endsWith('.removed'))) {
        await expectWhole(dataId, undefined, spans)
        return { requests, runs: spans.length, steps: 0 }
      }
      if (ended.code !== null) expect(ended.stderr).toContain("code: 'upload/undrained'")
    }
    throw new Error(`${name}: no sender has ended the stream`)
  } finally {
    await proxy.close()
  }
}

/** One process that sends, from its start to its end; while it sleeps its connections are cut. */
async function live(task: object, { wallMs = 0, clock }: Life, proxy: FaultyProxy) {
  const from = Date.now()
  const sender = new Counted('journal-client.mjs', task)
  if (clock?.asleep && (await sender.said('asleep'))) {
    await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS))
    proxy.cut()
    sender.child.kill('SIGCONT')
  }
  const ended = await sender.ended
  const span: Span = { from, to: Date.now(), offsets: [wallMs, wallMs + (clock?.wallMs ?? 0)] }
  return { span, ended }
}

/** Send to a server whose wall clock is set at one of its steps; answers how many it took. */
async function serve(name: string, at: number, wallMs: number): Promise<number> {
  const store = join(folder, `store-${name}`)
  const service = new Counted('ingest-server.mjs', { store, apiKey: KEY, port: 0, clock: { at, wallMs } })
  const endpoint = await service.said('url')
  const journal = join(folder, `journal-${name}`)
  const size = { frames: FRAMES, height: HEIGHT, width: WIDTH }
  const { ended } = new Counted('journal-client.mjs', {
    ...{ journal, endpoint, apiKey: KEY, chunks: all() },
    ...size,
  })
  const { code, told, stderr } = await ended
  expect(code, stderr).toBe(0)
  const { receipt, steps } = told.at(-1)!
  // Upload URLs are good for a quarter of an hour of the server's clock: those that have expired are asked for anew.
  expect(steps!.request).toBeLessThanOrEqual(2 + 4 * CHUNKS)
  service.child.kill('SIGTERM')
  const [, last] = (await service.ended).told
  await expectStored(join(store, (receipt as Receipt).dataId), receipt as Receipt)
  return total(last!.steps!)
}

/** Everything is stored, as the receipt says, and every time on it is one that a clock has shown. */
async function expectWhole(dataId: string, receipt: Receipt | undefined, spans: Span[]): Promise<void> {
  await expectStored(join(folder, 'store', dataId), receipt)
  const shown = (time: number) =>
    spans.some(({ from, to, offsets }) =>
      offsets.some((offset) => time >= from + offset && time <= to + offset),
    )
  for (const chunk of receipt?.chunks ?? []) {
    const { captureStartMs, captureEndMs, packagedAtMs, journaledAtMs, storedAtMs } = chunk
    // The time of a push is that of the last frame.
    for (const time of [captureEndMs, packagedAtMs, journaledAtMs, storedAtMs]) expect(time).toSatisfy(shown)
    expect(captureEndMs - captureStartMs).toBe((FRAMES * 1000) / FPS)
  }
}

async function expectStored(path: string, receipt?: Receipt): Promise<void> {
  const report = await verifyStore(path)
  expect(report.problems).toEqual([])
  expect(report.chunks).toHaveLength(CHUNKS)
  const frames = Buffer.concat(all().map(pixels))
  expect(Buffer.compare(await readFrames(path, 0, CHUNKS * FRAMES), frames)).toBe(0)
  if (!receipt) return
  expect(receipt.losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 0, upload: 0 })
  const proved = parseReceipt(JSON.stringify(receipt), receipt.dataId)
  expect(receiptProblems(report, proved)).toEqual([])
  expect(proved.chunks.map(({ state }) => state)).toEqual(Array(CHUNKS).fill('stored'))
}

const all = () => Array.from({ length: CHUNKS }, (_, index) => index)

/** The frames of a chunk, as the sender makes them. */
function pixels(index: number): Uint8Array {
  return new Uint8Array(FRAMES * HEIGHT * WIDTH).map((_, at) => (at * 31 + index * 7) % 251)
}

/** Do some work for each item, so many at a time. */
async function each<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((cause: Error) => {
        throw new Error(`${item}: ${cause.message}`, { cause })
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
