import { join } from 'node:path'
import { type FramewireError, TimeseriesStreamer } from 'framewire'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../interop/server.js'
import { readWithZarrita } from '../interop/zarrita.js'
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from './fault-proxy.js'
import { contentOf } from './store-content.js'

let server: TestServer
let proxy: FaultProxy
let streamer: TimeseriesStreamer
let fault: (request: ProxiedRequest) => Fault | undefined = () => undefined

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.close())
beforeEach(async () => {
  proxy = await startFaultProxy(server.url, (request) => fault(request))
  streamer = newStreamer(proxy.root)
})
afterEach(async () => {
  fault = () => undefined
  await streamer.close()
  await proxy.close()
})

const newStreamer = (endpoint: string) =>
  new TimeseriesStreamer({ apiKey: 'test-key', endpoint, verbosity: 0, clockSync: false, retryMs: 500 })

/** Values that the types rule out but JavaScript does not. */
const bad = <T>(value: unknown) => value as T

describe('scalar chunks that are refused before anything is sent', () => {
  const sound = { chunkIndex: 1, channelName: 'T', timestamps: [1, 2], values: [3, 4] }
  it.each<[what: string, given: object, code: string, remedy: RegExp]>([
    ['lists of two lengths', { values: [3] }, 'series/points', /must have the same length \(2 and 1\)/],
    ['no values', { values: undefined }, 'series/points', /missing 'values' key/],
    ['no timestamps', { timestamps: undefined }, 'series/points', /missing 'timestamps' key/],
    ['text for numbers', { values: ['3', '4'] }, 'series/points', /element 0 is a string/],
    ['null for a number', { values: [3, null] }, 'series/points', /element 1 is null/],
    ['a number for a list', { values: 3 }, 'series/points', /list of numbers/],
    ['a time that is none', { timestamps: [1, Number.NaN] }, 'series/points', /finite seconds/],
    ['units that are no text', { units: 5 }, 'series/points', /'units' must be a string/],
    ['a blank channel', { channelName: ' ' }, 'stream/option', /channelName.*not blank/],
    ['no channel', { channelName: undefined }, 'stream/option', /channelName/],
    ['a negative index', { chunkIndex: -1 }, 'stream/chunk-index', /integer from 0; got -1/],
    ['a broken index', { chunkIndex: 0.5 }, 'stream/chunk-index', /integer from 0; got 0.5/],
    ['an index with other points', { chunkIndex: 0 }, 'stream/chunk-reused', /0/],
  ])('%s', async (_what, given, code, remedy) => {
    const dataId = await streamer.initialize()
    await streamer.push(dataId, { chunkIndex: 0, channelName: 'T', timestamps: [1], values: [2] }).stored
    const seen = proxy.seen.length
    const refused = refusal(() => streamer.push(dataId, bad({ ...sound, ...given })))
    expect(refused.code).toBe(code)
    expect(refused.message).toMatch(remedy)
    expect(proxy.seen.length).toBe(seen)
    // Nothing of it did harm.
    streamer.push(dataId, { chunkIndex: 1, channelName: 'T', timestamps: [2], values: [5] })
    expect(await streamer.finalize(dataId)).toMatchObject({
      finalized: true,
      totals: { chunks: 2, stored: 2 },
    })
    expect(await valuesOf(dataId)).toEqual([2, 5])
  })

  it('a channel with two lengths among others: nothing of the chunk is taken', async () => {
    const dataId = await streamer.initialize()
    const channels = { ok: { timestamps: [1], values: [1] }, bad: { timestamps: [1], values: [] } }
    const refused = refusal(() => streamer.pushMulti(dataId, { chunkIndex: 0, channels }))
    expect(refused).toMatchObject({
      code: 'series/points',
      details: { channel: 'bad', timestamps: 1, values: 0 },
    })
    expect(await streamer.finalize(dataId)).toMatchObject({ channels: [], totals: { chunks: 0 } })
  })

  it('ids of samples that do not exist; no stream is created', async () => {
    const before = contentOf(server.store)
    const physicalSample = '00000000-2222-4333-8444-555555555555'
    await expect(streamer.initialize({ physicalSample })).rejects.toMatchObject({ code: 'link/not-found' })
    expect(contentOf(server.store)).toEqual(before)
  })

  it('points per chunk of 0, and an instrument that is no number', async () => {
    const options = { apiKey: 'key', endpoint: server.url, verbosity: 0, clockSync: false } as const
    expect(refusal(() => new TimeseriesStreamer({ ...options, pointsPerChunk: 0 })).code).toBe(
      'stream/option',
    )
    expect(refusal(() => new TimeseriesStreamer({ ...options, apiKey: '' })).code).toBe('stream/option')
    await expect(streamer.initialize({ synthSourceId: 1.5 })).rejects.toMatchObject({ code: 'stream/option' })
  })
})

