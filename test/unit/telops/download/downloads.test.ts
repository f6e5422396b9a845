import { describe, expect, it } from 'vitest'
import { FramewireError, hasCode } from '../../../../ts/errors.js'
import { Status, streamChannel } from '../../../../ts/gige-vision/bootstrap.js'
import { Downloads } from '../../../../ts/telops/download/downloads.js'
import type { DownloadedFrame } from '../../../../ts/telops/download/ordered-frames.js'
import { MemoryBufferDownloadMode, MemoryBufferStatus } from '../../../../ts/telops/enumerations.js'
import { ForgetfulDisk } from '../../../disk/forgetful-disk.js'
import { gige } from '../../gige-vision/module.js'
import { FakeDownloadCamera } from './fake-download-camera.js'
import { counts, FakeSource, FIRST_ID, HEIGHT, type SourceFaults, values, WIDTH } from './fake-source.js'

const RECORDED = 40
const ASKED = { packetSize: 1500, bitrateMbps: 700 }
const { packetDelay } = streamChannel(0)

function setUp({ mtu, ...faults }: Partial<SourceFaults> & { mtu?: number } = {}) {
  const disk = new ForgetfulDisk()
  const source = new FakeSource(RECORDED, faults)
  const camera = new FakeDownloadCamera(source, RECORDED)
  const downloads = new Downloads({
    camera,
    serialNumber: '042',
    model: 'FAST M200',
    disk,
    roomFor: async () => undefined,
    scratch: '/',
    mtu,
    frames: async () => gige.telops,
  })
  return { disk, source, camera, downloads }
}

async function all(frames: AsyncIterable<DownloadedFrame>): Promise<DownloadedFrame[]> {
  const list: DownloadedFrame[] = []
  for await (const frame of frames) list.push(frame)
  return list
}

