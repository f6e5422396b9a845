import { setTimeout as sleep } from 'node:timers/promises'
import type { ChunkProgress } from 'framewire'
import { describe, expect, it } from 'vitest'
import { crashing } from '../unit/sealing/crashing-worker.js'
import { FakeCamera } from './fake-camera.js'
import { H, JournaledStreams, STREAM, W } from './journaled.js'

const streams = new JournaledStreams()

/** The blocks of this camera, from 1 on. */
const sent = (cam: FakeCamera, frames: number) =>
  Buffer.concat(Array.from({ length: frames }, (_, at) => cam.pixels(BigInt(at + 1))))

/** Send frames one by one, as a camera does. */
async function play(cam: FakeCamera, frames: number): Promise<void> {
  for (let frame = 0; frame < frames; frame++) {
    cam.send(1)
    await sleep(2)
  }
}

describe('live frames, when a worker is lost', () => {
  it.each([
    ['before a frame is packed', 'xxh64', 5],
    ['between a frame and the next', 'task', 3],
  ])('are packed again by another packing worker, lost %s', async (_, key, after) => {
    const s = streams.streaming({ maxWorkers: 2, ...crashing('packing', key, after, 2) })
    const dataId = await s.initialize(STREAM)
    const cam = new FakeCamera({ height: H, width: W })
    const recording = await s.attach(dataId, cam, { frames: 40 })
    await play(cam, 40)
    expect(await recording.done).toMatchObject({ frames: 40, losses: { app: 0 } })
    expect(await s.finalize(dataId)).toMatchObject({ totals: { stored: 10, framesStored: 40 } })
    expect(Buffer.compare(await streams.stored(dataId, 0, 40), sent(cam, 40))).toBe(0)
    expect(cam.held).toBe(0)
  })

  it('are given up with their chunk where packing fails twice', async () => {
    const s = streams.streaming({ maxWorkers: 1, ...crashing('packing', 'xxh64', 1, 2) })
    const dataId = await s.initialize(STREAM)
    const cam = new FakeCamera({ height: H, width: W })
    const recording = await s.attach(dataId, cam, { frames: 8 })
    cam.send(8)
    await recording.done
    const thrown = await s.finalize(dataId).catch((error) => error)
    expect(thrown).toMatchObject({ code: 'upload/incomplete', details: { missing: [0] } })
    const { chunks, losses } = thrown.details.receipt
    expect(chunks[0]).toMatchObject({ state: 'failed', frames: 4, error: { code: 'packing/worker-lost' } })
    expect(chunks[1]).toMatchObject({ state: 'stored', frames: 4 })
    expect(losses.app).toBe(4)
    expect(cam.held).toBe(0)
  })

  it('are lost with the sealing worker that had them, chunk by chunk and counted; the next go on', async () => {
    // It ends at its sixth confirmation to either side: in the first chunk that it holds.
    const s = streams.streaming({ maxWorkers: 2, ...crashing('sealing', 'frame', 6, 1) })
    const dataId = await s.initialize(STREAM)
    const cam = new FakeCamera({ height: H, width: W })
    const recording = await s.attach(dataId, cam)
    let stored = 0
    s.addEventListener('progress', (event) => {
      if ((event as CustomEvent<ChunkProgress>).detail.state === 'stored') stored++
    })
    let played = 0
    for (; stored < 3; played++) {
      if (played === 3000) throw new Error('no three chunks were stored of 3000 frames')
      await play(cam, 1)
    }
    const { frames, losses } = await recording.stop()
    expect(frames + losses.app).toBe(played)
    const thrown = await s.finalize(dataId).catch((error) => error)
    const { chunks, losses: all, totals } = thrown.details.receipt
    const failed = chunks.filter(({ state }: { state: string }) => state === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    for (const { error } of failed) expect(error.code).toBe('sealing/worker-lost')
    expect(totals.framesStored).toBeGreaterThanOrEqual(3 * STREAM.chunkSize)
    expect(totals.framesStored + all.app).toBe(played)
    expect(cam.held).toBe(0)
  })
})
