import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RHEEDStreamer } from 'framewire'
import { createIngestServer, readFrames } from 'framewire/server'
import { chunksOf } from 'framewire/telops'
import { expect, it, onTestFinished } from 'vitest'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import { opened, record, simulated } from './simulated.js'

const [FRAMES, CHUNK, SIZE] = [250, 100, 64]
const [LO, HI] = [24_576, 28_671]

it('a download goes into a streamer, chunk by chunk', async () => {
  const store = mkdtempSync(join(tmpdir(), 'framewire-telops-'))
  onTestFinished(() => rmSync(store, { recursive: true, force: true }))
  const server = await createIngestServer({ store, apiKey: 'k', logLevel: 'silent' })
  onTestFinished(() => server.close())
  const camera = await opened(await simulated({ ringDeadMs: 0 }))
  await record(camera, { frames: FRAMES, resolution: [SIZE, SIZE] })

  const streamer = new RHEEDStreamer({ apiKey: 'k', endpoint: server.url, clockSync: false })
  onTestFinished(() => streamer.close())
  const dataId = await streamer.initialize({
    fps: 50,
    rotationsPerMin: 0,
    chunkSize: CHUNK,
    scale: { lo: LO, hi: HI },
  })
  const before = Date.now()
  const download = camera.bufferFrames({ convert: false })
  await streamer.run(dataId, chunksOf(download, CHUNK), { pace: 'none', transfer: true })
  const receipt = await streamer.finalize(dataId)
  expect(receipt.chunks.map(({ state, frames }) => [state, frames])).toEqual([
    ['stored', 100],
    ['stored', 100],
    ['stored', 50],
  ])
  for (const { captureStartMs } of receipt.chunks) expect(captureStartMs).toBeLessThan(before)
  const { nFrames, nIncomplete } = await download.statistics
  expect({ nFrames, nIncomplete }).toEqual({ nFrames: FRAMES, nIncomplete: 0 })

  const stored = await readFrames(join(store, dataId), 0, FRAMES)
  for (let frame = 0; frame < FRAMES; frame++) {
    const counts = telopsFrame(1 + frame, SIZE, SIZE)
    const pixels = stored.subarray(frame * counts.length, (frame + 1) * counts.length)
    const expected = Uint8Array.from(counts, (count) => Math.round(((count - LO) * 255) / (HI - LO)))
    // The rounding of a value that lies between two is the scale's own matter, and tested there.
    const farthest = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - pixels[at]!)), 0)
    expect(farthest, `frame ${frame}`).toBeLessThanOrEqual(1)
  }
})