describe('downloads into memory', () => {
  it('are the frames that were asked for, in degC or counts', async () => {
    const { downloads, camera } = setUp()
    const celsius = await downloads.toMemory({ ...ASKED, first: 7, count: 3 })
    expect(celsius).toMatchObject({ shape: [3, HEIGHT, WIDTH], dtype: 'float32', unit: 'degC' })
    expect(celsius.data).toEqual(Float32Array.from([7, 8, 9].flatMap((at) => [...values(FIRST_ID + at)])))
    const raw = await downloads.toMemory({ ...ASKED, first: 38, convert: false })
    expect(raw).toMatchObject({ shape: [2, HEIGHT, WIDTH], dtype: 'uint16', unit: 'counts' })
    expect(raw.data).toEqual(Uint16Array.from([38, 39].flatMap((at) => [...counts(FIRST_ID + at)])))
    expect(raw.statistics.values).toEqual({
      frames: 2,
      min: Math.min(...raw.data),
      max: Math.max(...raw.data),
      mean: expect.closeTo([...raw.data].reduce((sum, value) => sum + value, 0) / raw.data.length, 6),
    })
    expect(downloads.lastStatistics).toBe(raw.statistics)
    expect(camera.settings.map(({ packetDelayNs, packetSize }) => [packetDelayNs, packetSize])).toEqual([
      [0, 1500],
      [0, 1500],
    ])
  })

  it('ask for frames again only when the camera has stopped sending those before', async () => {
    const { downloads, camera, source } = setUp({ seed: 3, frameLoss: 0.1 })
    const { startAcquisition, stopAcquisition } = camera.streaming
    let asked = 0
    camera.map.writes('MemoryBufferStatus', () =>
      asked-- > 0 ? MemoryBufferStatus.TRANSMITTING : MemoryBufferStatus.IDLE,
    )
    camera.streaming.stopAcquisition = async () => {
      asked = 2
      await stopAcquisition()
    }
    camera.streaming.startAcquisition = async () => {
      expect(asked).toBeLessThanOrEqual(0)
      await startAcquisition()
    }
    await downloads.toMemory(ASKED)
    expect(source.sessions.length).toBeGreaterThan(1)
  })

  it('hand what came over with the error, and without one where so many may be missing', async () => {
    const options = { ...ASKED, retries: 0 }
    const error: unknown = await setUp({ seed: 3, frameLoss: 0.1 })
      .downloads.toMemory(options)
      .catch((reason: unknown) => reason)
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    const { partial, nIncomplete } = error.details as { partial: { data: Float32Array }; nIncomplete: number }
    expect(nIncomplete).toBeGreaterThan(0)
    const tolerated = await setUp({ seed: 3, frameLoss: 0.1 }).downloads.toMemory({
      ...options,
      maxDroppedFrames: nIncomplete,
    })
    expect(tolerated.data).toEqual(partial.data)
    const { incompleteFrameIds } = tolerated.statistics
    expect(incompleteFrameIds.length).toBe(nIncomplete)
    for (let at = 0; at < RECORDED; at++) {
      const frame = tolerated.data.subarray(at * WIDTH * HEIGHT, (at + 1) * WIDTH * HEIGHT)
      const isMissing = incompleteFrameIds.includes(FIRST_ID + at)
      expect(frame).toEqual(
        isMissing ? new Float32Array(WIDTH * HEIGHT).fill(Number.NaN) : values(FIRST_ID + at),
      )
    }
  })

  it.each([
    [true, Number.NaN],
    [false, 0],
  ])('have a mark where pixels are missing (convert: %s): %s', async (convert, mark) => {
    const maker = convert ? values : counts
    const faults = { seed: 5, packetLoss: 0.03, frameLoss: 0.1 }
    const options = { ...ASKED, first: 3, retries: 0, convert, maxDroppedFrames: RECORDED }
    const { data, statistics } = await setUp(faults).downloads.toMemory(options)
    const { incompleteFrames, incompleteFrameIds } = statistics
    expect(incompleteFrameIds).toEqual(incompleteFrames.map((frame) => FIRST_ID + 3 + frame))
    const missing = incompleteFrames.map((frame) => {
      const all = maker(FIRST_ID + 3 + frame)
      const came = data.subarray(frame * all.length, (frame + 1) * all.length)
      const gone = [...came.keys()].filter((at) => !Object.is(came[at], all[at]))
      expect(gone.every((at) => Object.is(came[at], mark))).toBe(true)
      return gone.length
    })
    // Some came in part, some not at all.
    expect(missing).toContain(WIDTH * HEIGHT)
    expect(missing.some((pixels) => pixels > 0 && pixels < WIDTH * HEIGHT)).toBe(true)
    const file = setUp(faults)
    await file.downloads.toFile('/frames.npy', options)
    const bytes = await file.disk.read('/frames.npy')
    expect(Buffer.compare(bytes.subarray(-data.byteLength), new Uint8Array(data.buffer))).toBe(0)
  })

  it('name incomplete frames by their place in what was asked for, and by the ids of the camera', async () => {
    const { downloads } = setUp({ seed: 3, frameLoss: 0.1 })
    const error: unknown = await downloads
      .toMemory({ ...ASKED, first: 5, retries: 0 })
      .catch((reason: unknown) => reason)
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    const [frame] = (error.details.stats as { incompleteFrames: number[] }).incompleteFrames
    expect(error.message).toMatch(
      new RegExp(`\\(${frame}\\b.*, counted from 0; the camera's ids ${FIRST_ID + 5 + frame!}\\b`),
    )
  })

  it('tell that the camera left frames out in silence', async () => {
    const { downloads } = setUp({ skips: true })
    await expect(downloads.toMemory(ASKED)).rejects.toMatchObject({
      code: 'telops/frame-integrity',
      details: { nIncomplete: 0, nStrideGaps: RECORDED - 1 },
    })
    const { statistics } = await downloads.toMemory({ ...ASKED, verifyOrder: false })
    expect(statistics.nStrideGaps).toBe(RECORDED - 1)
  })

  it('are refused where they have more than 2 GiB, before anything is written', async () => {
    const { downloads, camera } = setUp()
    camera.map.set('MemoryBufferSequenceRecordedSize', 2 ** 20)
    camera.map.taken()
    await expect(downloads.toMemory(ASKED)).rejects.toMatchObject({ code: 'telops/too-large' })
    expect(camera.map.taken().filter((line) => line.includes(' = '))).toEqual([
      'MemoryBufferSequenceSelector = 0',
    ])
  })
})

