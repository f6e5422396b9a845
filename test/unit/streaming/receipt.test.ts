import { describe, expect, it } from 'vitest'
import { type ChunkReceipt, receiptOf } from '../../../ts/streaming/receipt.js'

const stream = { dataId: 'd', streamName: 's', fps: 4, chunkSize: 8, finalized: true }

function chunk(index: number, more: Partial<ChunkReceipt>): ChunkReceipt {
  const times = { captureStartMs: 0, captureEndMs: 1 }
  return { index, state: 'stored', frames: 8, height: 2, width: 2, ...times, rawBytes: 32, tries: 1, ...more }
}

describe('receiptOf', () => {
  it('names skipped indexes and sums up in order of index', () => {
    const receipt = receiptOf(
      stream,
      [chunk(5, { bytes: 9, clampedPixels: 3 }), chunk(1, { bytes: 7, clampedPixels: 2 })],
      [],
    )
    expect(receipt.chunks.map(({ index }) => index)).toEqual([1, 5])
    expect(receipt.skipped).toEqual([0, 2, 3, 4])
    expect(receipt.totals).toEqual({
      chunks: 2,
      stored: 2,
      frames: 16,
      framesStored: 16,
      rawBytes: 64,
      bytes: 16,
      clampedPixels: 5,
    })
  })

  it('attributes losses: before sealing to the app, after it to the upload; what waits in a journal is not lost', () => {
    const chunks = [
      chunk(0, {}),
      chunk(1, { state: 'failed', frames: 3 }),
      chunk(2, { state: 'failed', frames: 4, sha256: 'aa' }),
      chunk(3, { state: 'journaled', frames: 2, sha256: 'bb' }),
    ]
    const refused = [{ index: 0, frames: 5, error: { code: 'stream/chunk-reused', message: '' } }]
    const { losses, totals } = receiptOf(stream, chunks, refused)
    expect(losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 8, upload: 4 })
    expect(totals.framesStored).toBe(8)
  })
})
