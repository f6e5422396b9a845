import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RHEEDStreamer, type RHEEDStreamerOptions, type WorkerFiles } from 'framewire'
import { type GigeCamera, openCamera } from 'framewire/gige'
import { createIngestServer, type IngestServer, readFrames, verifyStore } from 'framewire/server'
import { isPattern, patternFrameNumber } from 'framewire/simulator'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasCode } from '../../ts/errors.js'
import { AcquisitionMode, Feature } from '../../ts/simulator/features.js'
import { simulatedCamera } from '../cli/simulated-camera.js'
import { crashing } from '../unit/sealing/crashing-worker.js'
import { delayed } from './journaled.js'

const [W, H] = [256, 200]
/** What the camera sends; the stream is declared slower, so that its chunks are short. */
const FPS = 100
const STREAM = { fps: 25, rotationsPerMin: 0, chunkSize: 50 }

let store: string
let server: IngestServer
/** What is to be undone after the test, the last first. */
const undo: (() => unknown)[] = []

beforeAll(async () => {
  store = mkdtempSync(join(tmpdir(), 'framewire-live-camera-'))
  server = await createIngestServer({ store, apiKey: 'k', port: 0, logLevel: 'silent' })
})
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})
afterAll(async () => {
  await server.close()
  rmSync(store, { recursive: true, force: true })
})

function streaming(options: Partial<RHEEDStreamerOptions & WorkerFiles> = {}): RHEEDStreamer {
  const streamer = new RHEEDStreamer({
    apiKey: 'k',
    endpoint: server.url,
    maxWorkers: 2,
    verbosity: 0,
    clockSync: false,
    ...options,
  })
  undo.push(() => streamer.close())
  return streamer
}

/** A simulated camera that sends so many frames when it is started, and then no more. */
async function simulated(frames: number, ...args: string[]): Promise<GigeCamera> {
  const camera = await openCamera(await simulate(...args), { interfaceIp: '127.0.0.1' })
  undo.push(() => camera.close())
  const features = await camera.features()
  await features.set('AcquisitionMode', 'MultiFrame')
  await features.set('AcquisitionFrameCount', frames)
  return camera
}

/** A simulated camera; answers its address. */
const simulate = (...args: string[]) =>
  simulatedCamera(['--size', `${W}x${H}`, '--fps', String(FPS), ...args], (step) => undo.push(step))

/** Packets as on the link of a camera; a size that is given is not tried out, so that no frame goes to that. */
const packetSize = 1500

/** Resolves when the camera has sent all its frames: only then it lets its mode be set again. */
async function played(camera: GigeCamera): Promise<void> {
  const isOver = async () => {
    try {
      await camera.writeRegister(Feature.acquisitionMode, AcquisitionMode.multiFrame)
      return true
    } catch (error) {
      if (hasCode(error, 'gige/refused')) return false
      throw error
    }
  }
  await vi.waitUntil(isOver, { timeout: 30_000, interval: 50 })
}

/** The numbers of the frames that are stored, each of which has to be the pattern's. */
async function storedNumbers(dataId: string, frames: number): Promise<number[]> {
  expect((await verifyStore(join(store, dataId))).problems).toEqual([])
  const stored = await readFrames(join(store, dataId), 0, frames)
  return Array.from({ length: frames }, (_, at) => {
    const image = stored.subarray(at * W * H, (at + 1) * W * H)
    const number = patternFrameNumber(image)
    expect(isPattern(image, { width: W, height: H }, number), `frame ${at} shows number ${number}`).toBe(true)
    return number
  })
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)