describe('registers that a download writes', () => {
  it('are put back whichever access fails, one after the other', async () => {
    const faultless = setUp()
    const noted = faultless.camera.map
    await faultless.downloads.toMemory({ ...ASKED, count: 3 })
    const accesses = noted.taken().length
    expect(accesses).toBeGreaterThan(20)
    const passed: number[] = []
    for (let at = 0; at < accesses; at++) {
      const { camera, downloads } = setUp()
      await camera.map.writeRegister(packetDelay, 1000)
      const before = await camera.touched()
      let count = 0
      for (const access of ['readRegister', 'writeRegister'] as const) {
        const real = camera.map[access].bind(camera.map) as (...args: number[]) => Promise<never>
        camera.map[access] = async (...args: number[]) => {
          if (count++ === at) throw new FramewireError('gige/no-answer', 'silent', silence)
          return real(...args)
        }
      }
      const error: unknown = await downloads
        .toMemory({ ...ASKED, count: 3 })
        .catch((reason: unknown) => reason)
      if (!hasCode(error, 'gige/no-answer')) passed.push(at)
      const after = await camera.touched()
      // What cannot be put back by itself is told; nothing else is left behind for it.
      const left = Object.keys(before).filter((key) => after[key] !== before[key])
      expect(left.length).toBeLessThanOrEqual(at > accesses - 5 ? 1 : 0)
    }
    // Stopping alone may go unanswered.
    expect(passed.length).toBeLessThanOrEqual(1)
  })

  const silence = { address: '192.0.2.1', command: 'any', tries: 3 }

  it('are put back where the camera sends nothing, which is told', async () => {
    const { camera, downloads } = setUp()
    const before = await camera.touched()
    camera.lostFrom = 0
    await expect(downloads.toMemory(ASKED)).rejects.toMatchObject({ code: 'gige/no-stream' })
    expect(await camera.touched()).toEqual(before)
  }, 20_000)

  it('are put back where the caller gives up', async () => {
    const { camera, downloads } = setUp()
    const before = await camera.touched()
    const stopping = new AbortController()
    const options = { ...ASKED, signal: stopping.signal }
    const started = camera.streaming.startAcquisition
    camera.streaming.startAcquisition = async () => {
      await started()
      stopping.abort()
    }
    await expect(downloads.toMemory(options)).rejects.toMatchObject({ code: 'stream/aborted' })
    expect(await camera.touched()).toEqual(before)
  })

  it('are not left to a camera that is recording: it is told what it refuses', async () => {
    const { camera, downloads } = setUp()
    camera.map.refuse('MemoryBufferDownloadMode', Status.writeProtect)
    await expect(downloads.toMemory(ASKED)).rejects.toMatchObject({
      code: 'telops/refused',
      details: { register: 'MemoryBufferDownloadMode', value: MemoryBufferDownloadMode.SEQUENCE },
    })
  })
})

