import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Status, streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import { MemoryBufferMOISource, MemoryBufferStatus } from '../../ts/telops/enumerations.js'
import { SMALL, simulateTelops, TelopsHost } from './telops-host.js'

const { invalidParameter, writeProtect, error, success } = Status

/** What the buffer says of itself now. */
async function status(host: TelopsHost): Promise<number> {
  await host.write('MemoryBufferStatus', MemoryBufferStatus.REFRESH)
  return host.read('MemoryBufferStatus')
}

describe('the buffer', () => {
  it('is divided as far as its 16 GiB go', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    expect(await status(host)).toBe(MemoryBufferStatus.DEACTIVATED)
    expect(await host.writing('MemoryBufferSequenceSize', 10)).toBe(writeProtect)
    await host.write('MemoryBufferMode')
    expect(await status(host)).toBe(MemoryBufferStatus.IDLE)
    const images = Math.floor(2 ** 34 / (320 * 258 * 2))
    expect(await host.read('MemoryBufferNumberOfImagesMax')).toBe(images)
    await host.write('MemoryBufferNumberOfSequences', 3)
    const most = Math.floor(images / 3)
    expect(await host.read('MemoryBufferSequenceSizeMax')).toBe(most)
    expect(await host.writing('MemoryBufferSequenceSize', most + 1)).toBe(invalidParameter)
    await host.write('MemoryBufferSequenceSize', most)
    expect(await host.writing('MemoryBufferSequencePreMOISize', most + 1)).toBe(invalidParameter)
    // More of them are shorter.
    await host.write('MemoryBufferNumberOfSequences', 4)
    expect(await host.read('MemoryBufferSequenceSize')).toBe(Math.floor(images / 4))
    expect(await host.writing('MemoryBufferNumberOfSequences', 0)).toBe(invalidParameter)
    expect(await host.writing('MemoryBufferSequenceSelector', 4)).toBe(invalidParameter)
    await host.write('MemoryBufferSequenceClearAll')
    expect(await host.read('MemoryBufferNumberOfSequences')).toBe(1)
  })

  it('cannot be turned on where something stale is in it, until it is cleared', async () => {
    const host = await TelopsHost.open(await simulateTelops({ faults: { staleBuffer: true } }))
    expect(await host.writing('MemoryBufferMode', 1)).toBe(error)
    expect(await host.writing('MemoryBufferMode', 1)).toBe(error)
    await host.set({ AcquisitionStop: 1, MemoryBufferSequenceClearAll: 1, MemoryBufferMode: 0 })
    await host.write('MemoryBufferMode', 1)
  })
})

