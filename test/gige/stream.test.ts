import { setTimeout as sleep } from 'node:timers/promises'
import { type Acquisition, type GigeCamera, type GigeFrame, openCamera } from 'framewire/gige'
import {
  createGigeSimulator,
  expectedPixel,
  type GigeSimulator,
  type GigeSimulatorOptions,
  isPattern,
  patternFrameNumber,
} from 'framewire/simulator'
import { afterEach, describe, expect, it } from 'vitest'
import { loopbackAddress } from './loopback.js'
import { layLink } from './network.js'
import { aravisCamera } from './peers/peers.js'
import { describeWithPeers } from './suite.js'

const IMAGE = { width: 64, height: 48 }

const opened: (GigeCamera | GigeSimulator)[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** A simulated camera, and the same as our host has it. */
async function cameraWith(options: GigeSimulatorOptions = {}, reconnect = false) {
  const address = loopbackAddress()
  const simulator = await createGigeSimulator({ address, ...IMAGE, fps: 100, ...options })
  opened.push(simulator)
  const camera = await openCamera(address, { interfaceIp: '127.0.0.1', heartbeatTimeoutMs: 1000, reconnect })
  opened.push(camera)
  return { simulator, camera }
}

/** Wait until something is so; what it is waited for is in the error. */
async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  for (const started = Date.now(); !(await isSo()); await sleep(10)) {
    if (Date.now() - started > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`)
  }
}

/** Have the camera send so many frames and no more. */
async function sendOnly(camera: GigeCamera, frames: number): Promise<void> {
  const features = await camera.features()
  await features.set('AcquisitionMode', 'MultiFrame')
  await features.set('AcquisitionFrameCount', frames)
}

const ids = (frames: readonly GigeFrame[]) => frames.map(({ blockId }) => Number(blockId))

describe('frames of a camera', () => {
  it('are what it showed, each once and in order, with the times of both clocks', async () => {
    const { simulator, camera } = await cameraWith()
    const before = Date.now()
    const frames = await camera.acquire(20)
    const after = Date.now()
    const [first] = frames
    const number = patternFrameNumber(first!.data)
    for (const [at, frame] of frames.entries()) {
      expect(frame).toMatchObject({ shape: [48, 64], dtype: 'uint8', complete: true, missing: [] })
      expect(isPattern(frame.data, IMAGE, number + at), `frame ${at}`).toBe(true)
      expect(frame.capturedAt).toBeGreaterThanOrEqual(before)
      expect(frame.receivedAt).toBeGreaterThanOrEqual(frame.capturedAt)
      expect(frame.receivedAt).toBeLessThanOrEqual(after + 1)
    }
    expect(ids(frames)).toEqual(frames.map((_, at) => at + 1))
    const times = frames.map(({ timestampNs }) => timestampNs)
    expect(times.every((time, at) => at === 0 || time > times[at - 1]!)).toBe(true)
    await until('the camera has stopped', () => !simulator.isStreaming)
  })

  it.each([
    ['Mono12', 12],
    ['Mono12Packed', 12],
    ['Mono16', 16],
  ] as const)('of %s have its values', async (pixelFormat, bits) => {
    const { camera } = await cameraWith({ pixelFormat })
    const frame = await camera.grab()
    expect(frame).toMatchObject({ shape: [48, 64], dtype: 'uint16' })
    expect(frame.pixelFormat).toMatchObject({ name: pixelFormat, significantBits: bits })
    const number = Number(frame.blockId) - 1
    const expected = (at: number) => {
      const [row, column] = [Math.floor(at / 64), at % 64]
      return pixelFormat === 'Mono12Packed'
        ? packedPixel(number, row, column)
        : expectedPixel(number, row, column, bits)
    }
    expect([...frame.data]).toEqual(Array.from(frame.data, (_, at) => expected(at)))
  })

  it('come for as long as the loop lasts, and then the camera stops', async () => {
    const { simulator, camera } = await cameraWith()
    const seen: GigeFrame[] = []
    for await (const frame of camera.frames()) {
      seen.push(frame)
      if (seen.length === 5) break
    }
    expect(ids(seen)).toEqual([1, 2, 3, 4, 5])
    await until('the camera has stopped', () => !simulator.isStreaming)
  })

  it('of the session before are never taken for those of the next', async () => {
    const { camera } = await cameraWith({ blockIdsGoOn: false })
    for (let session = 0; session < 3; session++) {
      const frames = await camera.acquire(7)
      expect(ids(frames)).toEqual([1, 2, 3, 4, 5, 6, 7])
      const numbers = frames.map(({ data }) => patternFrameNumber(data))
      expect(numbers).toEqual(numbers.map((_, at) => numbers[0]! + at))
      for (const [at, { data }] of frames.entries()) expect(isPattern(data, IMAGE, numbers[at]!)).toBe(true)
    }
  })

  it('that nobody reads fill their memory; those beyond are counted one by one', async () => {
    const { simulator, camera } = await cameraWith()
    const sent = 300
    await sendOnly(camera, sent)
    const frameBudgetBytes = 20 * IMAGE.width * IMAGE.height
    const acquisition = camera.acquisition({ frameBudgetBytes })
    await acquisition.started
    await until(
      'every frame has come',
      async () => {
        const { complete, queueFull } = await acquisition.statistics()
        return complete + queueFull >= sent
      },
      20_000,
    )
    const { complete, queueFull, losses, buffers } = await acquisition.statistics()
    expect(buffers).toBe(20)
    expect(complete + queueFull).toBe(sent)
    expect(queueFull).toBeGreaterThan(sent / 2)
    expect(losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: queueFull })
    const read: GigeFrame[] = []
    for (let frame = await next(acquisition); frame; frame = await next(acquisition)) read.push(frame)
    expect(ids(read), 'those that came first').toEqual(read.map((_, at) => at + 1))
    expect(read.length).toBe(complete)
    expect(await acquisition.stop()).toMatchObject({ read: complete, unread: 0, passedOver: 0, queueFull })
    expect(simulator.statistics.frames).toBe(sent)
  })

  it('come through a small receive buffer too, and a warning tells of it before the first, once', async () => {
    const { camera } = await cameraWith()
    const seen: unknown[] = []
    const onWarning = (warning: Error & { code?: string }) => seen.push(warning.code)
    process.on('warning', onWarning)
    try {
      for (let session = 0; session < 2; session++) {
        for await (const { blockId } of camera.frames({ packetSize: 1500, receiveBufferBytes: 16_384 })) {
          seen.push(blockId)
          if (blockId === 20n) break
        }
      }
    } finally {
      process.off('warning', onWarning)
    }
    const frames = Array.from({ length: 20 }, (_, at) => BigInt(at + 1))
    expect(seen).toEqual(['FRAMEWIRE_RECEIVE_BUFFER', ...frames, ...frames])
  })

  it('can be passed over but for the latest', async () => {
    const { camera } = await cameraWith()
    await sendOnly(camera, 50)
    const acquisition = camera.acquisition()
    await until('every frame has come', async () => (await acquisition.statistics()).complete === 50)
    expect((await acquisition.readFrame({ latest: true }))?.blockId).toBe(50n)
    expect(await acquisition.stop()).toMatchObject({ read: 1, passedOver: 49, unread: 0 })
  })
})

describe('an acquisition', () => {
  it('is the only one of its camera', async () => {
    const { camera } = await cameraWith()
    const first = camera.acquisition()
    await first.started
    await expect(camera.acquire(1)).rejects.toMatchObject({ code: 'gige/acquiring' })
    expect((await first.readFrame())?.blockId, 'goes on').toBe(1n)
    await first.stop()
    expect(await camera.acquire(1)).toHaveLength(1)
  })

  it('ends its loops when it is stopped, and reads no more', async () => {
    const { camera } = await cameraWith()
    const acquisition = camera.acquisition()
    let seen = 0
    for await (const frame of acquisition.frames()) {
      frame[Symbol.dispose]()
      seen++
      if (seen === 3) void acquisition.stop()
    }
    expect(seen).toBeGreaterThanOrEqual(3)
    await expect(acquisition.readFrame()).rejects.toMatchObject({ code: 'gige/closed' })
    expect((await acquisition.statistics()).read).toBe(seen)
  })

  it('finds the largest packet size that gets through, by test packets', async () => {
    const { camera } = await cameraWith({ maxPacketSize: 9000 })
    const acquisition = camera.acquisition()
    expect(await acquisition.statistics()).toMatchObject({ packetSize: 9000, packetSizeBy: 'test' })
    expect(await acquisition.readFrame({ timeoutMs: 5000 })).toMatchObject({ complete: true })
    await acquisition.stop()
  })

  it('says so when the camera sends nothing at all', async () => {
    const { camera } = await cameraWith({ faults: { loss: 1 } })
    const acquisition = camera.acquisition({ firstPacketTimeoutMs: 200 })
    await expect(acquisition.readFrame({ timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'gige/no-stream',
      details: { address: camera.address },
    })
    await acquisition.stop()
  })

  it('says so when frames stay away', async () => {
    const { camera } = await cameraWith({ faults: { muteAfterFrames: 3 } })
    await expect(camera.acquire(4, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'gige/no-frame',
      details: { complete: 3, incomplete: 0 },
    })
  })

  it('ends with what was lost when the camera is gone', async () => {
    const { simulator, camera } = await cameraWith()
    const acquisition = camera.acquisition()
    expect((await acquisition.readFrame())?.blockId).toBe(1n)
    await simulator.close()
    const read = async () => {
      for await (const frame of acquisition.frames()) frame[Symbol.dispose]()
    }
    await expect(read()).rejects.toMatchObject({ code: 'gige/control-lost' })
    const { complete, read: frames } = await acquisition.stop()
    expect(frames).toBe(complete)
  })
})

describe('a camera that was switched off and on', () => {
  it('goes on by itself, set up anew, and tells of the gap', async () => {
    const { simulator, camera } = await cameraWith({}, true)
    await camera.setWidth(32)
    const acquisition = camera.acquisition({
      async onReconnected() {
        await camera.setWidth(48)
      },
    })
    expect((await acquisition.readFrame())?.shape).toEqual([48, 32])
    simulator.restart()
    const later: GigeFrame[] = []
    for await (const frame of acquisition.frames({ signal: AbortSignal.timeout(30_000) })) {
      if (frame.shape[1] === 48) later.push(frame)
      if (later.length === 5) break
    }
    expect(ids(later), 'of a new session').toEqual([1, 2, 3, 4, 5])
    const { interruptions, complete, read, unread } = await acquisition.stop()
    expect(interruptions).toHaveLength(1)
    expect(interruptions[0]!.gapMs).toBeGreaterThan(0)
    expect(read + unread).toBe(complete)
  })
})

describe('the time at which a frame was taken', () => {
  it('is told by this host, though the camera has a time of its own that drifts', async () => {
    const { camera } = await cameraWith({ faults: { clockDriftPpm: 500 } })
    const acquisition = camera.acquisition()
    let last = Date.now()
    for (let frame = 0; frame < 100; frame++) {
      const { capturedAt, receivedAt } = (await acquisition.readFrame())!
      expect(capturedAt, 'behind the one before, and the first behind the start').toBeGreaterThan(last)
      expect(receivedAt).toBeGreaterThanOrEqual(capturedAt)
      last = capturedAt
    }
    await acquisition.stop()
  })
})

describeWithPeers('frames of the fake camera of aravis', ['arv-fake-gv-camera-0.8'], () => {
  it('go on counting from session to session, through the wrap of their ids', async () => {
    const link = await layLink()
    try {
      await aravisCamera(link, { serial: 'STREAM1' })
      const camera = await openCamera(link.there, { interfaceIp: link.here })
      try {
        await camera.setWidth(512)
        await camera.setHeight(512)
        await camera.setFrameRate(100)
        const [first] = await camera.acquire(1)
        expect(first).toMatchObject({ blockId: 65_401n, shape: [512, 512], complete: true })
        const acquisition = camera.acquisition()
        const seen: number[] = []
        for await (const { blockId, complete } of acquisition.frames()) {
          expect(complete).toBe(true)
          seen.push(Number(blockId))
          if (seen.length === 200) break
        }
        expect(seen).toEqual(seen.map((_, at) => ((seen[0]! - 1 + at) % 65_535) + 1))
        const { losses } = await acquisition.stop()
        expect(losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 0 })
      } finally {
        await camera.close()
      }
    } finally {
      await link.close()
    }
  })

  it('wait within their budget while this thread is blocked for 3 s, and control is kept', async () => {
    const link = await layLink()
    try {
      await aravisCamera(link, { serial: 'STREAM2' })
      const camera = await openCamera(link.there, { interfaceIp: link.here, heartbeatTimeoutMs: 1000 })
      let isLost = false
      camera.addEventListener('lost', () => {
        isLost = true
      })
      try {
        await camera.setWidth(512)
        await camera.setHeight(512)
        await camera.setFrameRate(50)
        const acquisition = camera.acquisition()
        const first = await acquisition.readFrame({ timeoutMs: 5000 })
        for (const end = performance.now() + 3000; performance.now() < end; );
        const seen = [Number(first!.blockId)]
        while (seen.length < 150)
          seen.push(Number((await acquisition.readFrame({ timeoutMs: 5000 }))!.blockId))
        expect(seen, 'each of them').toEqual(seen.map((_, at) => ((seen[0]! - 1 + at) % 65_535) + 1))
        const { losses } = await acquisition.stop()
        expect(losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 0 })
        expect(isLost).toBe(false)
      } finally {
        await camera.close()
      }
    } finally {
      await link.close()
    }
  })
})

/** The next frame; null where a second brings none. */
function next(acquisition: Acquisition): Promise<GigeFrame | null> {
  return acquisition.readFrame({ timeoutMs: 1000 })
}

/** A pixel of the pattern packed by two in three bytes: the low bits of both are in the middle one. */
function packedPixel(number: number, row: number, column: number): number {
  const group = 3 * (column >> 1)
  const byte = (at: number) => expectedPixel(number, row, group + at)
  return column % 2 === 0 ? (byte(0) << 4) | (byte(1) & 15) : (byte(2) << 4) | (byte(1) >> 4)
}
