import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIngestServer, type IngestServer, readFrames, verifyStore } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Counted, type Ended, total } from './counted.js'
import { failuresAt, killedUntilDone, left } from './killed-sender.js'

/** Crash points: a few dozen here, hundreds in the soak. */
const POINTS = process.env.FRAMEWIRE_SOAK ? 220 : 32
const CHUNKS = process.env.FRAMEWIRE_SOAK ? 20 : 5
const [FRAMES, HEIGHT, WIDTH] = [4, 6, 10]
const KEY = 'durable'

let server: IngestServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-crash-'))
  server = await createIngestServer({ store: join(folder, 'store'), apiKey: KEY, logLevel: 'silent' })
})

afterAll(async () => {
  for (const { child } of Counted.running) child.kill('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a sender that is killed', () => {
  it(`loses no journaled chunk, and sends none twice, at ${POINTS} points of a stream`, {
    timeout: 1_200_000,
  }, async () => {
    const whole = await run({ journal: join(folder, 'whole'), pending: all(), crashAt: 0 })
    const { receipt, steps = {} } = whole.told.at(-1) ?? {}
    expect(receipt).toMatchObject({ totals: { stored: CHUNKS } })
    // Every kind of step is there to be cut.
    expect(steps).toMatchObject({
      mkdir: expect.any(Number),
      open: expect.any(Number),
      rename: expect.any(Number),
      request: expect.any(Number),
      rm: expect.any(Number),
      sync: expect.any(Number),
    })
    expect(total(steps)).toBeGreaterThan(POINTS)

    const failures = await failuresAt(steps, POINTS, survives)
    expect(failures).toEqual([])
  })
})

/** Kill a sender at this step and later ones until it is done; answers what was not as promised. */
async function survives(point: number): Promise<string | undefined> {
  const journal = join(folder, `journal-${point}`)
  const done = await killedUntilDone(point, journal, all(), run)
  if ('failure' in done) return done.failure
  const { dataId } = done
  const path = join(folder, 'store', dataId)
  const { chunks, problems } = await verifyStore(path)
  if (problems.length > 0) return JSON.stringify(problems)
  if (chunks.length !== CHUNKS) return `${chunks.length} chunks are stored`
  const inventory = await fetch(`${server.url}/framewire/v1/streams/${dataId}/chunks`, {
    headers: { 'x-api-key': KEY },
  })
  const { chunks: records } = (await inventory.json()) as { chunks: { index: number; replaced: number }[] }
  const replaced = records.filter((record) => record.replaced > 0)
  if (replaced.length > 0) return `stored twice with other bytes: ${JSON.stringify(replaced)}`
  const stored = await readFrames(path, 0, CHUNKS * FRAMES)
  const sent = Buffer.concat(all().map(pixels))
  if (Buffer.compare(stored, sent) !== 0) return 'the frames differ'
  return left(journal).length > 0 ? `the journal has ${left(journal)}` : undefined
}

const all = () => Array.from({ length: CHUNKS }, (_, index) => index)

function pixels(index: number): Uint8Array {
  return new Uint8Array(FRAMES * HEIGHT * WIDTH).map((_, at) => (at * 31 + index * 7) % 251)
}

function run({ pending, ...task }: { journal: string; pending: number[]; crashAt: number }): Promise<Ended> {
  const given = { ...task, chunks: pending, endpoint: server.url, apiKey: KEY }
  return new Counted('./journal-client.mjs', { ...given, frames: FRAMES, height: HEIGHT, width: WIDTH }).ended
}
