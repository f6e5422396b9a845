import { readdirSync } from 'node:fs'
import { FramewireError, type JournalPlace, journalFolder } from 'framewire'
import { describe, expect, it } from 'vitest'
import { H, JournaledStreams, nothingStored, STREAM, stack, through, W } from './journaled.js'

const streams = new JournaledStreams()

/** A stream of three chunks that a streamer left in the journal, none of them stored. */
async function left(): Promise<string> {
  const streamer = streams.streaming({ transport: nothingStored })
  const dataId = await streamer.initialize(STREAM)
  for (const index of [0, 1, 2]) await streamer.push(dataId, index, stack(4, index)).journaled
  await streamer.close()
  expect(readdirSync(streams.path)).toEqual([dataId])
  return dataId
}

describe('a stream that was left in its journal', () => {
  it('is resumed: its chunks are stored, more may be pushed, and it ends as ever', async () => {
    const dataId = await left()
    const streamer = streams.streaming()
    const resumed = await streamer.resume(dataId)
    expect(resumed).toMatchObject({ dataId, chunks: 3, pending: 3, finalizeAsked: false })
    await resumed.settled
    // The same pixels again change nothing, others are refused; a new index is a new chunk.
    await streamer.push(dataId, 1, stack(4, 1)).stored
    await expect(streamer.push(dataId, 2, stack(4, 9)).stored).rejects.toMatchObject({
      code: 'stream/chunk-reused',
    })
    await streamer.push(dataId, 3, stack(4, 3)).stored
    await expect(streamer.finalize(dataId)).rejects.toMatchObject({ code: 'upload/incomplete' })
    await streams.expectWhole(dataId, 4)
    expect(readdirSync(streams.path)).toEqual([])
  })

  it('does not send again what the server proves to hold', async () => {
    const dataId = await left()
    // All were stored, and the answers were lost: the journal does not know.
    const lossy = through(() => undefined)
    const second = streams.streaming({
      transport: async (request) => {
        const answer = await lossy(request)
        return request.method === 'PUT' ? { status: 503, headers: {}, text: '' } : answer
      },
    })
    await second.resume(dataId)
    for (let chunks = 0; chunks < 3; ) {
      const answer = await fetch(`${streams.server.url}/framewire/v1/streams/${dataId}/chunks`, {
        headers: { 'x-api-key': 'k' },
      })
      chunks = ((await answer.json()) as { chunks: unknown[] }).chunks.length
    }
    await second.close()

    const puts: string[] = []
    const third = streams.streaming({
      transport: through((method, url) => {
        if (method === 'PUT') puts.push(url)
        return undefined
      }),
    })
    expect(await third.resume(dataId)).toMatchObject({ chunks: 3, pending: 0 })
    const receipt = await third.finalize(dataId)
    expect(puts).toEqual([])
    expect(receipt.chunks.map(({ state, proof }) => [state, proof])).toEqual(Array(3).fill(['stored', 'md5']))
    await streams.expectWhole(dataId, 3)
  })

  it('is stored once more under the same keys at a service that cannot tell what it holds', async () => {
    const dataId = await left()
    const streamer = streams.streaming({
      transport: through((_, url) => (url.endsWith('/chunks') ? 404 : undefined)),
    })
    expect(await streamer.resume(dataId)).toMatchObject({ pending: 3 })
    expect((await streamer.finalize(dataId)).totals.framesStored).toBe(12)
    await streams.expectWhole(dataId, 3)
  })

  it('is refused at another endpoint, with the right one named, and is free afterwards', async () => {
    const dataId = await left()
    const other = streams.streaming({ endpoint: 'http://127.0.0.1:9' })
    await expect(other.resume(dataId)).rejects.toMatchObject({
      code: 'stream/option',
      details: { option: 'endpoint' },
      message: expect.stringContaining(streams.server.url),
    })
    const streamer = streams.streaming()
    await streamer.resume(dataId)
    await expect(streams.streaming().resume(dataId)).rejects.toMatchObject({
      code: 'journal/locked',
      details: { pid: process.pid },
    })
    await streamer.finalize(dataId)
    await streams.expectWhole(dataId, 3)
    await expect(streamer.resume(dataId)).rejects.toMatchObject({ code: 'journal/missing' })
  })

  it('keeps the range that its first chunk was measured by', async () => {
    const wide = (lo: number, hi: number) => ({
      data: Uint16Array.from({ length: 4 * H * W }, (_, at) => (at % 2 ? lo : hi)),
      shape: [4, H, W],
    })
    const first = streams.streaming({ transport: nothingStored })
    const dataId = await first.initialize({ ...STREAM, scale: 'measured' })
    await first.push(dataId, 0, wide(100, 1100)).journaled
    await first.close()
    const streamer = streams.streaming()
    await streamer.resume(dataId)
    await streamer.push(dataId, 1, wide(350, 600)).stored
    const receipt = await streamer.finalize(dataId)
    expect(receipt.range).toEqual({ lo: 100, hi: 1100 })
    // (350 - 100) * 255 / 1000 and (600 - 100) * 255 / 1000, rounded down.
    expect([...new Set(await streams.stored(dataId, 4, 4))].sort()).toEqual([127, 63])
  })
})

