import { describe, expect, it } from 'vitest'
import { MemoryPlace } from '../../../ts/journal/memory-place.js'
import type { JournalPlace } from '../../../ts/journal/place.js'
import { ForgetfulDisk } from '../../disk/forgetful-disk.js'
import { frameSession, placeOn } from '../../journal/journals.js'
import type { Reply } from '../upload/loopback.js'
import {
  arrivals,
  failure,
  ID,
  opened,
  pushing,
  service,
  statesOf,
  streamer,
  thrown,
} from './series-service.js'

const isChunk = ({ target }: { target: string }) => target.includes('/stream/chunk')
/** The request is taken, and never answered. */
const silence: Reply = () => undefined
const offline = (seen: { target: string }) => (isChunk(seen) ? silence : undefined)
const onDisk = (disk = new ForgetfulDisk()) => ({ disk, journal: placeOn(disk) })

describe.each<[string, () => JournalPlace]>([
  ['memory', () => new MemoryPlace(Date.now)],
  ['a disk', () => onDisk().journal],
])('a scalar stream with its journal in %s', (_, place) => {
  it('journals a chunk before it is sent, and says so', async () => {
    const journal = place()
    const { made, dataId, push } = await opened(undefined, { journal })
    const seen: string[] = []
    made.addEventListener('progress', (event) => {
      const { state } = (event as CustomEvent<{ state: string }>).detail
      seen.push(state)
    })
    const { journaled, stored } = push(0, 'a')
    await journaled
    expect((await journal.look(dataId)).state.points.size).toBe(1)
    await stored
    expect(seen).toEqual(['queued', 'journaled', 'stored'])
    const { state, request } = await journal.look(dataId)
    expect(state.points.get(0)).toMatchObject({ tries: 1, stored: { proof: 'status' } })
    // Nobody needs the text any more.
    expect((await failure(request(0))).code).toBe('core/internal')
    const receipt = await made.finalize(dataId)
    expect(receipt.chunks[0]!.journaledAtMs).toBeLessThanOrEqual(receipt.chunks[0]!.storedAtMs!)
    // What is whole needs no journal.
    expect(await journal.list()).toEqual([])
  })

  it('keeps what the stream was begun with', async () => {
    const journal = place()
    const server = await service()
    const origin = { file: 'furnace.csv', lines: [1, 2] }
    const made = streamer(server, { journal })
    const dataId = await made.initialize({ streamName: 'T', origin })
    const { session } = (await journal.look(dataId)).state
    expect(session).toMatchObject({ kind: 'series', endpoint: server.root, streamName: 'T', origin })
  })

  it('ends a stream whose journal cannot be begun', async () => {
    const journal = place()
    const server = await service()
    journal.create = () => Promise.reject(new Error('no'))
    expect((await failure(streamer(server, { journal }).initialize())).message).toBe('no')
    expect(server.targets.at(-1)).toBe(`POST /tool-state/stream/${ID}/finalize`)
  })
})