describe('a recording', () => {
  it('is as many sequences as there are moments of interest', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.small()
    await host.set({ AcquisitionFrameRate: 1000, MemoryBufferMode: 1, MemoryBufferNumberOfSequences: 2 })
    await host.set({ MemoryBufferSequenceSize: 300, MemoryBufferSequencePreMOISize: 100 })
    await host.set({ AcquisitionArm: 1, AcquisitionStart: 1 })
    expect(await status(host)).toBe(MemoryBufferStatus.RECORDING)
    for (const done of [1, 2]) {
      await sleep(150)
      await host.write('MemoryBufferMOISoftware')
      await host.until('MemoryBufferSequenceCount', done)
    }
    expect(await status(host)).toBe(MemoryBufferStatus.HOLDING)
    await host.write('AcquisitionStop')
    expect(await status(host)).toBe(MemoryBufferStatus.IDLE)
    for (const [sequence, firstFrameId] of [
      [0, 1],
      [1, 100_001],
    ] as const) {
      await host.write('MemoryBufferSequenceSelector', sequence)
      expect(await host.read('MemoryBufferSequenceFirstFrameID')).toBe(firstFrameId)
      expect(await host.read('MemoryBufferSequenceMOIFrameID')).toBe(firstFrameId + 100)
      expect(await host.read('MemoryBufferSequenceRecordedSize')).toBe(300)
      expect(await host.read('MemoryBufferSequenceWidth')).toBe(64)
      expect(await host.read('MemoryBufferSequenceHeight')).toBe(6)
    }
    const total = 2 ** 32 * (await host.read('MemoryBufferTotalSpaceHigh'))
    const free =
      2 ** 32 * (await host.read('MemoryBufferFreeSpaceHigh')) + (await host.read('MemoryBufferFreeSpaceLow'))
    expect(total - free).toBe(600 * 64 * 6 * 2)
  })

  it('has no frames from before the ring was recording', async () => {
    const host = await TelopsHost.open(await simulateTelops({ ringDeadMs: 300 }))
    await host.small()
    await host.set({ AcquisitionFrameRate: 1000, MemoryBufferMode: 1, MemoryBufferSequenceSize: 300 })
    await host.set({ MemoryBufferSequencePreMOISize: 100, AcquisitionArm: 1, AcquisitionStart: 1 })
    await host.write('MemoryBufferMOISoftware')
    await host.until('MemoryBufferSequenceCount', 1)
    expect(await host.read('MemoryBufferSequenceRecordedSize')).toBe(200)
    const first = await host.read('MemoryBufferSequenceFirstFrameID')
    expect(await host.read('MemoryBufferSequenceMOIFrameID')).toBe(first)
  })

  it('counts nothing where it was armed while it recorded', async () => {
    const host = await TelopsHost.open(await simulateTelops({ recordingStopMs: 60_000 }))
    await host.record(10)
    expect(await status(host)).toBe(MemoryBufferStatus.RECORDING)
    await host.set({ AcquisitionArm: 1, AcquisitionStart: 1, MemoryBufferMOISoftware: 1 })
    await sleep(50)
    expect(await host.read('MemoryBufferSequenceCount')).toBe(0)
  })

  it('begins with the acquisition or a pulse from outside, where that is the moment', async () => {
    const camera = await simulateTelops()
    const host = await TelopsHost.open(camera)
    await host.set({ MemoryBufferMode: 1, MemoryBufferSequenceSize: 5 })
    await host.write('MemoryBufferMOISource', MemoryBufferMOISource.ACQUISITION_STARTED)
    await host.set({ AcquisitionArm: 1, AcquisitionStart: 1 })
    await host.until('MemoryBufferSequenceCount', 1)
    await host.write('AcquisitionStop')
    await host.write('MemoryBufferMOISource', MemoryBufferMOISource.EXTERNAL_SIGNAL)
    await host.set({ AcquisitionArm: 1, AcquisitionStart: 1, MemoryBufferMOISoftware: 1 })
    await sleep(50)
    expect(await host.read('MemoryBufferSequenceCount')).toBe(0)
    camera.externalSignal()
    await host.until('MemoryBufferSequenceCount', 1)
  })

  it('has what there is where it is stopped before its end', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.small()
    await host.set({ AcquisitionFrameRate: 1000, MemoryBufferMode: 1, MemoryBufferSequenceSize: 100_000 })
    await host.set({ AcquisitionArm: 1, AcquisitionStart: 1, MemoryBufferMOISoftware: 1 })
    await sleep(100)
    await host.write('AcquisitionStop')
    const frames = await host.read('MemoryBufferSequenceRecordedSize')
    expect(frames).toBeGreaterThanOrEqual(99)
    expect(frames).toBeLessThan(100_000)
  })

  it('is gone when the camera was switched off', async () => {
    const camera = await simulateTelops()
    const host = await TelopsHost.open(camera)
    await host.record(10)
    camera.restart()
    await host.raw.return()
    await host.raw.takeControl()
    expect(await host.read('MemoryBufferSequenceRecordedSize')).toBe(0)
    expect(await host.read('MemoryBufferMode')).toBe(0)
  })
})

