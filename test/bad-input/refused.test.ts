import { type FramewireError, RHEEDStreamer, type RHEEDStreamOptions, type Stack } from 'framewire'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../interop/server.js'
import { type FaultProxy, startFaultProxy } from './fault-proxy.js'
import { CHUNK, chunkOf, contentOf, STREAM, shardsOf, soundChunks } from './store-content.js'

/** What is refused here is refused before a single request: the proxy before the server has seen none. */
let server: TestServer
let proxy: FaultProxy
let streamer: RHEEDStreamer

beforeAll(async () => {
  server = await startServer()
  proxy = await startFaultProxy(server.url, () => undefined)
  streamer = new RHEEDStreamer({
    apiKey: server.apiKey,
    endpoint: proxy.root,
    verbosity: 0,
    clockSync: false,
    maxWorkers: 1,
  })
})
afterAll(async () => {
  await streamer?.close()
  await proxy?.close()
  await server?.close()
})

/** Values that the types rule out but JavaScript does not. */
const bad = <T>(value: unknown) => value as T

describe('initialize refuses', () => {
  it.each<[what: string, options: Partial<RHEEDStreamOptions>, option: string, remedy: RegExp]>([
    ['fps 0', { fps: 0 }, 'fps', /above 0; got 0$/],
    ['fps below 0', { fps: -1 }, 'fps', /above 0; got -1$/],
    ['fps NaN', { fps: Number.NaN }, 'fps', /finite.*got NaN$/],
    ['endless fps', { fps: Number.POSITIVE_INFINITY }, 'fps', /finite.*got Infinity$/],
    ['fps as text', { fps: bad('120') }, 'fps', /got "120"$/],
    ['no fps', { fps: bad(undefined) }, 'fps', /got undefined$/],
    ['a chunk size under 2 x fps', { fps: 2, chunkSize: 3 }, 'chunkSize', />= 4.*got 3$/],
    ['a chunk size under 2 x fps, rounded up', { fps: 2.1, chunkSize: 4 }, 'chunkSize', />= 5.*got 4$/],
    ['a broken chunk size', { chunkSize: 4.5 }, 'chunkSize', /integer.*got 4\.5$/],
    ['a negative chunk size', { chunkSize: -8 }, 'chunkSize', /got -8$/],
    ['a rotation below 0', { rotationsPerMin: -1 }, 'rotationsPerMin', /at least 0.*got -1$/],
    ['a rotation without end', { rotationsPerMin: Number.POSITIVE_INFINITY }, 'rotationsPerMin', /finite/],
    [
      'an azimuth of a rotating sample',
      { rotationsPerMin: 15, azimuth: '100' },
      'azimuth',
      /rotationsPerMin 0/,
    ],
    ['a name that is no text', { streamName: bad(5) }, 'streamName', /string/],
    ['tags that are no list', { tags: bad('sapphire') }, 'tags', /list of strings/],
  ])('%s', async (_what, options, option, remedy) => {
    const seen = proxy.seen.length
    const error = await streamer
      .initialize({ ...STREAM, ...options })
      .catch((thrown: FramewireError) => thrown)
    expect(error).toMatchObject({ code: 'stream/option', details: { option } })
    expect((error as FramewireError).message).toMatch(remedy)
    expect(proxy.seen.length).toBe(seen)
  })

  it.each([
    ['sample', { physicalSample: '00000000-2222-4333-8444-555555555555', tags: ['new tag'] }],
    ['tag', { physicalSample: 'new sample', tags: ['new tag', '00000000-2222-4333-8444-555555555555'] }],
  ] as const)('the id of a %s that does not exist, and creates nothing', async (kind, links) => {
    const before = contentOf(server.store)
    const error = await streamer.initialize({ ...STREAM, ...links }).catch((thrown: FramewireError) => thrown)
    expect(error).toMatchObject({
      code: 'link/not-found',
      details: { kind, id: '00000000-2222-4333-8444-555555555555' },
      message: expect.stringMatching(/not found.*no stream was created/),
    })
    expect(contentOf(server.store)).toEqual(before)
    expect(await ask('/physical_samples/')).toEqual([])
    expect(await ask('/tags/')).toEqual([])
  })
})

