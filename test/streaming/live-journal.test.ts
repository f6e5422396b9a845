import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FakeCamera } from './fake-camera.js'
import { H, JournaledStreams, nothingStored, STREAM, W } from './journaled.js'

const streams = new JournaledStreams()

it('goes on with a camera while the service stores nothing, and tells its gaps when it is resumed', async () => {
  // Two chunks have room; the journal takes each as soon as it is sealed.
  const memoryBudgetBytes = 2 * STREAM.chunkSize * H * W
  const first = streams.streaming({ memoryBudgetBytes, transport: nothingStored })
  const dataId = await first.initialize(STREAM)
  const cam = new FakeCamera({ height: H, width: W, buffers: 200 })
  const recording = await first.attach(dataId, cam, { frames: 38 })
  for (let frame = 0; frame < 40; frame++) {
    if (frame === 5) cam.lose(1, 'wire')
    else cam.send(1)
    await sleep(1)
  }
  expect(await recording.done).toMatchObject({ frames: 38, losses: { wire: 1, app: 0 } })
  await first.close()

  const second = streams.streaming()
  expect(await second.resume(dataId)).toMatchObject({ chunks: 10, pending: 10 })
  // Another camera goes on behind what there is.
  const other = new FakeCamera({ height: H, width: W, firstId: 101n })
  const more = await second.attach(dataId, other, { frames: 4 })
  other.send(4)
  await more.done
  const receipt = await second.finalize(dataId)
  expect(receipt.totals).toMatchObject({ chunks: 11, framesStored: 42 })
  expect(receipt.chunks[1]!.times).toEqual({
    offsetsUs: [0, 1_000_000, 1_500_000, 2_000_000],
    gaps: [{ frame: 1, lost: 1 }],
  })
  const ids = Array.from({ length: 39 }, (_, at) => at + 1).filter((id) => id !== 6)
  const sent = Buffer.concat(ids.map((id) => cam.pixels(BigInt(id))))
  expect(Buffer.compare(await streams.stored(dataId, 0, 38), sent)).toBe(0)
  const rest = await streams.stored(dataId, 40, 4)
  expect(Buffer.compare(rest, Buffer.concat([101n, 102n, 103n, 104n].map((id) => other.pixels(id))))).toBe(0)
})
