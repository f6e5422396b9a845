import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type HttpTransport,
  journalFolder,
  RHEEDStreamer,
  TimeseriesStreamer,
  type TimeseriesStreamerOptions,
} from 'framewire'
import { createIngestServer, type IngestServer, verifyStore } from 'framewire/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeWithMount, fill, smallDisk } from '../disk/small-disk.js'
import { readWithZarrita } from '../interop/zarrita.js'

let root: string
let server: IngestServer
let path: string
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'framewire-series-resume-'))
  server = await createIngestServer({ store: join(root, 'store'), apiKey: 'k', logLevel: 'silent' })
})
beforeEach(() => {
  path = mkdtempSync(join(root, 'journal-'))
})
afterEach(async () => {
  for (const streamer of open.splice(0)) await streamer.close()
})
afterAll(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

function streaming(options: Partial<TimeseriesStreamerOptions> = {}): TimeseriesStreamer {
  const streamer = new TimeseriesStreamer({
    apiKey: 'k',
    endpoint: server.url,
    verbosity: 0,
    clockSync: false,
    journal: journalFolder(path),
    ...options,
  })
  open.push(streamer)
  return streamer
}

/** The network, but for chunks that `answer` answers itself, with their answer where it was sent. */
function through(
  answer: (body: string) => number | undefined,
  { sent = false }: { sent?: boolean } = {},
): HttpTransport {
  return async ({ method, url, headers, body }) => {
    const status = url.includes('/stream/chunk') ? answer(body as string) : undefined
    if (status !== undefined && !sent) return { status, headers: {}, text: '' }
    const response = await fetch(url, { method, headers, body: body as string })
    const text = await response.text()
    return { status: status ?? response.status, headers: Object.fromEntries(response.headers), text }
  }
}

const nothingStored = through(() => 503)
const CHANNELS = ['T', 'p'] as const
const pointsOf = (channel: string, index: number) => ({
  timestamps: [index, index + 0.25, index + 0.5].map((seconds) => 1_700_000_000 + seconds),
  values: [index, Math.sin(index), index === 1 ? Number.NaN : channel.charCodeAt(0)],
  units: channel === 'T' ? 'C' : undefined,
})
const push = (streamer: TimeseriesStreamer, dataId: string, chunkIndex: number, channelName: string) =>
  streamer.push(dataId, { chunkIndex, channelName, ...pointsOf(channelName, chunkIndex) })

/** A stream of three chunks of each channel that a streamer left in the journal, none of them known to be stored. */
async function left(transport: HttpTransport = nothingStored): Promise<string> {
  const streamer = streaming({ transport })
  const dataId = await streamer.initialize({ streamName: 'furnace', origin: { file: 'furnace.csv' } })
  for (const index of [0, 1, 2]) {
    await Promise.all(CHANNELS.map((channel) => push(streamer, dataId, index, channel).journaled))
  }
  await streamer.close()
  expect(readdirSync(path)).toEqual([dataId])
  return dataId
}

/** All chunks of all channels are stored, each once. */
async function expectWhole(dataId: string, chunks = 3): Promise<void> {
  const folder = join(root, 'store', dataId)
  expect((await verifyStore(folder)).problems).toEqual([])
  const logged = readFileSync(join(folder, 'series.jsonl'), 'utf8').split('\n').length - 1
  expect(logged).toBe(CHANNELS.length * chunks)
  for (const channel of CHANNELS) {
    for (const array of ['timestamps', 'values'] as const) {
      const { data } = await readWithZarrita(join(folder, 'series.zarr'), `${channel}/${array}`)
      const pushed = Array.from({ length: chunks }, (_, index) => pointsOf(channel, index)[array]).flat()
      expect(Array.from(data)).toEqual(pushed)
    }
  }
}

describe('a scalar stream that was left in its journal', () => {
  it('is resumed, and stored as it was pushed', async () => {
    const dataId = await left()
    const streamer = streaming()
    expect(await streamer.resume(dataId)).toMatchObject({
      dataId,
      chunks: 6,
      pending: 6,
      finalizeAsked: false,
      origin: { file: 'furnace.csv' },
    })
    for (const channel of CHANNELS) {
      // The same points again, NaN among them, change nothing; a new index is a new chunk.
      await push(streamer, dataId, 1, channel).stored
      await push(streamer, dataId, 3, channel).stored
    }
    expect((await streamer.finalize(dataId)).totals).toEqual({
      chunks: 8,
      stored: 8,
      points: 24,
      pointsStored: 24,
    })
    await expectWhole(dataId, 4)
    expect(readdirSync(path)).toEqual([])
  })

  it('is sent once more where the answers were lost, which the server takes for a repetition', async () => {
    let lost = 0
    const lossy = through(
      () => {
        lost++
        return 503
      },
      { sent: true },
    )
    const dataId = await left(lossy)
    const second = streaming({ transport: lossy })
    await second.resume(dataId)
    await expect.poll(() => lost, { timeout: 30_000 }).toBeGreaterThan(3)
    await second.close()
    const third = streaming()
    expect(await third.resume(dataId)).toMatchObject({ pending: 6 })
    await third.finalize(dataId)
    await expectWhole(dataId)
  })

  it('waits there for a key that is accepted', async () => {
    const dataId = await left()
    const refused = streaming({ apiKey: 'wrong' })
    await refused.resume(dataId)
    const error = await refused.finalize(dataId, { drainTimeoutMs: 200 }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'upload/undrained', details: { pending: [0, 1, 2] } })
    expect(readdirSync(path)).toEqual([dataId])
    const streamer = streaming()
    expect(await streamer.resume(dataId)).toMatchObject({ pending: 6, finalizeAsked: true })
    await streamer.finalize(dataId)
    await expectWhole(dataId)
  })

  it('keeps chunks that the service refused, and has them tried again when the stream is ended', async () => {
    const refusing = through((body) => (body.includes('"chunk_index":1,') ? 413 : undefined))
    const dataId = await left()
    const second = streaming({ transport: refusing })
    await second.resume(dataId)
    await expect(second.finalize(dataId)).rejects.toMatchObject({
      code: 'upload/incomplete',
      details: { missing: [1], receipt: { finalized: true, losses: { upload: 6 } } },
    })
    const third = streaming()
    expect(await third.resume(dataId)).toMatchObject({ chunks: 6, pending: 2, finalizeAsked: true })
    expect((await third.finalize(dataId)).losses.upload).toBe(0)
    await expectWhole(dataId)
    expect(readdirSync(path)).toEqual([])
  })

  it('lies beside streams of frames, and is not taken for one', async () => {
    const dataId = await left()
    const frames = new RHEEDStreamer({
      apiKey: 'k',
      endpoint: server.url,
      verbosity: 0,
      clockSync: false,
      maxWorkers: 1,
      journal: journalFolder(path),
    })
    open.push(frames)
    await expect(frames.resume(dataId)).rejects.toMatchObject({ code: 'stream/option' })
    const other = await frames.initialize({ fps: 2, rotationsPerMin: 0, chunkSize: 4 })
    const streamer = streaming()
    await expect(streamer.resume(other)).rejects.toMatchObject({ code: 'journal/locked' })
    await frames.close()
    await expect(streamer.resume(other)).rejects.toMatchObject({ code: 'stream/option' })
    await streamer.resume(dataId)
    await streamer.finalize(dataId)
    await expectWhole(dataId)
  })
})

