import { join } from 'node:path'
import type { ChunkProgress, RHEEDStreamer } from 'framewire'
import { readFrames, verifyStore } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { readWithZarrita } from '../interop/zarrita.js'
import { embedded } from './embedded.js'
import { FakeCamera, type FakeCameraOptions } from './fake-camera.js'
import { delayed } from './journaled.js'

const [H, W] = [24, 40]
const STREAM = { fps: 2, rotationsPerMin: 0, chunkSize: 4 }

const { store, endpoint, streaming } = embedded()

const camera = (options: Partial<FakeCameraOptions> = {}) =>
  new FakeCamera({ height: H, width: W, ...options })

/** Expect the stored frames to be those of these blocks, in order. */
async function expectStored(dataId: string, cam: FakeCamera, ids: readonly bigint[]): Promise<void> {
  const stored = await readFrames(join(store, dataId), 0, ids.length)
  const sent = Buffer.concat(ids.map((id) => cam.pixels(id)))
  expect(Buffer.compare(stored, sent)).toBe(0)
  expect((await verifyStore(join(store, dataId))).problems).toEqual([])
}

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, at) => BigInt(first + at))

/** The next chunk that comes so far. */
function reached(s: RHEEDStreamer, index: number, state: ChunkProgress['state']): Promise<void> {
  return new Promise((resolve) =>
    s.addEventListener('progress', (event) => {
      const chunk = (event as CustomEvent<ChunkProgress>).detail
      if (chunk.index === index && chunk.state === state) resolve()
    }),
  )
}

describe('attach', () => {
  it('streams the frames of a camera in chunks, the last one short, with the camera’s times', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam)
    cam.send(10)
    const summary = await recording.stop()
    expect(summary).toEqual({
      frames: 10,
      chunks: 3,
      losses: { camera: 0, wire: 0, kernel: 0, app: 0 },
      reason: 'stopped',
    })
    const receipt = await s.finalize(dataId)
    expect(receipt).toMatchObject({ finalized: true, totals: { stored: 3, framesStored: 10 } })
    expect(receipt.chunks.map(({ frames }) => frames)).toEqual([4, 4, 2])
    // Block 5 opens the second chunk: 5 periods of 500 ms after the epoch; it lasts for 4.
    expect(receipt.chunks[1]).toMatchObject({
      captureStartMs: 1_700_000_002_500,
      captureEndMs: 1_700_000_004_500,
      times: { gaps: [] },
    })
    expect(receipt.chunks[1]!.times).not.toHaveProperty('offsetsUs')
    await expectStored(dataId, cam, upTo(10))
    expect(cam.held).toBe(0)
  })

  it('stops after the frames asked for, and by the time asked for', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const first = await s.attach(dataId, cam, { frames: 6 })
    cam.send(20)
    expect(await first.done).toMatchObject({ frames: 6, reason: 'frames', losses: { app: 0 } })
    expect(cam.stops).toBe(1)
    cam.jump(100n)
    // 500 ms a frame: the eighth is 3.5 s after the first.
    const second = await s.attach(dataId, cam, { durationMs: 3_600 })
    cam.send(20)
    expect(await second.done).toMatchObject({ frames: 8, reason: 'duration' })
    const receipt = await s.finalize(dataId)
    expect(receipt.chunks.map(({ frames }) => frames)).toEqual([4, 2, 4, 4])
  })

  it('is stopped by a signal, and by finalize', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const abort = new AbortController()
    const cam = camera()
    const first = await s.attach(dataId, cam, { signal: abort.signal })
    cam.send(4)
    abort.abort()
    expect(await first.done).toMatchObject({ frames: 4, reason: 'stopped' })
    const second = await s.attach(dataId, cam)
    cam.send(5)
    const receipt = await s.finalize(dataId)
    expect(await second.done).toMatchObject({ frames: 5 })
    expect(receipt.totals).toMatchObject({ stored: 3, framesStored: 9 })
    await expectStored(dataId, cam, upTo(9).slice(0, 8))
  })

  it('goes on behind what was pushed, and takes one camera at a time', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    s.push(dataId, 0, { data: new Uint8Array(4 * H * W).fill(7), shape: [4, H, W] })
    const cam = camera()
    const recording = await s.attach(dataId, cam, { frames: 4 })
    await expect(s.attach(dataId, camera())).rejects.toMatchObject({ code: 'stream/option' })
    cam.send(4)
    await recording.done
    await expect(s.attach(dataId, new FakeCamera({ height: H, width: 8 }))).rejects.toMatchObject({
      code: 'frames/size-changed',
    })
    const receipt = await s.finalize(dataId)
    expect(receipt.chunks.map(({ index }) => index)).toEqual([0, 1])
    expect(await readFrames(join(store, dataId), 4, 1)).toEqual(cam.pixels(1n))
  })

  it('scales packed 12-bit pixels by the stated range, and refuses them without one', async () => {
    const s = streaming()
    const format = { format: 'mono12p' as const, bits: 12, bytesPerFrame: (H * W * 3) / 2 }
    const unstated = await s.initialize(STREAM)
    await expect(s.attach(unstated, camera({ format }))).rejects.toMatchObject({
      code: 'frames/scale-required',
    })
    const measured = await s.initialize({ ...STREAM, scale: 'measured' })
    await expect(s.attach(measured, camera({ format }))).rejects.toMatchObject({ code: 'stream/option' })
    const dataId = await s.initialize({ ...STREAM, scale: 'full' })
    const cam = camera({ format })
    const recording = await s.attach(dataId, cam, { frames: 4 })
    cam.send(4)
    await recording.done
    expect(await s.finalize(dataId)).toMatchObject({ range: { lo: 0, hi: 4095 }, totals: { stored: 1 } })
    const packed = cam.pixels(2n)
    const expected = Uint8Array.from({ length: H * W }, (_, at) => {
      const [a, b, c] = packed.subarray((at >> 1) * 3, (at >> 1) * 3 + 3)
      const value = at % 2 === 0 ? a! | ((b! & 15) << 8) : (b! >> 4) | (c! << 4)
      return Math.floor((value * 255) / 4095)
    })
    expect(await readFrames(join(store, dataId), 1, 1)).toEqual(expected)
  })
})

