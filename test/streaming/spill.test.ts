import { type ChunkProgress, journalFolder, type RHEEDStreamer, type Stack } from 'framewire'
import { describe, expect, it } from 'vitest'
import { randomBytes } from '../interop/images.js'
import { H, JournaledStreams, nothingStored, STREAM, stack, W } from './journaled.js'

const streams = new JournaledStreams()
/** Memory for one chunk, and of frames that are being spilled for one more. */
const memoryBudgetBytes = 1.5 * 4 * H * W

/** Each state that a chunk was in. */
function statesOf(streamer: RHEEDStreamer): Map<number, string[]> {
  const states = new Map<number, string[]>()
  streamer.addEventListener('progress', (event) => {
    const { index, state } = (event as CustomEvent<ChunkProgress>).detail
    states.set(index, [...(states.get(index) ?? []), state])
  })
  return states
}

describe('frames that find no room in memory', () => {
  it('are spilled to the journal, and packed and stored when there is room', async () => {
    const streamer = streams.streaming({ memoryBudgetBytes })
    const states = statesOf(streamer)
    const dataId = await streamer.initialize(STREAM)
    const packed = streamer.push(dataId, 0, stack(4, 0))
    const spilled = streamer.push(dataId, 1, stack(4, 1))
    // The disk is not given more at once than memory may hold for it.
    expect(() => streamer.push(dataId, 2, stack(4, 2))).toThrow(
      expect.objectContaining({ code: 'stream/memory-budget' }),
    )
    await Promise.all([packed.packaged, spilled.journaled])
    await streamer.push(dataId, 2, stack(4, 2)).stored
    const receipt = await streamer.finalize(dataId)
    await streams.expectWhole(dataId, 3)
    expect(states.get(0)).toEqual(['queued', 'packaged', 'journaled', 'stored'])
    expect(states.get(1)).toEqual(['queued', 'spilled', 'packaged', 'journaled', 'stored'])
    const { spilledAtMs, packagedAtMs } = receipt.chunks[1]!
    expect(spilledAtMs).toBeLessThanOrEqual(packagedAtMs!)
    expect(receipt.chunks[0]!.spilledAtMs).toBeUndefined()
  })

  it('may be written again once they are journaled, lent or not', async () => {
    const streamer = streams.streaming({ memoryBudgetBytes })
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 0, stack(4, 0))
    const lent = stack(4, 1)
    await streamer.push(dataId, 1, lent).journaled
    lent.data.fill(0)
    const given = stack(4, 2)
    await streamer.push(dataId, 2, given, { transfer: true }).journaled
    expect(given.data.byteLength).toBe(0)
    await streamer.finalize(dataId)
    await streams.expectWhole(dataId, 3)
  })

  it('are packed by whoever resumes the stream, in the range that was measured', async () => {
    // Noise, which packing makes no smaller: of 16-bit pixels half remains.
    const values = (seed: number) => {
      const random = randomBytes(8 * H * W, seed)
      return Array.from(
        { length: 4 * H * W },
        (_, at) => 100 + ((random[2 * at]! * 256 + random[2 * at + 1]!) % 1001),
      )
    }
    const wide = (seed: number): Stack => ({ data: Uint16Array.from(values(seed)), shape: [4, H, W] })
    const first = streams.streaming({ memoryBudgetBytes: 2 * memoryBudgetBytes, transport: nothingStored })
    const dataId = await first.initialize({ ...STREAM, scale: 'measured' })
    // What `run` has packed holds its memory until it is stored, which it never is.
    await first.run(dataId, [wide(0)], { pace: 'none' })
    const { packaged, journaled } = first.push(dataId, 1, wide(1))
    await journaled
    await first.close()
    await expect(packaged).rejects.toMatchObject({ code: 'upload/undrained' })
    const { state } = await journalFolder(streams.path).look(dataId)
    expect([[...state.chunks.keys()], [...state.spills.keys()]]).toEqual([[0], [1]])

    const second = streams.streaming()
    expect(await second.resume(dataId)).toMatchObject({ chunks: 2, pending: 2, indexes: [0, 1] })
    const receipt = await second.finalize(dataId)
    const lo = Math.min(...values(0))
    const hi = Math.max(...values(0))
    expect(receipt).toMatchObject({ range: { lo, hi }, finalized: true, totals: { stored: 2 } })
    const gray = (value: number) => Math.floor(((Math.min(Math.max(value, lo), hi) - lo) * 255) / (hi - lo))
    const sent = Buffer.from([...values(0), ...values(1)].map(gray))
    expect(Buffer.compare(await streams.stored(dataId, 0, 8), sent)).toBe(0)
  })

  it('are refused where the journal has no room for them either, and named', async () => {
    const journal = journalFolder(streams.path, { budgetBytes: 100 })
    const streamer = streams.streaming({ memoryBudgetBytes, journal })
    const dataId = await streamer.initialize(STREAM)
    const packed = streamer.push(dataId, 0, stack(4, 0))
    await expect(streamer.push(dataId, 1, stack(4, 1)).journaled).rejects.toMatchObject({
      code: 'journal/budget',
    })
    await packed.packaged
    const thrown = await streamer.finalize(dataId).catch((error) => error)
    expect(thrown).toMatchObject({ code: 'upload/incomplete' })
    expect(thrown.details.receipt.chunks[1]).toMatchObject({
      state: 'failed',
      error: { code: 'journal/budget' },
    })
    expect(thrown.details.receipt.losses.app).toBe(4)
  })

  it('that repeat a chunk are compared, and take nothing from the journal', async () => {
    const streamer = streams.streaming({ memoryBudgetBytes })
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 0, stack(4, 0))
    await expect(streamer.push(dataId, 0, stack(4, 9)).packaged).rejects.toMatchObject({
      code: 'stream/chunk-reused',
    })
    await expect(streamer.finalize(dataId)).rejects.toMatchObject({ code: 'upload/incomplete' })
    await streams.expectWhole(dataId, 1)
  })
})

describe('without a journal on disk', () => {
  it('frames that find no room are refused at once', async () => {
    const streamer = streams.streaming({ memoryBudgetBytes, journal: undefined })
    const dataId = await streamer.initialize(STREAM)
    streamer.push(dataId, 0, stack(4, 0))
    expect(() => streamer.push(dataId, 1, stack(4, 1))).toThrow(
      expect.objectContaining({ code: 'stream/memory-budget' }),
    )
  })
})