describe('a camera that is attached to a stream', () => {
  it('has every frame stored as it sent it, though a packing worker is lost meanwhile', async () => {
    const camera = await simulated(230)
    const s = streaming(crashing('packing', 'xxh64', 60, 1))
    const dataId = await s.initialize(STREAM)
    const begun = Date.now()
    const recording = await s.attach(dataId, camera.live({ packetSize }), { frames: 230 })
    expect(await recording.done).toEqual({
      frames: 230,
      chunks: 5,
      losses: { camera: 0, wire: 0, kernel: 0, app: 0 },
      reason: 'frames',
    })
    const receipt = await s.finalize(dataId)
    expect(receipt.chunks.map(({ frames }) => frames)).toEqual([50, 50, 50, 50, 30])
    const numbers = await storedNumbers(dataId, 230)
    expect(numbers).toEqual(range(numbers[0]!, 230))
    for (const { captureStartMs, captureEndMs, times } of receipt.chunks) {
      expect(times!.gaps).toEqual([])
      expect(captureStartMs).toBeGreaterThanOrEqual(begun - 1000)
      expect(captureEndMs).toBeGreaterThan(captureStartMs)
    }
  })

  it('loses nothing while the main thread is blocked', async () => {
    const camera = await simulated(300)
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const recording = await s.attach(dataId, camera.live({ packetSize }), { frames: 300 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    // Longer than chunks last.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2200)
    expect(await recording.done).toMatchObject({ frames: 300, losses: { camera: 0, wire: 0, app: 0 } })
    expect(await s.finalize(dataId)).toMatchObject({ totals: { framesStored: 300 } })
    const numbers = await storedNumbers(dataId, 300)
    expect(numbers).toEqual(range(numbers[0]!, 300))
  })

  it('loses frames that are counted exactly where the service is slower', async () => {
    const camera = await simulated(300)
    let open = false
    const s = streaming({ memoryBudgetBytes: 2 * STREAM.chunkSize * W * H, transport: delayed(() => open) })
    const dataId = await s.initialize(STREAM)
    // Memory for 40 images that wait for a chunk.
    const frameBudgetBytes = 40 * W * H
    const recording = await s.attach(dataId, camera.live({ packetSize, frameBudgetBytes }))
    await played(camera)
    open = true
    const { frames, losses } = await recording.stop()
    expect(losses).toMatchObject({ camera: 0, wire: 0, kernel: 0 })
    expect(losses.app).toBeGreaterThan(0)
    expect(frames + losses.app).toBe(300)
    const receipt = await s.finalize(dataId)
    expect(receipt.totals.framesStored).toBe(frames)
    expect(receipt.losses).toMatchObject({ app: losses.app, upload: 0 })
    expect(await storedNumbers(dataId, frames)).toHaveLength(frames)
  })

  it('that sends nothing, as behind a firewall, is told of and stopped', async () => {
    const camera = await simulated(100, '--loss', '1')
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const recording = await s.attach(dataId, camera.live({ packetSize, firstPacketTimeoutMs: 300 }))
    await expect(recording.done).rejects.toMatchObject({ code: 'gige/no-stream' })
    expect((await s.finalize(dataId)).totals.frames).toBe(0)
  })

  it('goes on when it was switched off and on again, and tells of the gap', async () => {
    const ip = await simulate('--fault', 'restartAfterMs=1000')
    const camera = await openCamera(ip, {
      interfaceIp: '127.0.0.1',
      reconnect: true,
      heartbeatTimeoutMs: 600,
    })
    undo.push(() => camera.close())
    let setUp = 0
    const onReconnected = async () => {
      setUp++
    }
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const recording = await s.attach(dataId, camera.live({ packetSize, onReconnected }), { frames: 120 })
    const { frames, losses } = await recording.done
    expect(frames).toBe(120)
    expect(setUp).toBeGreaterThan(0)
    const receipt = await s.finalize(dataId)
    expect(receipt.totals.framesStored).toBe(120)
    // Gone for a second at least, at the declared rate.
    expect(losses.camera).toBeGreaterThanOrEqual(STREAM.fps)
    expect(receipt.losses).toEqual({ ...losses, upload: 0 })
    const gaps = receipt.chunks.flatMap(({ times }) => times!.gaps.map(({ lost }) => lost))
    const missing = gaps.reduce((sum, lost) => sum + lost, 0)
    // A frame that was cut off by the restart is in no gap of its own.
    expect(missing).toBeGreaterThanOrEqual(losses.camera)
    expect(missing).toBeLessThanOrEqual(losses.camera + losses.wire)
    expect((await verifyStore(join(store, dataId))).problems).toEqual([])
  })

  it('tells frames that were lost on the wire, and where they are missing', async () => {
    const camera = await simulated(230, '--loss', '0.001', '--seed', '7')
    const s = streaming()
    const dataId = await s.initialize(STREAM)
    const recording = await s.attach(dataId, camera.live({ packetSize, resend: false }))
    await played(camera)
    const { frames, losses } = await recording.stop()
    expect(losses.wire).toBeGreaterThan(0)
    expect(losses).toMatchObject({ kernel: 0, app: 0 })
    expect(frames + losses.wire + losses.camera).toBe(230)
    const receipt = await s.finalize(dataId)
    expect(receipt.losses).toEqual({ ...losses, upload: 0 })
    const numbers = await storedNumbers(dataId, frames)
    // The gaps that the receipt tells are those in the numbers that the frames themselves show.
    const told = receipt.chunks.flatMap(({ index, times }) =>
      times!.gaps.map(({ frame, lost }) => [index * STREAM.chunkSize + frame, lost]),
    )
    const seen = numbers.flatMap((number, at) => {
      const lost = at === 0 ? 0 : number - numbers[at - 1]! - 1
      return lost > 0 ? [[at, lost]] : []
    })
    expect(told).toEqual(seen)
    expect(seen.length).toBeGreaterThan(0)
  })
})