describe('a scalar stream with a journal on disk', () => {
  it('sends nothing that a power cut could take back', async () => {
    const { disk, journal } = onDisk()
    const left: ForgetfulDisk[] = []
    const { made, dataId, push } = await opened(
      (seen) => {
        if (isChunk(seen)) left.push(disk.afterCrash())
        return undefined
      },
      { journal },
    )
    for (const index of [0, 1, 2, 3]) push(index, index % 2 ? 'a' : 'b')
    await made.finalize(dataId)
    expect(left).toHaveLength(4)
    for (const crashed of left) {
      expect((await placeOn(crashed).look(dataId)).state.points.size).toBe(4)
    }
  })

  it('gives memory back when a chunk is journaled: an outage is bounded by the disk', async () => {
    const { made, dataId, push } = await opened(offline, { ...onDisk(), memoryBudgetBytes: 1_200 })
    const first = [push(0, 'a'), push(1, 'a')]
    expect(thrown(() => push(2, 'a'))).toMatchObject({ code: 'stream/memory-budget' })
    await Promise.all(first.map(({ journaled }) => journaled))
    for (let index = 2; index < 40; index++) await push(index, 'a').journaled
    const error = await failure(made.finalize(dataId, { drainTimeoutMs: 0 }))
    const all = Array.from({ length: 40 }, (_, index) => [index, 'journaled'])
    expect(statesOf(error.details.receipt)).toEqual(all)
  })

  it('has a run wait until chunks are stored: the journal does not grow to what the producer has', async () => {
    const { disk, journal } = onDisk()
    const { made, dataId } = await opened(offline, { journal, memoryBudgetBytes: 1_200 })
    let asked = 0
    function* data() {
      for (; asked < 100; asked++) yield [[asked], [asked]] as const
    }
    const running = failure(made.run(dataId, { channelName: 'a', data: data() }))
    const journaled = async () => (await placeOn(disk.afterCrash()).look(dataId)).state.points.size
    await expect.poll(journaled).toBe(2)
    await made.close()
    // What is left is no success of the run.
    expect((await running).code).toMatch(/^(upload\/undrained|stream\/closed)$/)
    expect(asked).toBeLessThanOrEqual(3)
    expect(await journaled()).toBe(2)
  })

  it('fails only the chunk that the disk has no room for, and takes it when there is some', async () => {
    const { disk, journal } = onDisk()
    const { made, dataId, push, server } = await opened(undefined, { journal, memoryBudgetBytes: 1_200 })
    await push(0, 'a').stored
    disk.fullAt(disk.operations)
    for (let turn = 0; turn < 5; turn++) {
      const { journaled, stored } = push(1, 'a')
      expect(await failure(journaled)).toMatchObject({ code: 'journal/full' })
      expect(await failure(stored)).toMatchObject({ code: 'journal/full' })
    }
    disk.fullAt(Number.POSITIVE_INFINITY)
    await push(2, 'a').stored
    const { state } = await journal.look(dataId)
    expect([...state.points.values()].map(({ entry }) => entry.index)).toEqual([0, 2])
    await push(1, 'a').stored
    expect(arrivals(server)).toEqual(['a0', 'a2', 'a1'])
    expect((await made.finalize(dataId)).totals).toEqual({
      chunks: 3,
      stored: 3,
      points: 3,
      pointsStored: 3,
    })
  })

  it('tells what never came into the journal as lost in the app', async () => {
    const { disk, journal } = onDisk()
    const { made, dataId, push } = await opened(undefined, { journal })
    await push(0, 'a').stored
    disk.fullAt(disk.operations)
    push(1, 'a', [1, 2, 3])
    const error = await failure(made.finalize(dataId))
    expect(error).toMatchObject({ code: 'upload/incomplete', details: { missing: [1] } })
    const { chunks, losses } = error.details.receipt
    expect(chunks[1]).toMatchObject({ state: 'failed', tries: 0, error: { code: 'journal/full' } })
    expect(losses).toMatchObject({ app: 3, upload: 0 })
  })

  it('ends well on a disk that is full by then: the service has all', async () => {
    const { disk, journal } = onDisk()
    const { made, dataId, push } = await opened(
      (seen) => {
        if (isChunk(seen)) disk.fullAt(disk.operations)
        return undefined
      },
      { journal },
    )
    await push(0, 'a').stored
    expect(await made.finalize(dataId)).toMatchObject({ finalized: true, totals: { stored: 1 } })
    expect(await journal.list()).toEqual([])
  })

  it('tells the receipt although the journal cannot be taken away', async () => {
    const { disk, journal } = onDisk()
    const warnings: string[] = []
    const silent = () => undefined
    const logger = {
      error: silent,
      warn: (message: string) => void warnings.push(message),
      info: silent,
      debug: silent,
      trace: silent,
    }
    const { made, dataId, push } = await opened(undefined, { journal, logger, verbosity: 1 })
    await push(0, 'a').stored
    disk.rename = () => Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS' }))
    expect((await made.finalize(dataId)).finalized).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('could not be put away')])
    // It is free, and nothing in it is due.
    const again = await journal.open(dataId)
    expect(again.state.finalizedAtMs).toBeDefined()
    await again.close()
  })
})

