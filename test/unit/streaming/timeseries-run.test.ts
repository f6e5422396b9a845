import { describe, expect, it } from 'vitest'
import { arrivals, failure, opened, thrown } from './series-service.js'

describe('a run of a scalar stream', () => {
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
})
