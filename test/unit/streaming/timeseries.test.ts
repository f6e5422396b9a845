import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Logger } from '../../../ts/streaming/log.js'
import {
  type SeriesMultiPush,
  type SeriesProgress,
  type SeriesPush,
  TimeseriesStreamer,
  type TimeseriesStreamerOptions,
  type TimeseriesStreamOptions,
} from '../../../ts/streaming/timeseries.js'
import { hangUp, json, Loopback, type Reply, type Seen } from '../upload/loopback.js'

const SAMPLE = '11111111-2222-4333-8444-555555555555'
const PROJECT = '99999999-2222-4333-8444-555555555555'
const TAG = 'aaaaaaaa-2222-4333-8444-555555555555'
const ID = '7e7e7e7e-0000-4000-8000-000000000002'

const servers: Loopback[] = []
const streamers: TimeseriesStreamer[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await Promise.all(streamers.splice(0).map((streamer) => streamer.close()))
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )
const thrown = (call: () => unknown) => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

/** The service as recorded; `reply` answers first where it has something to say. */
async function service(
  reply: (seen: Seen, count: number) => Reply | undefined = () => undefined,
): Promise<Loopback> {
  const server = await new Loopback((seen, count) => {
    const said = reply(seen, count)
    if (said) return said
    switch (`${seen.method} ${seen.target}`) {
      case 'GET /physical_samples/':
        return json([{ id: SAMPLE, name: 'GaN-001' }])
      case 'GET /tags/':
        return json([{ id: TAG, name: 'Sapphire' }])
      case 'POST /tags/':
        return json({ id: '7a7a7a7a-0000-4000-8000-000000000001' })
      case 'POST /tool-state/stream/initialize':
        return json({ data_id: ID, processed_data_id: '9a9a9a9a-0000-4000-8000-000000000003' })
      default:
        return json({ status: 'ok' })
    }
  }).start()
  servers.push(server)
  return server
}

function streamer(server: Loopback, options: Partial<TimeseriesStreamerOptions> = {}): TimeseriesStreamer {
  const made = new TimeseriesStreamer({
    apiKey: 'golden-key',
    endpoint: `${server.root}/`,
    clockSync: false,
    verbosity: 0,
    ...options,
  })
  streamers.push(made)
  return made
}

async function opened(
  reply?: (seen: Seen, count: number) => Reply | undefined,
  options: Partial<TimeseriesStreamerOptions> = {},
) {
  const server = await service(reply)
  const made = streamer(server, options)
  const dataId = await made.initialize()
  const push = (chunkIndex: number, channelName: string, values: number[] = [chunkIndex]) =>
    made.push(dataId, { chunkIndex, channelName, timestamps: values.map((_, i) => i), values })
  return { server, made, dataId, push, chunks: () => chunksOf(server) }
}

const chunksOf = (server: Loopback) =>
  server.seen.filter(({ target }) => target.startsWith('/tool-state/stream/chunk')).map(({ body }) => body)
/** Channel and index of every chunk that arrived. */
const arrivals = (server: Loopback) =>
  chunksOf(server).map((body) => {
    const { channel_name, chunk_index } = JSON.parse(body) as { channel_name: string; chunk_index: number }
    return `${channel_name}${chunk_index}`
  })