/** Push chunks of one channel, and tell which the journal kept. */
async function states(streamer: TimeseriesStreamer, dataId: string, count: number): Promise<string[]> {
  const told: string[] = []
  for (let index = 0; index < count; index++) {
    const { journaled } = push(streamer, dataId, index, 'T')
    told.push(
      await journaled.then(
        () => 'kept',
        (error: { code: string }) => error.code,
      ),
    )
  }
  return told
}

describe('a journal of points that is full', () => {
  it('by its budget, refuses the newest chunks, which are on the receipt, and no other', async () => {
    const journal = journalFolder(path, { budgetBytes: 2_000 })
    const streamer = streaming({ transport: nothingStored, journal })
    const dataId = await streamer.initialize()
    const told = await states(streamer, dataId, 20)
    const kept = told.indexOf('journal/budget')
    expect(kept).toBeGreaterThan(0)
    expect(told).toEqual(told.map((_, index) => (index < kept ? 'kept' : 'journal/budget')))
    const error = await streamer.finalize(dataId, { drainTimeoutMs: 50 }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'upload/undrained' })
    expect(error.details.receipt.losses).toMatchObject({ app: 3 * (20 - kept), upload: 0 })
    expect(error.details.receipt.chunks.map(({ state }: { state: string }) => state)).toEqual(
      told.map((state) => (state === 'kept' ? 'journaled' : 'failed')),
    )
  })

  describeWithMount('because the disk is', () => {
    it('refuses the newest chunks, and takes them when there is room; what it kept is stored', async () => {
      const disk = smallDisk(256 * 1024)
      const journal = journalFolder(join(disk, 'journal'))
      const streamer = streaming({ journal, transport: nothingStored })
      const dataId = await streamer.initialize()
      const free = fill(disk, 4_096)
      const told = await states(streamer, dataId, 60)
      const kept = told.indexOf('journal/full')
      expect(kept).toBeGreaterThan(0)
      expect(new Set(told)).toEqual(new Set(['kept', 'journal/full']))
      free()
      for (let index = 0; index < 60; index++) await push(streamer, dataId, index, 'T').journaled
      await streamer.close()

      const again = streaming({ journal })
      expect(await again.resume(dataId)).toMatchObject({ chunks: 60, pending: 60 })
      expect((await again.finalize(dataId)).totals).toMatchObject({ chunks: 60, pointsStored: 180 })
      expect((await verifyStore(join(root, 'store', dataId))).problems).toEqual([])
    })
  })
})