describe('a download', () => {
  it('is any frames of any sequence, made anew as they were taken', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.record(20_000, 2, 5)
    await host.openStream()
    await host.download(100_001 + 19_900, 100)
    const frames = await host.frames(100)
    frames.forEach(({ block, frameId, counts, buffering }, n) => {
      expect([block, frameId]).toEqual([n + 1, 119_901 + n])
      expect(counts).toEqual(telopsFrame(frameId, SMALL.width, SMALL.height))
      expect(buffering).toBe(3)
    })
    const periods = frames.slice(1).map(({ takenAt }, n) => takenAt - frames[n]!.takenAt)
    expect(new Set(periods)).toEqual(new Set([200n]))
    await host.write('AcquisitionStop')
    await host.write('MemoryBufferSequenceSelector', 1)
    const moi = await host.read('MemoryBufferSequenceMOIFrameID')
    await host.download(moi - 1, 3)
    expect((await host.frames(3)).map(({ buffering }) => buffering)).toEqual([1, 2, 3])
  })

  it('has registers that are locked without it, and takes what is recorded alone', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.record(10)
    for (const name of ['FrameID', 'FrameCount', 'BitRateMax'] as const)
      expect(await host.writing(`MemoryBufferSequenceDownload${name}`, 5)).toBe(writeProtect)
    expect(await host.read('MemoryBufferSequenceDownloadBitRateMax')).toBe(400)
    await host.write('MemoryBufferDownloadMode')
    expect(await host.writing('MemoryBufferSequenceDownloadFrameID', 11)).toBe(invalidParameter)
    await host.set({ MemoryBufferSequenceDownloadFrameID: 5, MemoryBufferSequenceDownloadFrameCount: 7 })
    expect(await host.writing('AcquisitionStart', 1)).toBe(invalidParameter)
    await host.write('MemoryBufferSequenceDownloadFrameCount', 6)
    expect(await host.writing('AcquisitionStart', 1)).toBe(success)
    expect(await status(host)).toBe(MemoryBufferStatus.TRANSMITTING)
    expect(await host.writing('MemoryBufferDownloadMode', 0)).toBe(writeProtect)
    expect(await host.writing('MemoryBufferSequenceClearAll', 1)).toBe(writeProtect)
  })

  it('is no faster than it is told to be', async () => {
    const camera = await simulateTelops()
    const host = await TelopsHost.open(camera)
    await host.record(1000)
    await host.openStream()
    // A packet takes 12 ms at 1 Mbit/s, the whole 36 s: it does not end while this test looks.
    await host.download(1, 1000, 1)
    await host.frames(2)
    await sleep(300)
    expect(camera.isStreaming).toBe(true)
    expect(camera.statistics.frames).toBeLessThan(1000)
  })

  it('leaves out every other frame with a packet delay, and does not say so', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.record(200)
    await host.openStream()
    await host.raw.write(streamChannel(0).packetDelay, 1)
    await host.download(1, 50)
    const frames = await host.frames(50)
    expect(frames.map(({ block }) => block)).toEqual(frames.map((_, n) => n + 1))
    expect(frames.map(({ frameId }) => frameId)).toEqual(frames.map((_, n) => n + 1))
    const periods = frames.slice(1).map(({ takenAt }, n) => takenAt - frames[n]!.takenAt)
    expect(new Set(periods)).toEqual(new Set([400n]))
  })

  it('goes on for a while where it stops late, into the next one', async () => {
    const host = await TelopsHost.open(await simulateTelops({ faults: { lateStopMs: 60_000 } }))
    await host.record(400)
    await host.openStream()
    await host.download(1, 100)
    // It sends what was not asked for, to the end of the sequence.
    expect((await host.frames(150)).slice(0, 150).map(({ frameId }) => frameId)).toEqual(
      Array.from({ length: 150 }, (_, n) => n + 1),
    )
  })

  it('begins with what is late of the one before, under its own block ids', async () => {
    const host = await TelopsHost.open(await simulateTelops({ faults: { lateStopMs: 2000 } }))
    await host.record(10_000)
    await host.openStream()
    await host.download(1, 5000, 10)
    await host.frames(2)
    await host.write('AcquisitionStop')
    await host.write('MemoryBufferSequenceDownloadFrameID', 9000)
    await host.write('MemoryBufferSequenceDownloadFrameCount', 20)
    await host.write('AcquisitionStart')
    const frames = await host.frames(({ frameId }) => frameId === 9019)
    const second = frames.slice(frames.findLastIndex(({ block }) => block === 1))
    const own = second.findIndex(({ frameId }) => frameId === 9000)
    expect(own).toBeGreaterThan(0)
    expect(second.slice(0, own).every(({ frameId }) => frameId < 5000)).toBe(true)
    expect(second.map(({ block }) => block)).toEqual(second.map((_, n) => n + 1))
    // It may go on behind what it was asked for.
    expect(second.slice(own, own + 20).map(({ frameId }) => frameId)).toEqual(
      Array.from({ length: 20 }, (_, n) => 9000 + n),
    )
  })

  it('can be had of a single image', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.record(10)
    await host.openStream()
    await host.write('MemoryBufferDownloadMode', 2)
    await host.write('MemoryBufferSequenceDownloadImageFrameID', 7)
    await host.write('AcquisitionStart')
    expect((await host.frames(1)).map(({ frameId }) => frameId)).toEqual([7])
  })

  it('loses packets, which can be asked for again, and says so in its records', async () => {
    const camera = await simulateTelops({ seed: 5, faults: { loss: 0.3 } })
    const host = await TelopsHost.open(camera)
    await host.record(50)
    await host.openStream()
    await host.download(1, 50)
    const packets = await host.raw.packets(() => camera.statistics.frames === 50 && !camera.isStreaming)
    const records = camera.records()
    const missing = records.flatMap(({ missing }) => missing.map(([first, last]) => last - first + 1))
    expect(packets.length).toBe(150 - missing.reduce((sum, n) => sum + n, 0))
    expect(missing.length).toBeGreaterThan(0)
  })
})