describe('a scalar stream that was left in its journal', () => {
  /** Chunks 0 and 1 of `a`, and 0 of `b` and `c` together, none of them stored. */
  async function left() {
    const { journal } = onDisk()
    const server = await service(offline)
    const made = streamer(server, { journal })
    const dataId = await made.initialize({ origin: 'furnace' })
    const push = pushing(made, dataId)
    const points = { timestamps: [0], values: [7] }
    const multi = made.pushMulti(dataId, { chunkIndex: 0, channels: { b: points, c: points } })
    const handles = [push(0, 'a'), push(1, 'a', [1, 2]), multi]
    await Promise.all(handles.map(({ journaled }) => journaled))
    await made.close()
    for (const { stored } of handles)
      expect(await failure(stored)).toMatchObject({ code: 'upload/undrained' })
    expect(server.targets.filter((target) => target.endsWith('/finalize'))).toEqual([])
    server.seen.length = 0
    server.reply = () => ({})
    return { journal, server, dataId }
  }

  it('is resumed: its chunks go out as they were, more may be pushed, and it ends as ever', async () => {
    const { journal, server, dataId } = await left()
    const made = streamer(server, { journal })
    const resumed = await made.resume(dataId)
    expect(resumed).toMatchObject({
      dataId,
      chunks: 3,
      pending: 3,
      indexes: [0, 1],
      finalizeAsked: false,
      origin: 'furnace',
    })
    await resumed.settled
    const id = `"data_id":"${ID}"`
    expect(server.seen.map(({ target, body }) => `${target} ${body}`).sort()).toEqual([
      `/tool-state/stream/chunk {${id},"chunk_index":0,"channel_name":"a","timestamps":[0.0],"values":[0.0]}`,
      `/tool-state/stream/chunk {${id},"chunk_index":1,"channel_name":"a","timestamps":[0.0,1.0],"values":[1.0,2.0]}`,
      `/tool-state/stream/chunk/multi {${id},"chunk_index":0,"channels":{"b":{"timestamps":[0.0],"values":[7.0]},"c":{"timestamps":[0.0],"values":[7.0]}}}`,
    ])
    await pushing(made, dataId)(2, 'a').stored
    const receipt = await made.finalize(dataId)
    expect(receipt.totals).toEqual({ chunks: 4, stored: 4, points: 6, pointsStored: 6 })
    expect(receipt.channels.map(({ name, chunks, points }) => [name, chunks, points])).toEqual([
      ['b', 1, 1],
      ['c', 1, 1],
      ['a', 3, 4],
    ])
    expect(await journal.list()).toEqual([])
  })

  it('may be left again and again, and grows', async () => {
    const { journal, server, dataId } = await left()
    server.reply = () => silence
    for (const index of [2, 3, 4]) {
      const made = streamer(server, { journal })
      expect(await made.resume(dataId)).toMatchObject({ chunks: index + 1, pending: index + 1 })
      await pushing(made, dataId)(index, 'a').journaled
      await made.close()
    }
    server.reply = () => ({})
    const made = streamer(server, { journal })
    await made.resume(dataId)
    const receipt = await made.finalize(dataId)
    expect(receipt.channels.find(({ name }) => name === 'a')).toMatchObject({ chunks: 5, skipped: [] })
    expect(receipt.totals).toMatchObject({ chunks: 6, stored: 6 })
  })

  it('knows the points that it has, and refuses others under their index', async () => {
    const { journal, server, dataId } = await left()
    const made = streamer(server, { journal })
    await made.resume(dataId)
    const push = pushing(made, dataId)
    await push(1, 'a', [1, 2]).stored
    for (const values of [[1, 3], [1]])
      expect(thrown(() => push(1, 'a', values))).toMatchObject({ code: 'stream/chunk-reused' })
    // The same run once more goes on where it stopped.
    const data: [number[], number[]][] = [
      [[0], [0]],
      [
        [0, 1],
        [1, 2],
      ],
      [[0], [9]],
    ]
    await made.run(dataId, { channelName: 'a', data })
    await made.finalize(dataId)
    expect(server.seen.filter(isChunk)).toHaveLength(4)
  })

  it('keeps what was given up, and has it tried again', async () => {
    const { journal, server, dataId } = await left()
    server.reply = ({ body }) => (body.includes('"channels"') ? { status: 413 } : {})
    const made = streamer(server, { journal })
    await made.resume(dataId)
    const error = await failure(made.finalize(dataId))
    expect(error).toMatchObject({ code: 'upload/incomplete', details: { missing: [0] } })
    expect(error.details.receipt.losses).toMatchObject({ upload: 2 })
    await made.close()

    server.reply = () => ({})
    const again = streamer(server, { journal })
    expect(await again.resume(dataId)).toMatchObject({ chunks: 3, pending: 1, finalizeAsked: true })
    const receipt = await again.finalize(dataId)
    expect(receipt.totals).toMatchObject({ chunks: 3, stored: 3 })
    // Tries of all who tried: the first was cut off, the second refused.
    expect(receipt.chunks.find(({ channels }) => channels.includes('b'))!.tries).toBe(3)
    expect(await journal.list()).toEqual([])
  })

  it('does not let what was given up take the place of what came in its stead', async () => {
    const { journal } = onDisk()
    const server = await service(({ body }) => (body.includes('[666.0]') ? { status: 400 } : undefined))
    const made = streamer(server, { journal })
    const dataId = await made.initialize()
    const [bad, good] = [
      { timestamps: [0], values: [666] },
      { timestamps: [0], values: [5] },
    ]
    await failure(made.pushMulti(dataId, { chunkIndex: 0, channels: { a: bad, b: bad } }).stored)
    await pushing(made, dataId)(0, 'a', [5]).stored
    await made.close()

    const again = streamer(server, { journal })
    expect(await again.resume(dataId)).toMatchObject({ chunks: 2, pending: 0 })
    await again.pushMulti(dataId, { chunkIndex: 0, channels: { a: good, b: good } }).stored
    const receipt = await again.finalize(dataId)
    expect(receipt.totals).toEqual({ chunks: 2, stored: 2, points: 2, pointsStored: 2 })
    expect(server.seen.filter(({ body }) => body.includes('666'))).toHaveLength(1)
  })

  it('stays there when it is not drained in time, its end asked for', async () => {
    const { journal, server, dataId } = await left()
    server.reply = ({ target }) => (target.endsWith('/multi') ? { status: 401 } : {})
    const made = streamer(server, { journal })
    await made.resume(dataId)
    const error = await failure(made.finalize(dataId, { drainTimeoutMs: 50 }))
    expect(error).toMatchObject({ code: 'upload/undrained' })
    expect(error.message).toContain('resume it')
    expect(error.details.receipt).toMatchObject({ finalized: false, losses: { app: 0, upload: 0 } })
    expect(thrown(() => pushing(made, dataId)(5, 'a'))).toMatchObject({ code: 'stream/finalized' })
    expect(server.targets.filter((target) => target.endsWith('/finalize'))).toEqual([])

    // The same streamer may go on with it.
    server.reply = () => ({})
    expect(await made.resume(dataId)).toMatchObject({ finalizeAsked: true })
    expect((await made.finalize(dataId)).finalized).toBe(true)
    expect(await journal.list()).toEqual([])
  })

  it('is refused where it does not belong, and is free afterwards', async () => {
    const { journal, server, dataId } = await left()
    const other = streamer(server, { journal, endpoint: 'http://127.0.0.1:9' })
    expect(await failure(other.resume(dataId))).toMatchObject({
      code: 'stream/option',
      details: { option: 'endpoint' },
      message: expect.stringContaining(server.root),
    })
    const stop = new AbortController()
    stop.abort()
    const made = streamer(server, { journal })
    expect(await failure(made.resume(dataId, { signal: stop.signal }))).toMatchObject({
      code: 'stream/aborted',
    })
    await made.resume(dataId)
    expect(await failure(made.resume(dataId))).toMatchObject({ code: 'journal/locked' })
    expect(await failure(made.resume('other'))).toMatchObject({ code: 'journal/missing' })
    await made.finalize(dataId)
    expect(await failure(made.resume(dataId))).toMatchObject({ code: 'journal/missing' })
  })

  it('is no stream of frames', async () => {
    const { journal } = onDisk()
    const frames = await journal.create(frameSession('frames-1'))
    await frames.close()
    const made = streamer(await service(), { journal, endpoint: 'http://localhost:8000' })
    expect(await failure(made.resume('frames-1'))).toMatchObject({
      code: 'stream/option',
      details: { option: 'dataId', given: 'frames-1' },
    })
    await made.close()
    expect(await failure(made.resume('frames-1'))).toMatchObject({ code: 'stream/closed' })
  })
})
