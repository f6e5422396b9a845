import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FramewireError, type Logger, type Receipt, RHEEDStreamer, TimeseriesStreamer } from 'framewire'
import { createIngestServer, type IngestServer } from 'framewire/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readWithZarrita } from '../interop/zarrita.js'
import { chunkOf, contentOf, STREAM, shardsOf, soundChunks } from './store-content.js'

/** A real server whose key changes: it is stopped, and started again on the same store and port with another one. */
let store: string
let server: IngestServer

beforeEach(async () => {
  store = mkdtempSync(join(tmpdir(), 'framewire-store-'))
  server = await start('first-key')
})
afterEach(async () => {
  await server.close()
  rmSync(store, { recursive: true })
})

function start(apiKey: string, port = 0): Promise<IngestServer> {
  return createIngestServer({ store, apiKey, port, logLevel: 'silent' })
}

async function changeKey(apiKey: string): Promise<void> {
  const port = Number(new URL(server.url).port)
  await server.close()
  server = await start(apiKey, port)
}

describe('a wrong key at the start', () => {
  it.each(['RHEEDStreamer', 'TimeseriesStreamer'])('creates no stream: %s', async (name) => {
    const options = {
      apiKey: 'secret-but-wrong',
      endpoint: server.url,
      verbosity: 0,
      clockSync: false,
    } as const
    const streamer = name === 'RHEEDStreamer' ? new RHEEDStreamer(options) : new TimeseriesStreamer(options)
    const error = await streamer.initialize(STREAM).catch((thrown: FramewireError) => thrown)
    await streamer.close()
    expect(error).toMatchObject({ code: 'upload/unauthorized', details: { status: 401 } })
    expect((error as FramewireError).message).toMatch(/Check the key/)
    expect(
      JSON.stringify({ ...(error as object), message: (error as FramewireError).message }),
    ).not.toContain('secret')
    expect(contentOf(store)).toEqual({ streams: [], unfinished: [] })
  })
})

describe('a key that is refused in the middle of a stream', () => {
  it('is asked of the function again, and the stream completes', async () => {
    const said: string[] = []
    let asked = 0
    // Twice the old one is all there is; then somebody enters the new one.
    const apiKey = async () => (++asked <= 3 ? 'first-key' : 'second-key')
    const streamer = new RHEEDStreamer({
      apiKey,
      endpoint: server.url,
      verbosity: 2,
      logger: logger(said),
      clockSync: false,
      maxWorkers: 1,
    })
    const dataId = await streamer.initialize(STREAM)
    await streamer.push(dataId, 0, chunkOf(0)).stored
    expect(asked).toBe(1)
    await changeKey('second-key')
    const handles = [1, 2, 3].map((index) => streamer.push(dataId, index, chunkOf(index)))
    await Promise.all(handles.map(({ stored }) => stored))
    expect(asked).toBe(4)
    const receipt = await streamer.finalize(dataId)
    await streamer.close()
    expect(receipt).toMatchObject({ finalized: true, totals: { chunks: 4, stored: 4 } })
    expect(await soundChunks(store, dataId)).toEqual([0, 1, 2, 3])
    expect(said.filter((line) => /pause/.test(line))).toHaveLength(1)
    expect(said.find((line) => /pause/.test(line))).toMatch(/nothing is discarded/)
    expect(said.some((line) => /uploads go on/.test(line))).toBe(true)
    expect(said.join()).not.toMatch(/first-key|second-key/)
  })

  it('pauses the stream where it is a string; finalize ends after its drain time-out with what is pending', async () => {
    const streamer = new RHEEDStreamer({
      apiKey: 'first-key',
      endpoint: server.url,
      verbosity: 0,
      clockSync: false,
      maxWorkers: 1,
    })
    const dataId = await streamer.initialize(STREAM)
    await streamer.push(dataId, 0, chunkOf(0)).stored
    await changeKey('second-key')
    const handles = [1, 2, 3].map((index) => streamer.push(dataId, index, chunkOf(index)))
    await Promise.all(handles.map(({ journaled }) => journaled))
    const error = await streamer
      .finalize(dataId, { drainTimeoutMs: 1_000 })
      .catch((thrown: FramewireError<'upload/undrained'>) => thrown)
    await streamer.close()
    expect(error).toMatchObject({
      code: 'upload/undrained',
      message: expect.stringMatching(/3 chunk\(s\) were not stored \(1, 2, 3\).*key/),
      details: { pending: [1, 2, 3] },
    })
    const { receipt } = (error as FramewireError<'upload/undrained'>).details as { receipt: Receipt }
    expect(receipt).toMatchObject({ finalized: false, totals: { chunks: 4, stored: 1 } })
    expect(receipt.losses.upload).toBe(12)
    expect(shardsOf(store, dataId)).toEqual([0])
    expect(await soundChunks(store, dataId)).toEqual([0])
    expect(contentOf(store).unfinished).toEqual([])
  })

  it('goes on with the same string once the server knows it again', async () => {
    const streamer = new RHEEDStreamer({
      apiKey: 'first-key',
      endpoint: server.url,
      verbosity: 0,
      clockSync: false,
      maxWorkers: 1,
    })
    const dataId = await streamer.initialize(STREAM)
    await changeKey('second-key')
    const handles = [0, 1].map((index) => streamer.push(dataId, index, chunkOf(index)))
    await Promise.all(handles.map(({ journaled }) => journaled))
    await changeKey('first-key')
    const receipt = await streamer.finalize(dataId)
    await streamer.close()
    expect(receipt.totals).toMatchObject({ chunks: 2, stored: 2 })
    expect(await soundChunks(store, dataId)).toEqual([0, 1])
  })

  it('is asked again for scalar chunks too, in order of their index', async () => {
    let asked = 0
    const apiKey = () => (++asked <= 2 ? 'first-key' : 'second-key')
    const streamer = new TimeseriesStreamer({ apiKey, endpoint: server.url, verbosity: 0, clockSync: false })
    const dataId = await streamer.initialize()
    const push = (chunkIndex: number) =>
      streamer.push(dataId, {
        chunkIndex,
        channelName: 'T',
        timestamps: [chunkIndex],
        values: [10 * chunkIndex],
      })
    await push(0).stored
    await changeKey('second-key')
    for (const index of [1, 2, 3]) push(index)
    const receipt = await streamer.finalize(dataId)
    await streamer.close()
    expect(receipt).toMatchObject({
      finalized: true,
      totals: { chunks: 4, stored: 4, points: 4, pointsStored: 4 },
    })
    const { data } = await readWithZarrita(join(store, dataId, 'series.zarr'), 'T/values')
    expect(Array.from(data)).toEqual([0, 10, 20, 30])
  })
})

function logger(said: string[]): Logger {
  const say = (message: string) => void said.push(message)
  return { error: say, warn: say, info: say, debug: say, trace: say }
}