describe('what is lost', () => {
  it('is on the receipt by its place, with the gaps and the time of each frame', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam)
    cam.send(2)
    cam.lose(3, 'wire')
    cam.send(2)
    cam.lose(1, 'camera')
    cam.send(4)
    await recording.stop()
    const receipt = await s.finalize(dataId)
    expect(receipt.losses).toEqual({ camera: 1, wire: 3, kernel: 0, app: 0, upload: 0 })
    const [first, second] = receipt.chunks
    expect(first!.times).toEqual({
      offsetsUs: [0, 500_000, 2_500_000, 3_000_000],
      gaps: [{ frame: 2, lost: 3 }],
    })
    expect(first).toMatchObject({ frames: 4, captureEndMs: first!.captureStartMs + 3_500 })
    expect(second!.times).toEqual({ gaps: [{ frame: 0, lost: 1 }] })
    await expectStored(dataId, cam, [1n, 2n, 6n, 7n, 9n, 10n, 11n, 12n])
    // The server has the times, too: 500 ms a block.
    const times = await readWithZarrita(join(store, dataId, 'frames.zarr'), 'captured_unix_ms')
    const ids = [1, 2, 6, 7, 9, 10, 11, 12]
    expect(Array.from(times.data)).toEqual(ids.map((id) => 1_700_000_000_000 + id * 500))
  })

  it('leaves times untold that nobody measured, and those of chunks that the server does not hold', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const frame = { data: new Uint8Array(H * W), shape: [H, W] }
    s.push(dataId, 0, [frame, frame, frame])
    const recording = await s.attach(dataId, cam)
    cam.send(3)
    await recording.stop()
    await s.finalize(dataId)
    const times = await readWithZarrita(join(store, dataId, 'frames.zarr'), 'captured_unix_ms')
    const ms = [1, 2, 3].map((id) => 1_700_000_000_000 + id * 500)
    expect(Array.from(times.data)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, ...ms])

    const tell = async (chunk: string, body: object) => {
      const url = `${endpoint()}/framewire/v1/streams/${dataId}/chunks/${chunk}/times`
      const headers = { 'x-api-key': 'k', 'content-type': 'application/json' }
      return (await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) })).status
    }
    const told = { start_unix_ms: 5.5, offsets_us: [0, 1, 2] }
    expect(await tell('2', told)).toBe(409)
    expect(await tell('1', { ...told, offsets_us: [0, 1] })).toBe(409)
    expect(await tell('1', { ...told, offsets_us: ['0', 1, 2] })).toBe(422)
    expect(await tell('x', told)).toBe(422)
    expect(await tell('1', told)).toBe(200)
    const again = await readWithZarrita(join(store, dataId, 'frames.zarr'), 'captured_unix_ms')
    expect(Array.from(again.data).slice(4)).toEqual([5.5, 5.501, 5.502])
  })

  it('is no gap where ids wrap or begin again, but for the time that passed', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera({ firstId: 65_534n, periodNs: 0n })
    const recording = await s.attach(dataId, cam)
    cam.send(2)
    cam.jump(1n)
    cam.send(2)
    await recording.stop()
    expect((await s.finalize(dataId)).chunks[0]!.times!.gaps).toEqual([])
  })

  it('is counted exactly where the service is slower than the camera and memory is used up', async () => {
    // Two chunks have room; what has none waits in the camera's memory, and then is dropped.
    let stored = false
    const transport = delayed(() => stored)
    const s = streaming({ memoryBudgetBytes: 8 * H * W, transport })
    const dataId = await s.initialize(STREAM)
    const cam = camera({ buffers: 6 })
    const recording = await s.attach(dataId, cam)
    const full = reached(s, 1, 'journaled')
    for (let frame = 0; frame < 30; frame++) {
      cam.send(1)
      // As a camera does: there is time between frames.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await full
    expect(cam.mostHeld).toBeLessThanOrEqual(7)
    stored = true
    const { frames, losses } = await recording.stop()
    expect(frames).toBeGreaterThanOrEqual(8)
    expect(losses.app).toBeGreaterThan(0)
    expect(frames + losses.app).toBe(30)
    const receipt = await s.finalize(dataId)
    expect(receipt.losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: losses.app, upload: 0 })
    expect(receipt.totals.framesStored).toBe(frames)
    expect(cam.held).toBe(0)
  })

  it('is the chunk that was being filled where the thread of the camera ends; those before it are stored', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam)
    const whole = reached(s, 0, 'stored')
    cam.send(6)
    await whole
    cam.die()
    await expect(recording.done).rejects.toMatchObject({ code: 'stream/source-lost' })
    expect((await s.finalize(dataId)).totals).toMatchObject({ stored: 1, framesStored: 4 })
  })

  it('is what was being filled where the camera does not stop before the drain time-out', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera({ isDeaf: true })
    const recording = await s.attach(dataId, cam)
    const whole = reached(s, 0, 'stored')
    cam.send(6)
    await whole
    const receipt = await s.finalize(dataId, { drainTimeoutMs: 300 })
    expect(receipt).toMatchObject({ finalized: true, totals: { stored: 1, framesStored: 4 } })
    expect(await recording.done).toMatchObject({ frames: 4, reason: 'stopped' })
    await eventually('the release of every block', () => cam.held === 0)
  })

  it('is nothing that came where the stream of the camera breaks off; why is told', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam)
    cam.send(6)
    cam.break(new Error('unplugged'))
    await expect(recording.done).rejects.toThrow('unplugged')
    expect((await s.finalize(dataId)).totals).toMatchObject({ stored: 2, framesStored: 6 })
    await expectStored(dataId, cam, upTo(6))
  })
})

