import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createIngestServer, type IngestServer, readFrames, verifyStore } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { random } from '../interop/images.js'

/** Crash points: a few dozen here, hundreds in the soak. */
const POINTS = process.env.FRAMEWIRE_SOAK ? 220 : 32
const CHUNKS = process.env.FRAMEWIRE_SOAK ? 20 : 5
const [FRAMES, HEIGHT, WIDTH] = [4, 6, 10]
const KEY = 'durable'
const CLIENT = fileURLToPath(new URL('./journal-client.mjs', import.meta.url))

let server: IngestServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'framewire-crash-'))
  server = await createIngestServer({ store: join(folder, 'store'), apiKey: KEY, logLevel: 'silent' })
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a sender that is killed', () => {
  it(`loses no journaled chunk, and sends none twice, at ${POINTS} points of a stream`, {
    timeout: 1_200_000,
  }, async () => {
    const whole = await run({ journal: join(folder, 'whole'), chunks: all() })
    const last = whole.told.at(-1) as { finalized: number; steps: Record<string, number> }
    expect(last.finalized).toBe(CHUNKS)
    const total = Object.values(last.steps).reduce((sum, count) => sum + count, 0)
    // Every kind of step is there to be cut.
    expect(last.steps).toMatchObject({
      mkdir: expect.any(Number),
      open: expect.any(Number),
      rename: expect.any(Number),
      request: expect.any(Number),
      rm: expect.any(Number),
      sync: expect.any(Number),
    })
    expect(total).toBeGreaterThan(POINTS)

    const points = Array.from({ length: POINTS }, (_, at) => 1 + Math.floor((at * total) / POINTS))
    const failures: string[] = []
    const workers = Array.from({ length: 2 }, async () => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        const failure = await survives(point)
        if (failure) failures.push(`crash at step ${point}: ${failure}`)
      }
    })
    await Promise.all(workers)
    expect(failures).toEqual([])
  })
})

/** Kill a sender at this step, and its successors at seeded ones, until one ends; answers what was not as promised. */
async function survives(point: number): Promise<string | undefined> {
  const journal = join(folder, `journal-${point}`)
  const next = random(point)
  const journaled = new Set<number>()
  let dataId: string | undefined
  for (let tries = 0, crashAt = point; ; tries++) {
    if (tries > 12) return 'it never ends'
    // What was told to be journaled is never pushed again: the journal alone must have it.
    const chunks = dataId === undefined ? all() : all().filter((index) => !journaled.has(index))
    const { code, told, stderr } = await run({ journal, chunks, crashAt })
    for (const one of told as { dataId?: string; resumed?: boolean; journaled?: number }[]) {
      if (one.dataId !== undefined) {
        if (dataId !== undefined && one.dataId !== dataId) return `stream ${one.dataId} in place of ${dataId}`
        dataId = one.dataId
      }
      if (one.journaled !== undefined) journaled.add(one.journaled)
    }
    if (code === 0) break
    if (code !== null) return `exit code ${code}: ${stderr}`
    // Killed when all was done: the journal was taken away, and nothing is left to go on with.
    if (dataId !== undefined && left(journal).length === 0) break
    // Some are killed again and again, at last one is left alone.
    crashAt = next() < 0.4 ? 1 + Math.floor(next() * 60) : 0
  }
  const path = join(folder, 'store', dataId!)
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

/** The streams that a journal has; what is being removed counts no more. */
function left(journal: string): string[] {
  return readdirSync(journal).filter((name) => !name.endsWith('.removed'))
}

const all = () => Array.from({ length: CHUNKS }, (_, index) => index)

function pixels(index: number): Uint8Array {
  return new Uint8Array(FRAMES * HEIGHT * WIDTH).map((_, at) => (at * 31 + index * 7) % 251)
}

interface Ended {
  code: number | null
  told: unknown[]
  stderr: string
}

function run(task: { journal: string; chunks: number[]; crashAt?: number }): Promise<Ended> {
  const given = { ...task, endpoint: server.url, apiKey: KEY, frames: FRAMES, height: HEIGHT, width: WIDTH }
  const child = spawn(process.execPath, [CLIENT, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const lines = stdout.split('\n').filter((line) => line.endsWith('}'))
      resolve({ code, told: lines.map((line) => JSON.parse(line) as unknown), stderr })
    })
  })
}
