import { describe, expect, it } from 'vitest'
import { IMPLEMENTATIONS } from './implementations.js'
import {
  bytesOf,
  chunkOf,
  code,
  frameSession,
  framesOf,
  keptSession,
  pointsOf,
  seriesSession,
  shardOf,
} from './journals.js'

const given = { code: 'upload/rejected', message: 'no' }

const stored = (item: number) => ({ type: 'stored' as const, item, proof: 'md5' as const })

describe.each(IMPLEMENTATIONS)('journals in $name', ({ durable, keeps, make }) => {
  it('say what they promise', () => {
    expect(make()).toMatchObject({ durable, keeps })
  })

  it('keep a chunk, and give its bytes again and again until it is stored', async () => {
    const journal = await make().create(frameSession())
    const { entry, body, bytes } = chunkOf(3)
    await journal.put(entry, body())
    expect(journal.state.chunks.get(3)).toMatchObject({ entry, tries: 0 })
    const kept = await journal.body(3)
    expect(await bytesOf(kept)).toEqual(bytes)
    expect(await bytesOf(kept)).toEqual(bytes)
    expect(await bytesOf(await journal.body(3))).toEqual(bytes)

    await journal.append({ type: 'tried', item: 3, attempt: 2 })
    await journal.append({ type: 'stored', item: 3, proof: 'md5' })
    expect(journal.state.chunks.get(3)).toMatchObject({ tries: 2, stored: { proof: 'md5' } })
    await expect(journal.body(3)).rejects.toMatchObject(code('core/internal'))
    await journal.append({ type: 'stored', item: 3, proof: 'status' })
    await journal.close()
  })

  it('take a Blob', async () => {
    const journal = await make().create(frameSession())
    const { entry, body, bytes } = chunkOf(0)
    await journal.put(entry, new Blob(body()))
    expect(await bytesOf(await journal.body(0))).toEqual(bytes)
    await journal.close()
  })

  it('give back all that was written down', async () => {
    const place = make()
    const journal = await place.create(frameSession('a'))
    const chunks = [0, 1, 2].map((index) => chunkOf(index))
    await Promise.all(chunks.map(({ entry, body }) => journal.put(entry, body())))
    await journal.append({ type: 'range', lo: 12, hi: 4000 })
    await journal.append({ type: 'tried', item: 0, attempt: 1 })
    await journal.append({ type: 'stored', item: 0, proof: 'status' })
    await journal.append({ type: 'given-up', item: 1, error: given })
    await journal.append({ type: 'finalize' })
    const before = structuredClone(journal.state)
    expect([before.range, before.chunks.get(1)?.givenUp]).toEqual([{ lo: 12, hi: 4000 }, given])
    expect(before.finalizeAskedAtMs).toBeGreaterThan(0)
    await journal.close()

    const again = await place.open('a')
    expect(again.state).toEqual(before)
    expect(await bytesOf(await again.body(2))).toEqual(chunks[2]!.bytes)
    // Nobody can resume what is in memory alone, so there it goes when it is given up.
    if (place.durable) expect(await bytesOf(await again.body(1))).toEqual(chunks[1]!.bytes)
    else await expect(again.body(1)).rejects.toMatchObject(code('core/internal'))
    // What was given up may be stored after all.
    await again.append({ type: 'stored', item: 1, proof: 'md5' })
    await again.append({ type: 'finalized' })
    expect(again.state.chunks.get(1)?.givenUp).toBeUndefined()
    await again.close()
    expect((await place.look('a')).state).toEqual(again.state)
  })

  it('keep scalar points, many at once', async () => {
    const place = make()
    const journal = await place.create(seriesSession())
    const all = Array.from({ length: 50 }, (_, id) => pointsOf(id))
    await Promise.all(all.map((entry) => journal.append({ type: 'points', entry })))
    await journal.append({ type: 'stored', item: 7, proof: 'status' })
    await journal.append({ type: 'given-up', item: 8, error: given })
    const before = structuredClone(journal.state)
    expect(await journal.request(49)).toBe(all[49]!.body)
    await journal.close()
    const again = await place.open('series-1')
    const view = await place.look('series-1')
    for (const { state } of [again, view]) {
      expect(state).toEqual(before)
      expect([...state.points.values()].map(({ entry }) => entry)).toEqual(
        all.map(({ body: _, ...entry }) => entry),
      )
    }
    await again.append({ type: 'points', entry: pointsOf(50) })
    expect(await again.request(50)).toBe(pointsOf(50).body)
    // The view is what was there when it was looked at.
    for (const [{ request }, unknown] of [
      [again, 51],
      [view, 50],
    ] as const) {
      for (const { id, body } of all) {
        if (id !== 7 && id !== 8) expect(await request.call(again, id)).toBe(body)
      }
      // Nobody can resume what is in memory alone, so there it goes when it is given up.
      if (durable) expect(await request.call(again, 8)).toBe(all[8]!.body)
      for (const id of durable ? [7, unknown] : [7, 8, 51])
        await expect(request.call(again, id)).rejects.toMatchObject(code('core/internal'))
    }
    await again.close()
  })

  it('tell of an id that comes again, in one write or in two, the later request', async () => {
    const place = make()
    const journal = await place.create(seriesSession())
    const entry = (id: number, body: string) => ({ ...pointsOf(id), body })
    await Promise.all(
      [entry(0, '[1]'), entry(0, '[2]'), entry(1, '[3]')].map((entry) =>
        journal.append({ type: 'points', entry }),
      ),
    )
    await journal.append({ type: 'points', entry: entry(1, '[4]') })
    expect([await journal.request(0), await journal.request(1)]).toEqual(['[2]', '[4]'])
    await journal.close()
    const view = await place.look('series-1')
    expect([await view.request(0), await view.request(1)]).toEqual(['[2]', '[4]'])
  })

  it('take an index again: the later one stands', async () => {
    const place = make()
    const journal = await place.create(frameSession())
    const first = chunkOf(5)
    const second = chunkOf(5, 400, 99)
    await journal.put(first.entry, first.body())
    await journal.append({ type: 'given-up', item: 5, error: given })
    await journal.put(second.entry, second.body())
    expect(journal.state.chunks.get(5)?.givenUp).toBeUndefined()
    await journal.close()
    const again = await place.open('stream-1')
    expect(await bytesOf(await again.body(5))).toEqual(second.bytes)
    await again.put(first.entry, first.body())
    expect(await bytesOf(await again.body(5))).toEqual(first.bytes)
    await again.close()
  })

  it('are open once at a time', async () => {
    const place = make()
    const journal = await place.create(frameSession())
    await expect(place.open('stream-1')).rejects.toMatchObject(code('journal/locked'))
    await expect(place.remove('stream-1')).rejects.toMatchObject(code('journal/locked'))
    // To be looked at, they need not be closed.
    expect((await place.look('stream-1')).state).toEqual(journal.state)
    await journal.close()
    await journal.close()
    const again = await place.open('stream-1')
    await expect(place.open('stream-1')).rejects.toMatchObject(code('journal/locked'))
    await again.close()
  })

  it('do what they were asked to before they are closed', async () => {
    const place = make()
    const journal = await place.create(frameSession())
    const asked = [journal.append({ type: 'range', lo: 0, hi: 1 }), journal.append({ type: 'finalize' })]
    await journal.close()
    await Promise.all(asked)
    expect((await place.look('stream-1')).state).toMatchObject({
      range: { lo: 0, hi: 1 },
      finalizeAskedAtMs: expect.any(Number),
    })
  })

  it('take nothing after they are closed', async () => {
    const journal = await make().create(frameSession())
    const { entry, body } = chunkOf(0)
    await journal.close()
    await expect(journal.append({ type: 'finalize' })).rejects.toMatchObject(code('core/internal'))
    await expect(journal.put(entry, body())).rejects.toMatchObject(code('core/internal'))
    const frames = framesOf(0)
    await expect(journal.spill(frames.entry, frames.pieces(9))).rejects.toMatchObject(code('core/internal'))
    await expect(journal.remove()).rejects.toMatchObject(code('core/internal'))
    await expect(journal.keep()).rejects.toMatchObject(code('core/internal'))
  })

  it('refuse what cannot be: items that are not known, records of another kind of stream', async () => {
    const place = make()
    const frames = await place.create(frameSession())
    const series = await place.create(seriesSession())
    const { entry, body } = chunkOf(0)
    const wrong = await Promise.allSettled([
      frames.append({ type: 'tried', item: 0, attempt: 1 }),
      frames.append({ type: 'stored', item: 0, proof: 'md5' }),
      frames.append({ type: 'given-up', item: 0, error: given }),
      frames.append({ type: 'points', entry: pointsOf(0) }),
      series.append({ type: 'stored', item: 0, proof: 'md5' }),
      series.put(entry, body()),
      series.spill(framesOf(0).entry, framesOf(0).pieces(400)),
      frames.body(0),
      frames.spilled(0),
      frames.request(0),
      series.request(0),
    ])
    for (const result of wrong) {
      expect(result).toMatchObject({ status: 'rejected', reason: code('core/internal') })
    }
    await frames.close()
    await series.close()
    expect((await place.look('stream-1')).state).toEqual(frames.state)
  })

  it('are listed, found and taken away by their data id, whatever that is', async () => {
    const place = make()
    expect(await place.list()).toEqual([])
    const ids = ['a b/../c', '..', 'CON', 'ünï-✓', '%2E%2E', 'x.removed']
    for (const id of ids) await (await place.create(frameSession(id))).close()
    const listed = await place.list()
    expect(listed.map(({ dataId }) => dataId).sort()).toEqual([...ids].sort())
    for (const { dataId, state, error } of listed) {
      expect([state?.session, error]).toEqual([frameSession(dataId), undefined])
    }
    await expect(place.create(frameSession('..'))).rejects.toMatchObject(code('journal/exists'))
    await place.remove('..')
    await (await place.open('CON')).remove()
    for (const id of ['..', 'CON', 'never']) {
      await expect(place.open(id)).rejects.toMatchObject(code('journal/missing'))
      await expect(place.look(id)).rejects.toMatchObject(code('journal/missing'))
      await expect(place.verify(id)).rejects.toMatchObject(code('journal/missing'))
      await expect(place.remove(id)).rejects.toMatchObject(code('journal/missing'))
    }
    expect((await place.list()).length).toBe(ids.length - 2)
    await (await place.create(frameSession('..'))).close()
  })

  it('give back what their owner wants to know, and whether they are to be kept', async () => {
    const place = make()
    const origin = { files: ['/a/ü.npy'], frames: 12, from: null, deep: [[true, { x: 0.5 }]] }
    const session = { ...keptSession(), origin }
    const journal = await place.create(session)
    const { entry, body, bytes } = shardOf(0)
    await journal.put(entry, body())
    await journal.append(stored(0))
    // A chunk of one that is kept stays.
    if (keeps) expect(await bytesOf(await journal.body(0))).toEqual(bytes)
    await journal.close()
    const view = await place.look('kept-1')
    expect(view.state.session).toEqual(session)
    if (keeps) expect(await bytesOf(await view.body(0))).toEqual(bytes)
    expect(await place.verify('kept-1')).toEqual([])
  })

  it('find no fault where there is none', async () => {
    const place = make()
    const journal = await place.create(frameSession())
    for (const index of [0, 1]) await journal.put(chunkOf(index).entry, chunkOf(index).body())
    await journal.append({ type: 'stored', item: 0, proof: 'md5' })
    expect(await place.verify('stream-1')).toEqual([])
    const view = await place.look('stream-1')
    expect(await bytesOf(await view.body(1))).toEqual(chunkOf(1).bytes)
    await expect(view.body(0)).rejects.toMatchObject(code('core/internal'))
    await journal.close()
  })
})