describe('push refuses', () => {
  let dataId: string
  beforeAll(async () => {
    dataId = await streamer.initialize(STREAM)
    await streamer.push(dataId, 0, chunkOf(0)).stored
  })
  let seen: number
  beforeEach(() => {
    seen = proxy.seen.length
  })

  const pixels = (length: number) => new Uint8Array(length)
  it.each<[what: string, frames: unknown, code: string, remedy: RegExp]>([
    ['float32', { data: new Float32Array(64), shape: [8, 8] }, 'frames/dtype', /float32/],
    ['float64', { data: new Float64Array(64), shape: [8, 8] }, 'frames/dtype', /float64/],
    ['int8', { data: new Int8Array(64), shape: [8, 8] }, 'frames/dtype', /int8/],
    ['int16', { data: new Int16Array(64), shape: [8, 8] }, 'frames/dtype', /int16/],
    ['int32', { data: new Int32Array(64), shape: [8, 8] }, 'frames/dtype', /int32/],
    ['uint32', { data: new Uint32Array(64), shape: [8, 8] }, 'frames/dtype', /uint32/],
    ['64-bit integers', { data: new BigUint64Array(64), shape: [8, 8] }, 'frames/dtype', /BigUint64Array/],
    ['booleans', { data: pixels(64), shape: [8, 8], dtype: 'bool' }, 'frames/dtype', /bool/],
    ['a plain array', { data: new Array(64).fill(0), shape: [8, 8] }, 'frames/dtype', /Array/],
    ['objects', { data: new Array(64).fill({}), shape: [8, 8] }, 'frames/dtype', /Array/],
    [
      'bare bytes without a view',
      { data: new ArrayBuffer(64), shape: [8, 8] },
      'frames/dtype',
      /ArrayBuffer/,
    ],
    ['a shape of one axis', { data: pixels(64), shape: [64] }, 'frames/rank', /\(H, W\) or \(N, H, W\)/],
    ['a shape of no axis', { data: pixels(1), shape: [] }, 'frames/rank', /\(H, W\) or \(N, H, W\)/],
    ['four axes', { data: pixels(256), shape: [1, 4, 8, 8] }, 'frames/rank', /\(H, W\) or \(N, H, W\)/],
    [
      'colour that is not said to be',
      { data: pixels(3072), shape: [4, 16, 16, 3] },
      'frames/rank',
      /channels: 3/,
    ],
    ['no shape', { data: pixels(64) }, 'frames/rank', /shape: \[n, height, width\]/],
    ['nothing', undefined, 'frames/rank', /shape: \[n, height, width\]/],
    ['null', null, 'frames/rank', /shape: \[n, height, width\]/],
    ['an empty list', [], 'frames/empty', /at least one frame/],
    ['a stack of no frames', { data: pixels(0), shape: [0, 8, 8] }, 'frames/empty', /\(0, 8, 8\)/],
    ['frames without rows', { data: pixels(0), shape: [4, 0, 8] }, 'frames/empty', /\(4, 0, 8\)/],
    ['too little data', { data: pixels(63), shape: [8, 8] }, 'frames/layout', /needs 64 values.*has 63/],
    ['too much data', { data: pixels(65), shape: [8, 8] }, 'frames/layout', /needs 64 values.*has 65/],
    ['a broken shape', { data: pixels(64), shape: [8.5, 8] }, 'frames/layout', /whole numbers/],
    ['a negative shape', { data: pixels(64), shape: [-8, -8] }, 'frames/layout', /whole numbers/],
    [
      'strides out of the data',
      { data: pixels(64), shape: [8, 8], strides: [9, 1] },
      'frames/layout',
      /outside/,
    ],
    [
      '16 bit without a scale',
      { data: new Uint16Array(320 * 448), shape: [320, 448] },
      'frames/scale-required',
      /`full`/,
    ],
    [
      'colour without gray',
      { data: pixels(320 * 448 * 3), shape: [320, 448, 3], channels: 3 },
      'frames/gray-required',
      /luma/,
    ],
    ['frames of another size', { data: pixels(64), shape: [8, 8] }, 'frames/size-changed', /320 x 448/],
    [
      'the same size turned',
      { data: pixels(320 * 448), shape: [448, 320] },
      'frames/size-changed',
      /another stream/,
    ],
    [
      'more frames than the chunk size',
      { data: pixels(5 * 320 * 448), shape: [5, 320, 448] },
      'frames/too-many',
      /chunkSize 4.*at most/,
    ],
    [
      'sizes that differ within a list',
      [
        { data: pixels(64), shape: [8, 8] },
        { data: pixels(72), shape: [8, 9] },
      ],
      'frames/size-changed',
      /Frame 1 of the array/,
    ],
  ])('%s', (_what, frames, code, remedy) => {
    const refused = refusal(() => streamer.push(dataId, 1, frames as Stack))
    expect(refused.code).toBe(code)
    expect(refused.message).toMatch(remedy)
    expect(proxy.seen.length).toBe(seen)
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null, undefined])(
    'the index %s',
    (index) => {
      const refused = refusal(() => streamer.push(dataId, bad(index), chunkOf(1)))
      expect(refused).toMatchObject({ code: 'stream/chunk-index', details: { index } })
      expect(refused.message).toMatch(/integer from 0/)
      expect(proxy.seen.length).toBe(seen)
    },
  )

  it.each([1.5, Number.NaN, '1700000000000', new Date(0)])('the capture time %s', (captureStartMs) => {
    const refused = refusal(() =>
      streamer.push(dataId, 1, chunkOf(1), { captureStartMs: bad(captureStartMs) }),
    )
    expect(refused).toMatchObject({ code: 'stream/option', details: { option: 'captureStartMs' } })
    expect(proxy.seen.length).toBe(seen)
  })

  it('an id that no initialize of this streamer has answered', () => {
    const unknown = 'ffffffff-0000-4000-8000-000000000000'
    const refused = refusal(() => streamer.push(unknown, 0, chunkOf(0)))
    expect(refused).toMatchObject({ code: 'stream/unknown-id', details: { dataId: unknown } })
    expect(refused.message).toMatch(/call initialize/)
  })

  it('nothing of which did harm to the stream', async () => {
    await streamer.push(dataId, 1, chunkOf(1)).stored
    const receipt = await streamer.finalize(dataId)
    expect(receipt).toMatchObject({
      finalized: true,
      skipped: [],
      refused: [],
      totals: { frames: 2 * CHUNK, framesStored: 2 * CHUNK },
    })
    expect(shardsOf(server.store, dataId)).toEqual([0, 1])
    expect(await soundChunks(server.store, dataId)).toEqual([0, 1])
    expect(contentOf(server.store).unfinished).toEqual([])
    expect(refusal(() => streamer.push(dataId, 2, chunkOf(2))).code).toBe('stream/finalized')
  })
})