describe('TimeseriesStreamer', () => {
  it('sends what the service expects: the scenario timeseries-all-options', async () => {
    const server = await service()
    const made = streamer(server, { pointsPerChunk: 50 })
    const dataId = await made.initialize({
      streamName: 'MBE growth - temperature log',
      synthSourceId: 42,
      physicalSample: 'GAN-001',
      projectId: PROJECT,
      tags: ['sapphire', 'Fresh'],
    })
    expect(dataId).toBe(ID)
    const channel = { channelName: 'temperature', units: 'C' }
    made.push(dataId, {
      chunkIndex: 0,
      ...channel,
      timestamps: [1700000000, 1700000000.1],
      values: [25, 25.1],
    })
    made.push(dataId, {
      chunkIndex: 1,
      channelName: 'temperature',
      timestamps: [1700000001, 1700000002],
      values: [25, 26.5],
    })
    made.pushMulti(dataId, {
      chunkIndex: 2,
      channels: {
        temperature: { timestamps: [1700000003, 1700000003.1], values: [25, 25.1], units: 'C' },
        pressure: { timestamps: new Float64Array([1700000003, 1700000003.1]), values: [1e-9, 1.1] },
      },
    })
    made.pushMulti(dataId, {
      chunkIndex: 4,
      channels: { a: { timestamps: [1, 2], values: new Float32Array([3, 4]) } },
    })
    await made.pushMulti(dataId, { chunkIndex: 5, channels: {} }).stored
    made.push(dataId, { chunkIndex: 6, channelName: 'e', timestamps: [], values: [] })
    made.push(dataId, { chunkIndex: 7, channelName: 'n', timestamps: [1, 2], values: [Number.NaN, Infinity] })
    made.push(dataId, {
      chunkIndex: 8,
      channelName: 'n',
      timestamps: new Int32Array([1, 2]),
      values: new Uint8Array([1, 2]),
    })
    await made.run(dataId, {
      channelName: 'flux',
      units: 'nm',
      data: [
        [
          [1, 2],
          [3, 4],
        ],
        [[5], [6]],
      ],
    })
    const receipt = await made.finalize(dataId)

    const id = `"data_id":"${ID}"`
    const sent = server.seen.map(({ method, target, body }) => `${method} ${target} ${body}`)
    expect(sent.toSorted()).toEqual(
      [
        'GET /tags/ ',
        'GET /physical_samples/ ',
        'POST /tags/ {"name":"Fresh"}',
        `POST /tool-state/stream/initialize {"stream_name":"MBE growth - temperature log","synth_source_id":42,"points_per_chunk":50,"project_id":"${PROJECT}"}`,
        `POST /data_entries/physical_sample {"data_ids":["${ID}"],"physical_sample_id":"${SAMPLE}"}`,
        `POST /tags/data-items/ {"data_ids":["${ID}"],"tag_ids":["${TAG}","7a7a7a7a-0000-4000-8000-000000000001"]}`,
        `POST /projects/${PROJECT}/configuration/tracking_samples {"physical_sample_id":"${SAMPLE}","set_active":true}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":0,"channel_name":"temperature","timestamps":[1700000000.0,1700000000.1],"values":[25.0,25.1],"units":"C"}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":1,"channel_name":"temperature","timestamps":[1700000001.0,1700000002.0],"values":[25.0,26.5]}`,
        `POST /tool-state/stream/chunk/multi {${id},"chunk_index":2,"channels":{"pressure":{"timestamps":[1700000003.0,1700000003.1],"values":[1e-9,1.1]},"temperature":{"timestamps":[1700000003.0,1700000003.1],"values":[25.0,25.1],"units":"C"}}}`,
        `POST /tool-state/stream/chunk/multi {${id},"chunk_index":4,"channels":{"a":{"timestamps":[1.0,2.0],"values":[3.0,4.0]}}}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":6,"channel_name":"e","timestamps":[],"values":[]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":7,"channel_name":"n","timestamps":[1.0,2.0],"values":[null,null]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":8,"channel_name":"n","timestamps":[1.0,2.0],"values":[1.0,2.0]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":0,"channel_name":"flux","timestamps":[1.0,2.0],"values":[3.0,4.0],"units":"nm"}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":1,"channel_name":"flux","timestamps":[5.0],"values":[6.0],"units":"nm"}`,
        `POST /tool-state/stream/${ID}/finalize `,
      ].toSorted(),
    )
    for (const { headers } of server.seen) expect(headers['x-api-key']).toBe('golden-key')
    expect(server.targets.at(-1)).toBe(`POST /tool-state/stream/${ID}/finalize`)

    expect(receipt.totals).toEqual({ chunks: 9, stored: 9, points: 17, pointsStored: 17 })
    expect(receipt.finalized).toBe(true)
    expect(
      receipt.channels.map(({ name, units, chunks, points, skipped }) => [
        name,
        units,
        chunks,
        points,
        skipped,
      ]),
    ).toEqual([
      ['temperature', 'C', 3, 6, []],
      ['pressure', undefined, 1, 2, [{ from: 0, to: 1 }]],
      ['a', undefined, 1, 2, [{ from: 0, to: 3 }]],
      ['e', undefined, 1, 0, [{ from: 0, to: 5 }]],
      ['n', undefined, 2, 4, [{ from: 0, to: 6 }]],
      ['flux', 'nm', 2, 3, []],
    ])
    expect(receipt.chunks[2]).toEqual({
      index: 2,
      channels: ['temperature', 'pressure'],
      points: 4,
      state: 'stored',
      tries: 1,
    })
  })

  it('sends nothing for what is not given: the scenario timeseries-defaults', async () => {
    const server = await service()
    const made = streamer(server)
    await made.initialize()
    await made.initialize({ streamName: '  ', projectId: ' ', physicalSample: '', tags: [] })
    await made.initialize({ projectId: PROJECT })
    expect(server.seen.map(({ body }) => body)).toEqual([
      '{"stream_name":null,"points_per_chunk":100,"project_id":null}',
      '{"stream_name":"  ","points_per_chunk":100,"project_id":null}',
      `{"stream_name":null,"points_per_chunk":100,"project_id":"${PROJECT}"}`,
    ])
  })

  it("moves time stamps to the service's clock: the scenario rheed-clock-corrected", async () => {
    const server = await service(({ target }) => {
      if (target !== '/gateway/time') return undefined
      const now = Date.now() + 5_000
      return json({ receivedAtUnixMs: now, transmittedAtUnixMs: now })
    })
    const made = streamer(server, { clockSync: true })
    const dataId = await made.initialize()
    expect(server.targets.slice(0, 2)).toEqual(['GET /gateway/time', 'POST /tool-state/stream/initialize'])
    expect(server.seen[0]!.headers['x-api-key']).toBeUndefined()
    const chunk = { chunkIndex: 0, channelName: 'T', timestamps: [1700000000, 1700000000.25], values: [1, 2] }
    await made.push(dataId, chunk).stored
    // The same points again, even where the clock is known better by now.
    await made.push(dataId, chunk).stored
    expect(chunksOf(server)).toHaveLength(1)
    const { timestamps } = JSON.parse(chunksOf(server)[0]!) as { timestamps: number[] }
    expect(timestamps[0]).toBeGreaterThan(1700000004.9)
    expect(timestamps[0]).toBeLessThan(1700000005.1)
    expect(timestamps[1]! - timestamps[0]!).toBeCloseTo(0.25, 6)
  })

  it('sends the chunks of a channel in order of index, one at a time, whatever fails', async () => {
    let inFlight = 0
    let most = 0
    const tried = new Map<string, number>()
    const { made, dataId, push, server } = await opened(({ target, body }) => {
      if (!target.endsWith('/chunk')) return undefined
      const count = (tried.get(body) ?? 0) + 1
      tried.set(body, count)
      if (body.includes('"chunk_index":2,') && count === 1) return hangUp
      if (body.includes('"chunk_index":3,') && count === 1)
        return { status: 503, headers: { 'retry-after': '0' } }
      return (_, response) => {
        inFlight++
        most = Math.max(most, inFlight)
        setTimeout(() => {
          inFlight--
          response.end('{}')
        }, 5)
      }
    })
    const handles = [0, 4, 2, 1, 3, 5].map((index) => push(index, 'a'))
    await Promise.all(handles.map(({ stored }) => stored))
    expect(handles.map(({ index }) => index)).toEqual([0, 4, 2, 1, 3, 5])
    // The first was alone when it went out.
    expect(arrivals(server)).toEqual(['a0', 'a1', 'a2', 'a2', 'a3', 'a3', 'a4', 'a5'])
    expect(most).toBe(1)
    const receipt = await made.finalize(dataId)
    expect(receipt.chunks.map(({ index, tries }) => [index, tries])).toEqual([
      [0, 1],
      [4, 1],
      [2, 2],
      [1, 1],
      [3, 2],
      [5, 1],
    ])
  })

  it('sends different channels beside each other, at most maxUploads, and a multi chunk in turn with both', async () => {
    let inFlight = 0
    let most = 0
    const { made, dataId, server } = await opened(
      ({ target }) =>
        target.includes('/chunk')
          ? (_, response) => {
              inFlight++
              most = Math.max(most, inFlight)
              setTimeout(() => {
                inFlight--
                response.end('{}')
              }, 20)
            }
          : undefined,
      { maxUploads: 3 },
    )
    const points = { timestamps: [1], values: [1] }
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      made.push(dataId, { chunkIndex: 0, channelName: name, ...points })
    made.pushMulti(dataId, { chunkIndex: 1, channels: { a: points, e: points } })
    made.push(dataId, { chunkIndex: 2, channelName: 'a', ...points })
    await made.finalize(dataId)
    expect(most).toBe(3)
    const order = chunksOf(server).map((body) => (JSON.parse(body) as { chunk_index: number }).chunk_index)
    expect(order.slice(-2)).toEqual([1, 2])
  })

  it('gives up what the service refuses, names it, and sends the rest', async () => {
    const { made, dataId, push, server } = await opened(({ body }) =>
      body.includes('"chunk_index":1,') ? { status: 422, body: '{"detail":"values"}' } : undefined,
    )
    const handles = [0, 1, 2].map((index) => push(index, 'a'))
    expect(await failure(handles[1]!.stored)).toMatchObject({
      code: 'upload/rejected',
      details: { status: 422 },
    })
    const error = await failure(made.finalize(dataId))
    expect(error).toMatchObject({ code: 'upload/incomplete', details: { dataId: ID, missing: [1] } })
    expect(error.details.receipt.totals).toEqual({ chunks: 3, stored: 2, points: 3, pointsStored: 2 })
    expect(error.details.receipt.chunks[1]).toMatchObject({
      state: 'failed',
      error: { code: 'upload/rejected' },
    })
    expect(error.details.receipt.finalized).toBe(true)
    expect(server.targets.at(-1)).toBe(`POST /tool-state/stream/${ID}/finalize`)
    // And again the same.
    expect(await failure(made.finalize(dataId))).toBe(error)
  })

  it('takes a chunk that was given up again, mended', async () => {
    const { made, dataId, push } = await opened(({ body }) =>
      body.includes('[666.0]') ? { status: 400 } : undefined,
    )
    await failure(push(0, 'a', [666]).stored)
    await push(0, 'a', [5]).stored
    const receipt = await made.finalize(dataId)
    expect(receipt.chunks).toMatchObject([{ index: 0, state: 'stored' }])
    expect(receipt.totals).toMatchObject({ chunks: 1, points: 1 })
  })

  it('sends the same chunk once, and refuses another under its index', async () => {
    const { made, dataId, push, chunks } = await opened()
    const first = push(3, 'a', [1, 2])
    const again = push(3, 'a', [1, 2])
    await Promise.all([first.stored, again.stored])
    await push(3, 'a', [1, 2]).stored
    await push(3, 'b', [1, 2]).stored
    expect(chunks()).toHaveLength(2)
    const other = (fields: Partial<SeriesPush>) =>
      thrown(() =>
        made.push(dataId, { chunkIndex: 3, channelName: 'a', timestamps: [0, 1], values: [1, 2], ...fields }),
      )
    expect(other({})).toBeUndefined()
    for (const fields of [
      { values: [2, 1] },
      { values: [-1, -2] },
      { timestamps: [1, 0] },
      { units: 'C' },
      { units: '' },
    ]) {
      expect(other(fields)).toMatchObject({ code: 'stream/chunk-reused', details: { dataId: ID, index: 3 } })
    }
    const points = { timestamps: [0, 1], values: [1, 2] }
    await made.pushMulti(dataId, { chunkIndex: 3, channels: { a: points, c: points } }).stored
    expect(JSON.parse(chunks().at(-1)!)).toMatchObject({ channels: { c: { values: [1, 2] } } })
    expect(chunks().at(-1)).not.toContain('"a"')
    expect((await made.finalize(dataId)).totals).toEqual({ chunks: 3, stored: 3, points: 6, pointsStored: 6 })
  })

  it('holds its own copy of the points', async () => {
    const { made, dataId, chunks } = await opened()
    const values = new Float64Array([1, 2])
    made.push(dataId, { chunkIndex: 0, channelName: 'a', timestamps: [0, 1], values })
    values.fill(9)
    await made.finalize(dataId)
    expect(chunks()[0]).toContain('"values":[1.0,2.0]')
  })

  const wrongPushes: [string, Partial<SeriesPush>, string, string][] = [
    [
      'lists of different length',
      { timestamps: [1], values: [1, 2] },
      'series/points',
      'timestamps and values must have the same length',
    ],
    ['no values', { values: undefined }, 'series/points', "missing 'values' key"],
    ['a string for a list', { values: '12' as never }, 'series/points', 'must be a list of numbers'],
    ['strings in a list', { values: ['1'] as never }, 'series/points', 'element 0 is a string'],
    ['null in a list', { values: [null] as never }, 'series/points', 'element 0 is null'],
    ['big integers', { values: new BigInt64Array(1) as never }, 'series/points', 'element 0 is a bigint'],
    ['a time stamp that is none', { timestamps: [Number.NaN] }, 'series/points', 'finite seconds'],
    ['units that are no string', { units: 5 as never }, 'series/points', "'units' must be a string"],
    ['a negative index', { chunkIndex: -1 }, 'stream/chunk-index', 'integer from 0'],
    ['a fractional index', { chunkIndex: 0.5 }, 'stream/chunk-index', 'integer from 0'],
    ['no index', { chunkIndex: undefined }, 'stream/chunk-index', 'integer from 0'],
    ['a blank channel', { channelName: ' ' }, 'stream/option', 'channelName'],
  ]
  it.each(wrongPushes)('refuses %s before anything is sent', async (_, fields, code, message) => {
    const { made, dataId, chunks } = await opened()
    const chunk: SeriesPush = { chunkIndex: 0, channelName: 'a', timestamps: [1], values: [1], ...fields }
    const error = thrown(() => made.push(dataId, chunk)) as Error
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(message)
    await made.finalize(dataId)
    expect(chunks()).toEqual([])
  })

  it.each<[SeriesMultiPush['channels'], string]>([
    [
      { ok: { timestamps: [1], values: [1] }, bad: { timestamps: [1], values: [] } },
      "channel 'bad': timestamps and values must have the same length",
    ],
    [{ ok: { timestamps: [1] } as never }, "channel 'ok': missing 'values' key"],
    [{ b: { timestamps: [1], values: [1], units: null as never } }, "channel 'b': 'units' must be a string"],
    [{ b: null as never }, "channel 'b': "],
  ])('refuses a multi chunk with one bad channel as a whole (%#)', async (channels, message) => {
    const { made, dataId, chunks } = await opened()
    const error = thrown(() => made.pushMulti(dataId, { chunkIndex: 0, channels })) as Error
    expect(error).toMatchObject({ code: 'series/points' })
    expect(error.message).toContain(message)
    await made.finalize(dataId)
    expect(chunks()).toEqual([])
  })

  it('runs over async iterables, waits for all, and begins each run at 0', async () => {
    const { made, dataId, server } = await opened()
    async function* data() {
      for (let k = 0; k < 20; k++) yield [[k], [k * 2]] as const
    }
    await made.run(dataId, { channelName: 'flux', data: data() })
    expect(arrivals(server)).toEqual(Array.from({ length: 20 }, (_, k) => `flux${k}`))
    await made.run(dataId, { channelName: 'other', data: data() })
    expect(arrivals(server)).toHaveLength(40)
    expect(await failure(made.run(dataId, { channelName: 'flux', data: [[[0], [1]]] }))).toMatchObject({
      code: 'stream/chunk-reused',
    })
  })

  it('names the chunk of a run that does not fit, and keeps those before it', async () => {
    const { made, dataId, server } = await opened()
    const error = await failure(
      made.run(dataId, {
        channelName: 'flux',
        data: [
          [[1], [1]],
          [[1], []],
        ],
      }),
    )
    expect(error).toMatchObject({ code: 'series/points', details: { chunk: 1, timestamps: 1, values: 0 } })
    expect(error.message).toContain('chunk 1: timestamps and values must have the same length')
    const item = await failure(made.run(dataId, { channelName: 'x', data: [[1, 2, 3]] as never }))
    expect(item).toMatchObject({ code: 'stream/option', details: { option: 'data' } })
    await made.finalize(dataId)
    expect(arrivals(server)).toEqual(['flux0'])
  })

  it('passes on what the iterable throws', async () => {
    const { made, dataId, server } = await opened()
    function* data(): Generator<[number[], number[]]> {
      yield [[1], [1]]
      throw new Error('boom in the iterator')
    }
    expect((await failure(made.run(dataId, { channelName: 'a', data: data() }))).message).toBe(
      'boom in the iterator',
    )
    await made.finalize(dataId)
    expect(arrivals(server)).toEqual(['a0'])
  })

  it('ends a run when the signal fires, though the producer hangs, and closes the producer', async () => {
    const { made, dataId } = await opened()
    const stop = new AbortController()
    let returned = false
    const data: AsyncIterable<[number[], number[]]> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          returned = true
          return { done: true, value: undefined }
        },
      }),
    }
    const run = failure(made.run(dataId, { channelName: 'a', data, signal: stop.signal }))
    stop.abort()
    expect((await run).code).toBe('stream/aborted')
    expect(returned).toBe(true)
  })

  it('tells at the end of a run of a chunk that was given up', async () => {
    const { made, dataId, server } = await opened(({ body }) =>
      body.includes('"chunk_index":0,') ? { status: 413 } : undefined,
    )
    const data = Array.from({ length: 5 }, (_, k) => [[k], [k]] as const)
    expect(await failure(made.run(dataId, { channelName: 'a', data }))).toMatchObject({
      code: 'upload/rejected',
    })
    expect(arrivals(server)).toHaveLength(5)
  })

  it('refuses a push past the memory budget, and lets a run wait', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { made, dataId, push, chunks } = await opened(
      ({ target }) =>
        target.endsWith('/chunk')
          ? (_, response) => {
              void gate.then(() => response.end('{}'))
            }
          : undefined,
      { memoryBudgetBytes: 2_000 },
    )
    for (let index = 0; index < 3; index++) push(index, 'a')
    expect(thrown(() => push(3, 'a'))).toMatchObject({
      code: 'stream/memory-budget',
      details: { budgetBytes: 2_000 },
    })
    const run = made.run(dataId, {
      channelName: 'b',
      data: Array.from({ length: 30 }, () => [[1], [1]] as const),
    })
    open()
    await run
    await push(3, 'a').stored
    expect(chunks()).toHaveLength(34)
    // What is refused gives back what it held.
    for (let k = 0; k < 10; k++)
      expect(thrown(() => push(3, 'a', [99]))).toMatchObject({ code: 'stream/chunk-reused' })
    for (let k = 0; k < 10; k++) await push(3, 'a').stored
  })

  it('never crashes over a chunk that nobody waits for', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const { made, dataId, push } = await opened(({ target }) =>
      target.endsWith('/chunk') ? { status: 400 } : undefined,
    )
    push(0, 'a')
    push(0, 'a')
    const points = { timestamps: [0], values: [0] }
    made.pushMulti(dataId, { chunkIndex: 0, channels: { a: points, b: points } })
    await failure(made.finalize(dataId))
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  it('pauses for a key that is refused, asks for another, and loses nothing', async () => {
    const keys = ['expired', 'good']
    const { made, dataId, push, server } = await opened(
      ({ headers, target }) =>
        target.endsWith('/chunk') && headers['x-api-key'] === 'expired' ? { status: 403 } : undefined,
      { apiKey: () => keys.shift() ?? 'none' },
    )
    for (const name of ['a', 'b', 'c']) push(0, name)
    const receipt = await made.finalize(dataId)
    expect(receipt.totals.stored).toBe(3)
    expect(server.seen.filter(({ headers }) => headers['x-api-key'] === 'good')).toHaveLength(4)
  })

  it('ends after the drain time-out where the key stays refused, and names what is pending', async () => {
    const { made, dataId, push, server } = await opened(({ target }) =>
      target.includes('/chunk') ? { status: 401 } : undefined,
    )
    const handle = push(4, 'a')
    const error = await failure(made.finalize(dataId, { drainTimeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'upload/undrained', details: { dataId: ID, pending: [4] } })
    expect(error.details.receipt.chunks).toMatchObject([{ index: 4, state: 'queued' }])
    expect((await failure(handle.stored)).code).toBe('upload/undrained')
    expect(server.targets.at(-1)).toBe(`POST /tool-state/stream/${ID}/finalize`)
  })

  it('stops draining when the signal fires', async () => {
    const { made, dataId, push } = await opened(({ target }) =>
      target.includes('/chunk') ? () => undefined : undefined,
    )
    push(0, 'a')
    const stop = new AbortController()
    const finalizing = failure(made.finalize(dataId, { signal: stop.signal }))
    stop.abort()
    expect(await finalizing).toMatchObject({ code: 'upload/undrained', details: { pending: [0] } })
  })

  it('says upload/incomplete where the service cannot be told of the end', async () => {
    const { made, dataId, push } = await opened(({ target }) =>
      target.endsWith('/finalize') ? { status: 404 } : undefined,
    )
    await push(0, 'a').stored
    const error = await failure(made.finalize(dataId))
    expect(error).toMatchObject({
      code: 'upload/incomplete',
      details: { missing: [] },
      cause: { code: 'upload/rejected' },
    })
    expect(error.details.receipt.finalized).toBe(false)
  })

  it('knows its streams', async () => {
    const { made, dataId, push } = await opened()
    expect(
      thrown(() => made.push('other', { chunkIndex: 0, channelName: 'a', timestamps: [], values: [] })),
    ).toMatchObject({
      code: 'stream/unknown-id',
    })
    expect(await failure(made.finalize('other'))).toMatchObject({ code: 'stream/unknown-id' })
    expect(await failure(made.run('other', { channelName: 'a', data: [] }))).toMatchObject({
      code: 'stream/unknown-id',
    })
    const receipt = await made.finalize(dataId)
    expect(await made.finalize(dataId)).toBe(receipt)
    expect(thrown(() => push(0, 'a'))).toMatchObject({ code: 'stream/finalized' })
  })

  it('ends its streams when it is closed, and takes nothing more', async () => {
    const { made, push, server } = await opened()
    push(0, 'a')
    await Promise.all([made.close(), made.close()])
    expect(server.targets.slice(-2)).toEqual([
      'POST /tool-state/stream/chunk',
      `POST /tool-state/stream/${ID}/finalize`,
    ])
    expect(thrown(() => push(1, 'a'))).toMatchObject({ code: 'stream/closed' })
    expect(await failure(made.initialize())).toMatchObject({ code: 'stream/closed' })
    await made[Symbol.asyncDispose]()
    expect(server.targets.filter((target) => target.endsWith('/finalize'))).toHaveLength(1)
  })

  it('reports each change of a chunk', async () => {
    const { made, dataId, push } = await opened(({ body }, count) =>
      body.includes('chunk_index') && count === 2 ? { status: 500 } : undefined,
    )
    const seen: SeriesProgress[] = []
    made.addEventListener('progress', (event) => seen.push((event as CustomEvent<SeriesProgress>).detail))
    await push(0, 'a').stored
    expect(seen.map(({ state, tries }) => [state, tries])).toEqual([
      ['queued', 0],
      ['queued', 1],
      ['stored', 2],
    ])
    expect(seen[0]).toMatchObject({ dataId, index: 0, channels: ['a'], points: 1 })
  })

  it('warns once of time stamps that look like milliseconds', async () => {
    const warnings: string[] = []
    const silent = () => undefined
    const logger: Logger = {
      error: silent,
      warn: (message) => warnings.push(message),
      info: silent,
      debug: silent,
      trace: silent,
    }
    const { made, dataId } = await opened(undefined, { logger, verbosity: 1 })
    for (const chunkIndex of [0, 1]) {
      made.push(dataId, { chunkIndex, channelName: 'a', timestamps: [1_700_000_000_000], values: [1] })
    }
    expect(warnings).toEqual([expect.stringContaining('look like milliseconds')])
  })

  it.each<[string, Partial<TimeseriesStreamerOptions>]>([
    ['apiKey', { apiKey: '' }],
    ['endpoint', { endpoint: 'nowhere' }],
    ['pointsPerChunk', { pointsPerChunk: 0 }],
    ['maxUploads', { maxUploads: 1.5 }],
    ['memoryBudgetBytes', { memoryBudgetBytes: -1 }],
    ['retryMs', { retryMs: Number.NaN }],
    ['verbosity', { verbosity: 5 as never }],
  ])('refuses a bad %s', (option, options) => {
    const make = () => new TimeseriesStreamer({ apiKey: 'k', endpoint: 'http://x', verbosity: 0, ...options })
    expect(thrown(make)).toMatchObject({ code: 'stream/option', details: { option } })
  })

  it.each<[string, TimeseriesStreamOptions]>([
    ['synthSourceId', { synthSourceId: 1.5 }],
    ['streamName', { streamName: 5 as never }],
    ['physicalSample', { physicalSample: 5 as never }],
    ['tags', { tags: 'one' as never }],
    ['tags', { tags: [1] as never }],
  ])('refuses a bad %s before anything is sent', async (option, options) => {
    const server = await service()
    expect(await failure(streamer(server).initialize(options))).toMatchObject({
      code: 'stream/option',
      details: { option },
    })
    expect(server.seen).toEqual([])
  })

  it('says that the service cannot be reached, within the time it was given', async () => {
    const server = await service()
    await server.stop()
    expect(await failure(streamer(server, { retryMs: 20 }).initialize())).toMatchObject({
      code: 'upload/unreachable',
    })
  })

  it('takes the endpoint from the environment', async () => {
    const server = await service()
    vi.stubEnv('AS_API_ENDPOINT', server.root)
    expect(await streamer(server, { endpoint: undefined }).initialize()).toBe(ID)
  })
})
