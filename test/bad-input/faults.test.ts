import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FramewireError, type Receipt, RHEEDStreamer } from 'framewire'
import { createIngestServer } from 'framewire/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../interop/server.js'
import { type Fault, type FaultProxy, type ProxiedRequest, startFaultProxy } from './fault-proxy.js'
import { chunkOf, contentOf, STREAM, shardsOf, soundChunks } from './store-content.js'

/** The chunks of each stream, and those that meet a fault: few enough that a fault is no outage. */
const CHUNKS = [0, 1, 2, 3, 4, 5]
const SPOILED = [1, 4]

let server: TestServer
let proxy: FaultProxy
let streamer: RHEEDStreamer
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

const isPut = ({ method }: ProxiedRequest) => method === 'PUT'
const isUrl = ({ target }: ProxiedRequest) => target.includes('/upload_urls/')
/** Whether a request is about a chunk: the asking for its URL or the PUT to it. */
const isOf = (index: number, { target }: ProxiedRequest) =>
  target.includes(`%2Fc%2F${index}%2F`) || new RegExp(`/${index}\\?`).test(target)
/** How often a chunk was put, or its URL asked for, before. */
const before = (request: ProxiedRequest, index: number) =>
  proxy.seen.filter((seen) => seen !== request && seen.method === request.method && isOf(index, seen)).length

/** Faults that pass: two chunks meet them, and are stored all the same. */
const PASSING: [what: string, fault: (request: ProxiedRequest) => Fault | undefined][] = [
  ['the connection is cut on the PUT', (request) => once(request, isPut, { do: 'drop' })],
  ['the connection is cut on asking for the URL', (request) => once(request, isUrl, { do: 'drop' })],
  [
    '503 with Retry-After on the PUT',
    (request) => once(request, isPut, { do: 'answer', status: 503, headers: { 'retry-after': '0' } }),
  ],
  [
    '429 with Retry-After on asking for the URL',
    (request) => once(request, isUrl, { do: 'answer', status: 429, headers: { 'retry-after': '0' } }),
  ],
  ...[408, 425, 500, 502, 504, 507].map((status): (typeof PASSING)[number] => [
    `${status} on the PUT`,
    (request) => once(request, isPut, { do: 'answer', status, body: '<html>a proxy says so</html>' }),
  ]),
  [
    'another answer than the API has, from something in between',
    (request) => once(request, isUrl, { do: 'answer', status: 200, body: '<html>please log in</html>' }),
  ],
  ['the answer to the PUT is lost', (request) => once(request, isPut, { do: 'lose-answer' })],
  ['the answer with the URL is lost', (request) => once(request, isUrl, { do: 'lose-answer' })],
  [
    'the ETag is another MD5, once',
    (request) => once(request, isPut, { do: 'alter', headers: { etag: `"${'0'.repeat(32)}"` } }),
  ],
  ['a bit of the shard flips on the way', (request) => once(request, isPut, { do: 'flip-bit', at: 1000 })],
]