describe('an index that was used before', () => {
  it('is no second upload with the same pixels, and an error with others; the first ones stay', async () => {
    const dataId = await streamer.initialize(STREAM)
    await streamer.push(dataId, 0, chunkOf(0), { captureStartMs: 1_700_000_000_000 }).stored
    const puts = () =>
      proxy.seen.filter(({ method, target }) => method === 'PUT' && target.includes(dataId)).length
    expect(puts()).toBe(1)
    await streamer.push(dataId, 0, chunkOf(0), { captureStartMs: 5 }).stored
    expect(puts()).toBe(1)

    const others = streamer.push(dataId, 0, chunkOf(1))
    await expect(others.packaged).rejects.toMatchObject({
      code: 'stream/chunk-reused',
      details: { dataId, index: 0 },
    })
    await expect(others.stored).rejects.toMatchObject({ code: 'stream/chunk-reused' })
    const shorter = streamer.push(dataId, 0, chunkOf(0, 3))
    await expect(shorter.stored).rejects.toThrow(/push these under an index of their own/)

    await streamer.push(dataId, 1, chunkOf(1)).stored
    const error = await streamer
      .finalize(dataId)
      .catch((thrown: FramewireError<'upload/incomplete'>) => thrown)
    expect(error).toMatchObject({
      code: 'upload/incomplete',
      details: {
        missing: [],
        receipt: {
          finalized: true,
          refused: [
            { index: 0, frames: 4, error: { code: 'stream/chunk-reused' } },
            { index: 0, frames: 3, error: { code: 'stream/chunk-reused' } },
          ],
          totals: { chunks: 2, stored: 2 },
        },
      },
    })
    expect(await soundChunks(server.store, dataId)).toEqual([0, 1])
    const { chunks } = await ask(`/framewire/v1/streams/${dataId}/chunks`)
    expect(chunks[0]).toMatchObject({ index: 0, startUnixMs: 1_700_000_000_000, replaced: 0 })
  })

  it('keeps its words about the first frames where the others come before those are stored', async () => {
    const dataId = await streamer.initialize(STREAM)
    const first = streamer.push(dataId, 0, chunkOf(0), { captureStartMs: 1_700_000_000_000 })
    const others = streamer.push(dataId, 0, chunkOf(1, 2), { captureStartMs: 5 })
    await expect(others.stored).rejects.toMatchObject({ code: 'stream/chunk-reused' })
    await first.stored
    await expect(streamer.finalize(dataId)).rejects.toMatchObject({ code: 'upload/incomplete' })
    expect(await soundChunks(server.store, dataId)).toEqual([0])
    const { chunks } = await ask(`/framewire/v1/streams/${dataId}/chunks`)
    expect(chunks).toMatchObject([{ index: 0, frames: 4, startUnixMs: 1_700_000_000_000, replaced: 0 }])
  })
})

