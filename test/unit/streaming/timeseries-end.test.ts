import { describe, expect, it } from 'vitest'
import { failure, ID, opened, thrown } from './series-service.js'

describe('the end of a scalar stream', () => {
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
    expect(error.details.receipt.chunks).toMatchObject([
      { index: 4, state: 'failed', error: { code: 'upload/undrained' } },
    ])
    expect(error.details.receipt.losses).toMatchObject({ app: 0, upload: 1 })
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
})