describe('a fault that passes costs no chunk', () => {
  it.each(PASSING)('%s', async (_what, spoil) => {
    fault = spoil
    const { dataId, ...end } = await streamAll()
    expectAllStored(end)
    expect(await soundChunks(server.store, dataId)).toEqual(CHUNKS)
    expect(contentOf(server.store).unfinished).toEqual([])
    // The fault was met: there were more requests than without it.
    expect(proxy.seen.filter((request) => isPut(request) || isUrl(request)).length).toBeGreaterThan(12)
    await expectReplaced(dataId, 0)
  })

  it.each([401, 403, 404, 410])('%s on the upload URL: a fresh one is asked for', async (status) => {
    fault = (request) => once(request, isPut, { do: 'answer', status })
    const { dataId, ...end } = await streamAll()
    expectAllStored(end)
    expect(await soundChunks(server.store, dataId)).toEqual(CHUNKS)
    for (const index of SPOILED) {
      const requests = proxy.seen.filter(
        (request) => isOf(index, request) && (isPut(request) || isUrl(request)),
      )
      expect(requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST', 'PUT'])
      // The API's key never goes to an upload URL.
      for (const put of requests.filter(isPut)) expect(put.headers).not.toHaveProperty('x-api-key')
    }
  })

  it('the answer to creating the stream is lost: there is one stream all the same', async () => {
    const streams = contentOf(server.store).streams.length
    // That the server is ours, and knows a repeated creation, shows in the answer about the sample.
    fault = (request) =>
      request.target === '/rheed/stream/' && request.repeat === 0 ? { do: 'lose-answer' } : undefined
    const dataId = await streamer.initialize({ ...STREAM, physicalSample: 'GaN-001' })
    expect(contentOf(server.store).streams).toHaveLength(streams + 1)
    await streamer.push(dataId, 0, chunkOf(0)).stored
    expectAllStored({ receipt: await streamer.finalize(dataId) })
  })

  it('the answer to the end of the stream is lost', async () => {
    fault = (request) =>
      request.target.endsWith('/end') && request.repeat === 0 ? { do: 'lose-answer' } : undefined
    const end = await streamAll()
    expectAllStored(end)
  })
})

describe('a chunk that can never be stored', () => {
  it('holds up no other, and is named with the reason', async () => {
    fault = (request) =>
      isUrl(request) && isOf(2, request)
        ? { do: 'answer', status: 400, body: '{"detail":"no such thing as chunk 2"}' }
        : undefined
    const { dataId, error } = await streamAll()
    expect(error).toMatchObject({ code: 'upload/incomplete', details: { missing: [2] } })
    expect(error!.message).toMatch(/1 chunk\(s\) were given up \(2\).*answered 400.*no such thing as chunk 2/)
    const { receipt } = error!.details as { receipt: Receipt }
    expect(receipt.finalized).toBe(true)
    expect(receipt.chunks[2]).toMatchObject({ state: 'failed', error: { code: 'upload/rejected' } })
    expect(receipt.chunks[2]!.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(receipt.losses.upload).toBe(receipt.chunks[2]!.frames)
    expect(receipt.totals).toMatchObject({ chunks: 6, stored: 5 })
    expect(shardsOf(server.store, dataId)).toEqual([0, 1, 3, 4, 5])
    expect(await soundChunks(server.store, dataId)).toEqual([0, 1, 3, 4, 5])
  })

  it('is one that the server says to hold with other bytes, again and again', async () => {
    const etag = `"${'0'.repeat(32)}"`
    fault = (request) => (isPut(request) && isOf(1, request) ? { do: 'alter', headers: { etag } } : undefined)
    const { error } = await streamAll()
    expect(error).toMatchObject({ code: 'upload/incomplete', details: { missing: [1] } })
    const { receipt } = error!.details as { receipt: Receipt }
    expect(receipt.chunks[1]!.error).toMatchObject({
      code: 'upload/etag-mismatch',
      message: expect.stringMatching(/twice.*check the proxies/),
    })
  })
})

describe('a server that is not there', () => {
  it('at the start: said with what to look at', async () => {
    const nowhere = newStreamer('http://127.0.0.1:9')
    const error = await nowhere.initialize(STREAM).catch((thrown: FramewireError) => thrown)
    await nowhere.close()
    expect(error).toMatchObject({
      code: 'upload/unreachable',
      message: expect.stringMatching(/127\.0\.0\.1:9.*Check the network and the endpoint/),
    })
  })

  it('goes away and comes back: nothing is lost', async () => {
    const store = mkdtempSync(join(tmpdir(), 'framewire-store-'))
    const options = { store, apiKey: 'test-key', logLevel: 'silent' } as const
    const first = await createIngestServer({ ...options, port: 0 })
    const client = newStreamer(first.url)
    const dataId = await client.initialize(STREAM)
    await client.push(dataId, 0, chunkOf(0)).stored
    await first.close()
    const handles = [1, 2, 3].map((index) => client.push(dataId, index, chunkOf(index)))
    await Promise.all(handles.map(({ journaled }) => journaled))
    const second = await createIngestServer({ ...options, port: Number(new URL(first.url).port) })
    await Promise.all(handles.map(({ stored }) => stored))
    const receipt = await client.finalize(dataId)
    expect(receipt.totals).toMatchObject({ chunks: 4, stored: 4 })
    expect(await soundChunks(store, dataId)).toEqual([0, 1, 2, 3])
    await client.close()
    await second.close()
    expect(contentOf(store)).toMatchObject({ streams: [dataId], unfinished: [] })
    rmSync(store, { recursive: true })
  })

  it('stays away: finalize ends after its time with all that is known', async () => {
    const dataId = await streamer.initialize(STREAM)
    await streamer.push(dataId, 0, chunkOf(0)).stored
    fault = () => ({ do: 'drop' })
    const handles = [1, 2].map((index) => streamer.push(dataId, index, chunkOf(index)))
    await Promise.all(handles.map(({ journaled }) => journaled))
    const error = await streamer
      .finalize(dataId, { drainTimeoutMs: 300 })
      .catch((thrown: FramewireError<'upload/undrained'>) => thrown)
    expect(error).toMatchObject({ code: 'upload/undrained', details: { dataId, pending: [1, 2] } })
    const { receipt } = (error as FramewireError<'upload/undrained'>).details as { receipt: Receipt }
    expect(receipt.finalized).toBe(false)
    expect(receipt.totals).toMatchObject({ chunks: 3, stored: 1 })
    for (const { sha256 } of receipt.chunks) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    for (const { stored } of handles) await expect(stored).rejects.toMatchObject({ code: 'upload/undrained' })
    expect(await soundChunks(server.store, dataId)).toEqual([0])
    expect(contentOf(server.store).unfinished).toEqual([])
  })
})

function newStreamer(endpoint: string): RHEEDStreamer {
  const options = {
    apiKey: 'test-key',
    endpoint,
    verbosity: 0,
    clockSync: false,
    maxWorkers: 1,
    retryMs: 500,
  } as const
  return new RHEEDStreamer(options)
}

/** Spoil the first request of its kind for each chunk that is to meet a fault. */
function once(
  request: ProxiedRequest,
  isKind: (request: ProxiedRequest) => boolean,
  spoil: Fault,
): Fault | undefined {
  const index = SPOILED.find((index) => isOf(index, request))
  return index !== undefined && isKind(request) && before(request, index) === 0 ? spoil : undefined
}

/** Stream six chunks to the end, whatever that is. */
async function streamAll(): Promise<{ dataId: string; receipt?: Receipt; error?: FramewireError }> {
  const dataId = await streamer.initialize(STREAM)
  for (const index of CHUNKS) streamer.push(dataId, index, chunkOf(index))
  try {
    return { dataId, receipt: await streamer.finalize(dataId, { drainTimeoutMs: 30_000 }) }
  } catch (error) {
    return { dataId, error: error as FramewireError }
  }
}

function expectAllStored({ receipt, error }: { receipt?: Receipt; error?: FramewireError }): void {
  expect(error).toBeUndefined()
  expect(receipt?.finalized).toBe(true)
  for (const { state, proof, error } of receipt!.chunks) {
    expect({ state, proof, error }).toEqual({ state: 'stored', proof: 'md5', error: undefined })
  }
  expect(receipt!.losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 0, upload: 0 })
}

/** How often chunks of a stream took the place of other bytes. */
async function expectReplaced(dataId: string, times: number): Promise<void> {
  const headers = { 'x-api-key': server.apiKey }
  const answer = await fetch(`${server.url}/framewire/v1/streams/${dataId}/chunks`, { headers })
  const { chunks } = (await answer.json()) as { chunks: { replaced: number }[] }
  expect(chunks.map(({ replaced }) => replaced)).toEqual(CHUNKS.map(() => times))
}
