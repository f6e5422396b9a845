import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { journalFolder } from 'framewire'
import { readFrames, verifyStore } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { random } from '../interop/images.js'
import { ask, folder, npy, startServer, streamsOf } from './command.js'

/** Crash points: a dozen here, many in the soak. */
const POINTS = process.env.FRAMEWIRE_SOAK ? 120 : 12
const COMMAND = fileURLToPath(new URL('./counted-command.mjs', import.meta.url))
const [FRAMES, CHUNK, FPS] = [process.env.FRAMEWIRE_SOAK ? 62 : 22, 4, 2]
const pixels = Uint8Array.from({ length: FRAMES * 6 * 10 }, (_, at) => (at * 31) % 251)

let server: Awaited<ReturnType<typeof startServer>>
let root: string
let file: string
const undo: (() => void | Promise<void>)[] = []

beforeAll(async () => {
  server = await startServer((step) => undo.push(step))
  root = folder((step) => undo.push(step))
  file = join(root, 'recording.npy')
  writeFileSync(file, npy('|u1', [FRAMES, 6, 10], pixels))
})

afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

interface Counted {
  /** `null` where it was killed. */
  code: number | null
  steps: number
  stderr: string
}

async function counted(args: string[], crashAt = 0): Promise<Counted> {
  const child = spawn(process.execPath, [COMMAND, JSON.stringify({ args, crashAt })], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, ATOMSCALE_SKIP_CLOCK_SYNC: '1', ...server.env },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = await once(child, 'close')
  return { code, steps: Number(/\{"steps":(\d+)\}/.exec(stderr)?.[1]), stderr }
}

const streaming = (name: string, journal: string) =>
  ['stream', file, '--fps', String(FPS), '--chunk-size', String(CHUNK), '--pace', 'none'].concat([
    ...['--name', name, '--journal', journal, '--max-workers', '1', '--quiet'],
  ])

describe('a command that is killed while it streams a file', () => {
  it(`has the whole file stored when it is resumed, killed at ${POINTS} points`, {
    timeout: 1_200_000,
  }, async () => {
    const whole = await counted([...streaming('whole', join(root, 'whole')), '--keep'])
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.steps).toBeGreaterThan(POINTS)
    const points = Array.from({ length: POINTS }, (_, at) => 1 + Math.floor((at * whole.steps) / POINTS))
    const failures: string[] = []
    let wentOn = 0
    const workers = Array.from({ length: 2 }, async () => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        const { failure, isBegun } = await survives(point)
        if (failure) failures.push(`crash at step ${point}: ${failure}`)
        if (isBegun) wentOn++
      }
    })
    await Promise.all(workers)
    expect(failures).toEqual([])
    // The rest came before there was a journal, or after the end: a stream that is kept has more steps there.
    expect(wentOn).toBeGreaterThan(POINTS / 4)
  })
})

/** Kill the command at this step, and its successors at seeded ones, until one ends. Every other stream is kept. */
async function survives(point: number): Promise<{ failure?: string; isBegun: boolean }> {
  const name = `point ${point}`
  const journal = join(root, `journal-${point}`)
  const next = random(point)
  const keep = point % 2 === 0
  await counted([...streaming(name, journal), ...(keep ? ['--keep'] : [])], point)
  const isBegun = (await journalFolder(journal, { warn() {} }).list()).some(({ state }) => state)
  for (let tries = 0; ; tries++) {
    if (tries > 12) return { failure: 'it never ends', isBegun }
    // Some are killed again and again, at last one is left alone.
    const crashAt = next() < 0.4 ? 1 + Math.floor(next() * 80) : 0
    const { code, stderr } = await counted(['resume', journal, '--quiet'], crashAt)
    if (code === 0) break
    if (code !== null) return { failure: `exit code ${code}: ${stderr}`, isBegun }
  }
  const left = await journalFolder(journal, { warn() {} }).list()
  const kept = left.filter(({ error }) => error?.code === 'journal/kept')
  if (left.length > kept.length) return { failure: `the journal has ${JSON.stringify(left)}`, isBegun }
  const record = (await streamsOf(server.url)).find((stream) => stream.name === name)
  // Nothing was ever accepted where no journal was begun; nothing is left where the stream was ended.
  if (!isBegun && !record?.endedAt) return { isBegun }
  if (!record?.endedAt) return { failure: 'it is not ended', isBegun }
  if (kept.length !== (keep ? 1 : 0)) return { failure: `${kept.length} are kept`, isBegun }
  const stores = [join(server.store, record.id), ...kept.map(({ path }) => path)]
  const differences = await Promise.all(stores.map(difference))
  return { failure: differences.find(Boolean) ?? (await untimely(record.id)), isBegun }
}

/** What of a stream in a store is not as the file. */
async function difference(path: string): Promise<string | undefined> {
  const { problems } = await verifyStore(path)
  if (problems.length > 0) return `${path}: ${JSON.stringify(problems)}`
  const isSame = Buffer.compare(await readFrames(path, 0, FRAMES), pixels) === 0
  return isSame ? undefined : `${path}: the frames differ`
}

/** What of the chunks that the server was sent is not as it would have been from one command. */
async function untimely(dataId: string): Promise<string | undefined> {
  const { chunks } = await ask<{ chunks: { startUnixMs: number; replaced: number }[] }>(
    `${server.url}/framewire/v1/streams/${dataId}/chunks`,
  )
  if (chunks.some(({ replaced }) => replaced > 0)) return 'a chunk was stored twice, with other bytes'
  const [first] = chunks
  const isOff = (at: number) => chunks[at]!.startUnixMs !== first!.startUnixMs + (at * CHUNK * 1000) / FPS
  return [...chunks.keys()].some(isOff) ? `other capture times: ${JSON.stringify(chunks)}` : undefined
}
