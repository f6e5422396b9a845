import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngestServer, type IngestServer, verifyStore } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWithZarrita } from '../interop/zarrita.js'
import { Counted, type Ended, total } from './counted.js'
import { failuresAt, killedUntilDone, left } from './killed-sender.js'

/** Crash points: a few here, many in the soak. */
const POINTS = process.env.FRAMEWIRE_SOAK ? 150 : 12
const INDEXES = process.env.FRAMEWIRE_SOAK ? 20 : 5
const KEY = 'durable'

interface Chunk {
  id: number
  chunkIndex: number
  channels: Record<string, { timestamps: number[]; values: number[] }>
}

/** A channel by itself and two that come together, chunk by chunk. */
const CHUNKS: Chunk[] = Array.from({ length: INDEXES }, (_, chunkIndex) =>
  [['T'], ['p', 'q']].map((names) => ({ chunkIndex, names })),
)
  .flat()
  .map(({ chunkIndex, names }, id) => ({
    id,
    chunkIndex,
    channels: Object.fromEntries(names.map((name) => [name, pointsOf(chunkIndex, name)])),
  }))

let server: IngestServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-series-crash-'))
  server = await createIngestServer({ store: join(folder, 'store'), apiKey: KEY, logLevel: 'silent' })
})

afterAll(async () => {
  for (const { child } of Counted.running) child.kill('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a sender of scalar channels that is killed', () => {
  it(`loses no journaled points, and has none stored twice, at ${POINTS} points of a stream`, {
    timeout: 1_200_000,
  }, async () => {
    const whole = await run({ journal: join(folder, 'whole'), chunks: CHUNKS })
    const { receipt, steps = {} } = whole.told.at(-1) ?? {}
    expect(receipt).toMatchObject({ totals: { stored: CHUNKS.length } })
    // Every kind of step is there to be cut.
    const some = expect.any(Number)
    expect(steps).toMatchObject({
      mkdir: some,
      open: some,
      rename: some,
      request: some,
      rm: some,
      sync: some,
    })
    expect(total(steps)).toBeGreaterThan(POINTS)

    const failures = await failuresAt(steps, POINTS, survives)
    expect(failures).toEqual([])
  })
})

/** Kill a sender at this step and later ones until it is done; answers what was not as promised. */
async function survives(point: number): Promise<string | undefined> {
  const journal = join(folder, `journal-${point}`)
  const ids = CHUNKS.map(({ id }) => id)
  const done = await killedUntilDone(point, journal, ids, ({ pending, ...task }) =>
    run({ ...task, chunks: CHUNKS.filter(({ id }) => pending.includes(id)) }),
  )
  if ('failure' in done) return done.failure
  const wrong = await differences(join(folder, 'store', done.dataId))
  return wrong ?? (left(journal).length > 0 ? `the journal has ${left(journal)}` : undefined)
}

/** What a stored stream has that was not pushed, or lacks. */
async function differences(path: string): Promise<string | undefined> {
  const { problems } = await verifyStore(path)
  if (problems.length > 0) return JSON.stringify(problems)
  // The server keeps each chunk that it did not know in its log.
  const logged = readFileSync(join(path, 'series.jsonl'), 'utf8').split('\n').length - 1
  if (logged !== CHUNKS.length) return `${logged} chunks were stored in place of ${CHUNKS.length}`
  for (const name of ['T', 'p', 'q']) {
    for (const array of ['timestamps', 'values'] as const) {
      const { data } = await readWithZarrita(join(path, 'series.zarr'), `${name}/${array}`)
      const pushed = CHUNKS.flatMap(({ channels }) => channels[name]?.[array] ?? [])
      if (JSON.stringify(Array.from(data)) !== JSON.stringify(pushed)) return `${array} of ${name}: ${data}`
    }
  }
  return undefined
}

function pointsOf(index: number, name: string): { timestamps: number[]; values: number[] } {
  const timestamps = Array.from({ length: 3 }, (_, at) => 1_700_000_000 + 3 * index + at)
  return { timestamps, values: timestamps.map((seconds) => Math.sin(seconds) + name.charCodeAt(0)) }
}

function run(task: { journal: string; chunks: Chunk[]; crashAt?: number }): Promise<Ended> {
  return new Counted('./series-client.mjs', { ...task, endpoint: server.url, apiKey: KEY }).ended
}