describe('what is learned of a connection', () => {
  it('is the largest packet size that gets through, tried once', async () => {
    const { camera, downloads } = setUp()
    camera.lostFrom = 5000
    await downloads.toMemory({ count: 2 })
    await downloads.toMemory({ count: 2 })
    expect(camera.settings.map(({ packetSize }) => packetSize)).toEqual([9000, 8000, 4000, 4000, 4000])
  }, 20_000)

  it('is not tried with packets that this host cannot take', async () => {
    const { camera, downloads } = setUp({ mtu: 1500 })
    await downloads.toMemory({ count: 2 })
    expect(camera.settings.map(({ packetSize }) => packetSize)).toEqual([1500])
  })

  it('is half the bitrate after a poor first pass, and no less than 100 Mbit/s', async () => {
    const { downloads } = setUp({ seed: 3, packetLoss: 0.1, mtu: 1500 })
    const used: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      used.push((await downloads.toMemory({ retries: 40 })).statistics.bitrateUsedMbps)
    }
    expect(used).toEqual([1000, 500, 250, 125, 100, 100])
    const { statistics } = await downloads.toMemory({ retries: 40, bitrateMbps: 800 })
    expect(statistics.bitrateUsedMbps).toBe(800)
  }, 60_000)
})

describe('downloads to a reader', () => {
  it('are each frame once and in order, for a slow reader too, and leave no file behind', async () => {
    const { disk, downloads } = setUp({ seed: 11, packetLoss: 0.05 })
    const download = downloads.toReader({ ...ASKED, first: 2 })
    await download.statistics
    const frames = await all(download)
    expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: RECORDED - 2 }, (_, at) => at))
    for (const { index, data, header, complete, shape } of frames) {
      expect(data).toEqual(values(FIRST_ID + 2 + index))
      expect([header.frameId, complete, shape]).toEqual([FIRST_ID + 2 + index, true, [HEIGHT, WIDTH]])
    }
    expect(disk.operations).toBeGreaterThan(0)
    expect(await disk.list('/')).toEqual([])
  })

  it('end when the loop is left, and the camera is as it was', async () => {
    const { camera, downloads } = setUp()
    const before = await camera.touched()
    const download = downloads.toReader(ASKED)
    for await (const { index } of download) if (index === 2) break
    expect(await camera.touched()).toEqual(before)
    expect((await downloads.toMemory({ ...ASKED, count: 1 })).statistics.nIncomplete).toBe(0)
  })

  it('leave out what may be missing, and hand over what is there of the rest', async () => {
    const { downloads } = setUp({ seed: 5, packetLoss: 0.03, frameLoss: 0.1 })
    const download = downloads.toReader({ ...ASKED, retries: 0, maxDroppedFrames: RECORDED })
    const frames = await all(download)
    const { incompleteFrameIds } = await download.statistics
    const whole = frames.filter(({ complete }) => complete)
    expect(whole.map(({ index }) => FIRST_ID + index)).toEqual(
      Array.from({ length: RECORDED }, (_, at) => FIRST_ID + at).filter(
        (id) => !incompleteFrameIds.includes(id),
      ),
    )
    for (const { index, data } of whole) expect(data).toEqual(values(FIRST_ID + index))
    const inPart = frames.filter(({ complete }) => !complete)
    for (const { data, unit } of inPart) {
      expect(unit).toBe('degC')
      expect(data.some(Number.isNaN)).toBe(true)
    }
    expect(inPart.length).toBeGreaterThan(0)
    expect(inPart.length).toBeLessThan(incompleteFrameIds.length)
    const indexes = frames.map(({ index }) => index)
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b))
  })

  it('end with the error behind the frames before it, and never before', async () => {
    const { downloads } = setUp({ seed: 3, frameLoss: 0.1 })
    const download = downloads.toReader({ ...ASKED, retries: 0 })
    const came: number[] = []
    const error = await (async () => {
      for await (const { index } of download) came.push(index)
    })().catch((reason: unknown) => reason)
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    const [firstLost] = (error.details.stats as { incompleteFrameIds: number[] }).incompleteFrameIds
    expect(came).toEqual(Array.from({ length: firstLost! - FIRST_ID }, (_, at) => at))
    await expect(download.statistics).rejects.toBe(error)
  })
})
