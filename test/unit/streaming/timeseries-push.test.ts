import { describe, expect, it } from 'vitest'
import type { Logger } from '../../../ts/streaming/log.js'
import type { SeriesMultiPush, SeriesProgress, SeriesPush } from '../../../ts/streaming/series-options.js'
import { hangUp } from '../upload/loopback.js'
import { arrivals, chunksOf, failure, ID, opened, thrown } from './series-service.js'

describe('chunks of a scalar stream', () => {
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

  it('reports each change of a chunk', async () => {
    const { made, dataId, push } = await opened(({ body }, count) =>
      body.includes('chunk_index') && count === 2 ? { status: 500 } : undefined,
    )
    const seen: SeriesProgress[] = []
    made.addEventListener('progress', (event) => seen.push((event as CustomEvent<SeriesProgress>).detail))
    await push(0, 'a').stored
    expect(seen.map(({ state, tries }) => [state, tries])).toEqual([
      ['queued', 0],
      ['journaled', 0],
      ['journaled', 1],
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
})
