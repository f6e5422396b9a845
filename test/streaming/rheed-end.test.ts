import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ChunkProgress, Receipt, RHEEDStreamerOptions } from 'framewire'
import { describe, expect, it, onTestFinished } from 'vitest'
import { JournaledStreams, STREAM, stack } from './journaled.js'

const streams = new JournaledStreams()
/** Without a journal on disk. */
const streaming = (options: Partial<RHEEDStreamerOptions> = {}) =>
  streams.streaming({ maxWorkers: 2, journal: undefined, ...options })

describe('the end', () => {
  it('comes at once where it must, and frees the pixels that are on their way', async () => {
    // Answers without a turn of the event loop, so that the end is there before the pixels are.
    const s = streaming({ transport: async () => ({ status: 200, headers: {}, text: '"instant"' }) })
    const dataId = await s.initialize({ ...STREAM, chunkSize: 64 })
    const held = () => process.memoryUsage().arrayBuffers
    const before = held()
    const data = new Uint8Array(64 * 2 ** 20)
    const handle = s.push(dataId, 0, { data, shape: [64, 1024, 1024] }, { transfer: true })
    expect(data).toHaveLength(0)
    await expect(s.finalize(dataId, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'upload/undrained',
      details: { pending: [0], receipt: { chunks: [{ state: 'failed' }] } },
    })
    await expect(handle.packaged).rejects.toMatchObject({ code: 'stream/closed' })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(held() - before).toBeLessThan(8 * 2 ** 20)
  })

  it.each([
    ['lent', false],
    ['taken over', true],
  ])(
    'of a process waits for what is awaited of frames that were %s, and for nothing else',
    async (_, transfer) => {
      const script = fileURLToPath(new URL('one-push.mjs', import.meta.url))
      const args = [script, streams.server.url, String(transfer)]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      onTestFinished(() => void child.kill())
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ])
      expect([out, err, code]).toEqual(['stored\n', '', 0])
    },
  )

  it('answers a second finalize with the same receipt, and refuses pushes', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, stack(4, 1))
    const [once, twice]: Receipt[] = await Promise.all([s.finalize(dataId), s.finalize(dataId)])
    expect(twice).toBe(once)
    expect(() => s.push(dataId, 1, stack(4, 2))).toThrow(
      expect.objectContaining({ code: 'stream/finalized' }),
    )
    expect(() => s.push('no-such-id', 0, stack(4, 2))).toThrow(
      expect.objectContaining({ code: 'stream/unknown-id' }),
    )
  })

  it('close stores what was pushed and ends open streams', async () => {
    const s = streaming()
    const progress: ChunkProgress[] = []
    s.addEventListener('progress', (event) => progress.push((event as CustomEvent<ChunkProgress>).detail))
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, stack(4, 9))
    await s.close()
    expect(await streams.stored(dataId, 0, 4)).toEqual(stack(4, 9).data)
    expect(progress.map(({ state }) => state)).toEqual(['queued', 'packaged', 'journaled', 'stored'])
    await expect(s.initialize(STREAM)).rejects.toMatchObject({ code: 'stream/closed' })
  })

  it('keeps two streams of one streamer apart', async () => {
    const s = streaming()
    const [a, b] = await Promise.all([s.initialize(STREAM), s.initialize({ ...STREAM, fps: 1 })])
    for (let k = 0; k < 3; k++) {
      s.push(a, k, stack(4, k))
      s.push(b, k, stack(4, k + 100))
    }
    await Promise.all([s.finalize(a), s.finalize(b)])
    expect(await streams.stored(a, 8, 4)).toEqual(stack(4, 2).data)
    expect(await streams.stored(b, 8, 4)).toEqual(stack(4, 102).data)
  })
})