/** What happens to the second chunk on its first try. */
const PASSING: [what: string, spoil: Fault][] = [
  ['the connection is cut', { do: 'drop' }],
  ['the answer is lost', { do: 'lose-answer' }],
  ['429 with Retry-After', { do: 'answer', status: 429, headers: { 'retry-after': '0' } }],
  ['503 with Retry-After', { do: 'answer', status: 503, headers: { 'retry-after': '0' } }],
  ['500', { do: 'answer', status: 500 }],
]

describe('a fault that passes costs no point, and no order', () => {
  it.each(PASSING)('%s', async (_what, spoil) => {
    fault = (request) => {
      const isSecond =
        request.target.endsWith('/chunk') && JSON.parse(request.body.toString()).chunk_index === 1
      const isFirstTry = proxy.seen.every((seen) => seen === request || !seen.body.equals(request.body))
      return isSecond && isFirstTry ? spoil : undefined
    }
    const dataId = await streamer.initialize()
    for (let index = 0; index < 4; index++) push(dataId, index)
    const receipt = await streamer.finalize(dataId)
    expect(receipt).toMatchObject({
      finalized: true,
      totals: { chunks: 4, stored: 4, points: 8, pointsStored: 8 },
    })
    expect(receipt.chunks.map(({ tries }) => tries)).toEqual([1, 2, 1, 1])
    expect(await valuesOf(dataId)).toEqual([0, 1, 10, 11, 20, 21, 30, 31])
    const order = proxy.seen
      .filter(({ target }) => target.endsWith('/chunk'))
      .map(({ body }) => JSON.parse(body.toString()).chunk_index)
    expect(order).toEqual([0, 1, 1, 2, 3])
    expect(contentOf(server.store).unfinished).toEqual([])
  })
})

describe('a scalar chunk that can never be stored', () => {
  it('holds up no other, and is named with the reason', async () => {
    fault = ({ target, body }) =>
      target.endsWith('/chunk') && JSON.parse(body.toString()).chunk_index === 1
        ? { do: 'answer', status: 422, body: '{"detail":"no"}' }
        : undefined
    const dataId = await streamer.initialize()
    const handles = [0, 1, 2].map((index) => push(dataId, index))
    const error = await streamer.finalize(dataId).catch((thrown: FramewireError) => thrown)
    expect(error).toMatchObject({
      code: 'upload/incomplete',
      details: { missing: [1], receipt: { finalized: true, totals: { chunks: 3, stored: 2 } } },
    })
    await expect(handles[1]!.stored).rejects.toMatchObject({
      code: 'upload/rejected',
      details: { status: 422 },
    })
    expect(await valuesOf(dataId)).toEqual([0, 1, 20, 21])
  })
})

describe('a server that is not there', () => {
  it('at the start: said with what to look at', async () => {
    const nowhere = newStreamer('http://127.0.0.1:9')
    await expect(nowhere.initialize()).rejects.toMatchObject({
      code: 'upload/unreachable',
      message: expect.stringMatching(/127\.0\.0\.1:9.*Check the network and the endpoint/),
    })
    await nowhere.close()
  })

  it('goes away: finalize ends after its time with all that is known', async () => {
    const dataId = await streamer.initialize()
    await push(dataId, 0).stored
    fault = () => ({ do: 'drop' })
    push(dataId, 1)
    await expect(streamer.finalize(dataId, { drainTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'upload/undrained',
      details: {
        pending: [1],
        receipt: { finalized: false, totals: { chunks: 2, stored: 1, pointsStored: 2 } },
      },
    })
    expect(await valuesOf(dataId)).toEqual([0, 1])
  })
})

/** Chunk `index` of the channel T: two points whose values tell the index. */
function push(dataId: string, index: number) {
  const [first, second] = [10 * index, 10 * index + 1]
  return streamer.push(dataId, {
    chunkIndex: index,
    channelName: 'T',
    timestamps: [first, second],
    values: [first, second],
  })
}

async function valuesOf(dataId: string): Promise<number[]> {
  return Array.from((await readWithZarrita(join(server.store, dataId, 'series.zarr'), 'T/values')).data)
}

function refusal(act: () => unknown): FramewireError {
  try {
    act()
  } catch (error) {
    return error as FramewireError
  }
  throw new Error('was not refused')
}
