import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { journalFolder, type Receipt } from 'framewire'
import { parseReceipt, readFrames, receiptProblems, verifyStore } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { JournaledStreams, nothingStored, STREAM, stack } from './journaled.js'

const streams = new JournaledStreams()

/** Expect a kept folder to hold `stack(4, 0)` ... and one short chunk, as the receipt says. */
async function expectKept({ kept, ...receipt }: Receipt, chunks: number): Promise<void> {
  const sent = Array.from({ length: chunks }, (_, index) => stack(4, index).data)
  const last = stack(3, chunks).data
  expect(Buffer.compare(await readFrames(kept!, 0, 4 * chunks + 3), Buffer.concat([...sent, last]))).toBe(0)
  const report = await verifyStore(kept!)
  expect(report.problems).toEqual([])
  expect(receiptProblems(report, parseReceipt(JSON.stringify(receipt), receipt.dataId))).toEqual([])
}

describe('a stream that is kept', () => {
  it('leaves a local store that verifies against its receipt, and no journal', async () => {
    const streamer = streams.streaming()
    const dataId = await streamer.initialize({ ...STREAM, keep: true })
    for (const index of [0, 1]) streamer.push(dataId, index, stack(4, index))
    streamer.push(dataId, 2, stack(3, 2))
    const receipt = await streamer.finalize(dataId)
    expect(receipt.kept).toBe(join(streams.path, dataId))
    await expectKept(receipt, 2)
    await streams.expectWhole(dataId, 2)
    const files = readdirSync(receipt.kept!).filter((name) => !name.startsWith('lock'))
    expect(files.sort()).toEqual(['chunks', 'frames.zarr', 'stream.json'])
    await expect(streams.streaming().resume(dataId)).rejects.toMatchObject({ code: 'journal/kept' })
    expect(await journalFolder(streams.path).list()).toMatchObject([
      { dataId, error: { code: 'journal/kept' } },
    ])
  })

  it('stays in its journal, and is kept when it was resumed to its end', async () => {
    const first = streams.streaming({ transport: nothingStored })
    const dataId = await first.initialize({
      ...STREAM,
      keep: true,
      origin: { file: 'a.npy', from: [1, null] },
    })
    for (const index of [0, 1]) await first.push(dataId, index, stack(4, index)).journaled
    await first.push(dataId, 2, stack(3, 2)).journaled
    await first.close()
    const second = streams.streaming()
    expect(await second.resume(dataId)).toMatchObject({
      pending: 3,
      origin: { file: 'a.npy', from: [1, null] },
    })
    await expectKept(await second.finalize(dataId), 2)
  })

  it('says so where it cannot be kept, stays in its journal, and is kept by the next attempt', async () => {
    const first = streams.streaming()
    const dataId = await first.initialize({ ...STREAM, keep: true })
    const folder = join(streams.path, dataId)
    for (const index of [0, 1]) await first.push(dataId, index, stack(4, index)).stored
    await first.push(dataId, 2, stack(3, 2)).stored
    const [shard] = readdirSync(folder).filter((name) => name.startsWith('1-'))
    renameSync(join(folder, shard!), join(streams.path, 'away'))
    await expect(first.finalize(dataId)).rejects.toMatchObject({
      code: 'journal/not-kept',
      details: { receipt: { totals: { stored: 3 }, finalized: true } },
    })
    renameSync(join(streams.path, 'away'), join(folder, shard!))
    const second = streams.streaming()
    expect(await second.resume(dataId)).toMatchObject({ pending: 0, finalizeAsked: true })
    await expectKept(await second.finalize(dataId), 2)
  })

  it('needs a journal on disk', async () => {
    const streamer = streams.streaming({ journal: undefined })
    await expect(streamer.initialize({ ...STREAM, keep: true })).rejects.toMatchObject({
      code: 'stream/option',
      details: { option: 'keep' },
    })
  })
})

describe('a stream that is not kept', () => {
  it('leaves nothing', async () => {
    const streamer = streams.streaming()
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 0, stack(4, 0))
    expect((await streamer.finalize(dataId)).kept).toBeUndefined()
    expect(existsSync(join(streams.path, dataId))).toBe(false)
  })
})

describe('run', () => {
  it('gives chunks the indexes that it is told', async () => {
    const streamer = streams.streaming()
    const dataId = await streamer.initialize(STREAM)
    await streamer.run(dataId, [stack(4, 2), stack(4, 0)], { pace: 'none', indexes: [2, 0] })
    await expect(
      streamer.run(dataId, [stack(4, 1), stack(4, 3)], { pace: 'none', indexes: [1] }),
    ).rejects.toMatchObject({ code: 'stream/chunk-index' })
    await streamer.finalize(dataId)
    await streams.expectWhole(dataId, 3)
  })
})