describe('a camera that is looked for when it was lost', () => {
  const lost = new Error('unplugged for a while')

  it('goes on when it is back; the frames that it was not there for are a gap, and are counted', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam, { frames: 9 })
    cam.send(5)
    cam.break(lost)
    await eventually('the end of the first session', () => cam.isLookedFor)
    // Away for the time of 7 blocks; its ids begin again, its clock goes on.
    cam.jump(13n)
    cam.plugIn()
    await eventually('the second start', () => cam.starts === 2)
    cam.send(10)
    expect(await recording.done).toEqual({
      frames: 9,
      chunks: 3,
      losses: { camera: 7, wire: 0, kernel: 0, app: 0 },
      reason: 'frames',
    })
    const receipt = await s.finalize(dataId)
    expect(receipt.losses.camera).toBe(7)
    expect(receipt.chunks.map(({ frames, times }) => [frames, times!.gaps])).toEqual([
      [4, []],
      [1, []],
      [4, [{ frame: 0, lost: 7 }]],
    ])
    expect(cam.held).toBe(0)
  })

  it('is waited for until it is stopped, by finalize too', async () => {
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const cam = camera()
    const recording = await s.attach(dataId, cam)
    cam.send(5)
    cam.break(lost)
    await eventually('the end of the first session', () => cam.isLookedFor)
    expect((await s.finalize(dataId)).totals).toMatchObject({ framesStored: 5 })
    expect(await recording.done).toMatchObject({ frames: 5, reason: 'stopped' })
    expect(cam.starts).toBe(1)
  })
})

/** Wait until something holds, at most ten seconds. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`waited in vain for ${what}`)
}