describe('an index that was never used', () => {
  it('is named on the receipt', async () => {
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 1, chunkOf(1))
    streamer.push(dataId, 4, chunkOf(4))
    expect(await streamer.finalize(dataId)).toMatchObject({
      skipped: [0, 2, 3],
      totals: { chunks: 2, stored: 2 },
    })
    expect(await soundChunks(server.store, dataId)).toEqual([1, 4])
  })
})

describe('the constructor refuses', () => {
  it.each([
    ['no key', { apiKey: undefined }, 'apiKey', /got nothing/],
    ['an empty key', { apiKey: ' ' }, 'apiKey', /got nothing/],
    ['a key that is no header', { apiKey: 'two\nlines' }, 'apiKey', /visible ASCII/],
    ['an endpoint that is no URL', { endpoint: 'lab:8720' }, 'endpoint', /http\(s\) URL/],
    ['no workers', { maxWorkers: 0 }, 'maxWorkers', /at least 1; got 0/],
    ['no uploads', { maxUploads: 0 }, 'maxUploads', /at least 1; got 0/],
    ['no memory', { memoryBudgetBytes: 0 }, 'memoryBudgetBytes', /at least 1; got 0/],
    ['more words than there are', { verbosity: 5 }, 'verbosity', /0 to 4/],
  ])('%s', (_what, options, option, remedy) => {
    const given = { apiKey: 'key', endpoint: server.url, ...options }
    const refused = refusal(() => new RHEEDStreamer(given as ConstructorParameters<typeof RHEEDStreamer>[0]))
    expect(refused).toMatchObject({ code: 'stream/option', details: { option } })
    expect(refused.message).toMatch(remedy)
    // A key is never repeated in a message.
    expect(refused.message).not.toContain('two')
  })
})

function refusal(act: () => unknown): FramewireError {
  try {
    act()
  } catch (error) {
    return error as FramewireError
  }
  throw new Error('was not refused')
}

async function ask(path: string) {
  const answer = await fetch(server.url + path, { headers: { 'x-api-key': server.apiKey } })
  return answer.json()
}