describe('a journal', () => {
  it('keeps a chunk that the service refused, and has it tried again', async () => {
    const refusing = streams.streaming({
      transport: through((method, url) =>
        method === 'PUT' && /frames\/c\/1\/|[/=]1[/?&]/.test(url) ? 413 : undefined,
      ),
    })
    const dataId = await refusing.initialize(STREAM)
    for (const index of [0, 1, 2]) refusing.push(dataId, index, stack(4, index))
    await expect(refusing.finalize(dataId)).rejects.toMatchObject({
      code: 'upload/incomplete',
      details: { missing: [1], receipt: { losses: { upload: 4 } } },
    })
    await refusing.close()
    expect(readdirSync(streams.path)).toEqual([dataId])

    const streamer = streams.streaming()
    expect(await streamer.resume(dataId)).toMatchObject({ chunks: 3, pending: 1, finalizeAsked: true })
    expect((await streamer.finalize(dataId)).losses.upload).toBe(0)
    await streams.expectWhole(dataId, 3)
    expect(readdirSync(streams.path)).toEqual([])
  })

  it('that is full refuses the newest chunk, which is on the receipt, and no other', async () => {
    const streamer = streams.streaming({
      transport: nothingStored,
      journal: journalFolder(streams.path, { budgetBytes: 1500 }),
    })
    const dataId = await streamer.initialize(STREAM)
    const states: string[] = []
    for (let index = 0; index < 8; index++) {
      const { journaled } = streamer.push(dataId, index, stack(4, index))
      states.push(
        await journaled.then(
          () => 'kept',
          (error: { code: string }) => error.code,
        ),
      )
    }
    const refused = states.indexOf('journal/budget')
    expect(refused).toBeGreaterThan(0)
    expect(states).toEqual(states.map((_, index) => (index < refused ? 'kept' : 'journal/budget')))
    const thrown = await streamer.finalize(dataId, { drainTimeoutMs: 50 }).catch((error) => error)
    expect(thrown).toMatchObject({ code: 'upload/undrained' })
    expect(thrown.details.receipt.losses).toMatchObject({ app: 0, upload: 4 * (8 - refused) })
    expect(thrown.details.receipt.chunks.slice(0, refused)).toEqual(
      Array.from({ length: refused }, () => expect.objectContaining({ state: 'journaled' })),
    )
  })

  it('that takes no note of the end does not keep the stream from ending', async () => {
    const place = journalFolder(streams.path)
    const full = new FramewireError('journal/full', 'The disk is full.', { path: streams.path })
    const journal: JournalPlace = {
      durable: true,
      keeps: false,
      create: async (session) => {
        const made = await place.create(session)
        const append = made.append.bind(made)
        made.append = (note) => (/^finali/.test(note.type) ? Promise.reject(full) : append(note))
        return made
      },
      open: (id) => place.open(id),
      look: (id) => place.look(id),
      list: () => place.list(),
      verify: (id) => place.verify(id),
      remove: (id) => place.remove(id),
    }
    const streamer = streams.streaming({ journal })
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 0, stack(4, 0))
    expect(await streamer.finalize(dataId)).toMatchObject({ finalized: true, totals: { stored: 1 } })
    expect(readdirSync(streams.path)).toEqual([])
  })

  it('counts the tries of those who had it before', async () => {
    const first = streams.streaming({ transport: nothingStored })
    const dataId = await first.initialize(STREAM)
    await first.push(dataId, 0, stack(4, 0)).journaled
    const tries = async () => (await journalFolder(streams.path).look(dataId)).state.chunks.get(0)!.tries
    while ((await tries()) < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    await first.close()
    const before = await tries()
    const second = streams.streaming()
    await second.resume(dataId)
    const { chunks } = await second.finalize(dataId)
    expect(chunks[0]!.tries).toBe(before + 1)
  })
})
