import { describe, expect, it } from 'vitest'
import { Status } from '../../../ts/gige-vision/bootstrap.js'
import { TelopsBuffering } from '../../../ts/telops/buffer/buffering.js'
import { type RecordProgress, recordingText } from '../../../ts/telops/buffer/record-progress.js'
import { MemoryBufferMOISource, MemoryBufferStatus } from '../../../ts/telops/enumerations.js'
import type { TelopsWarning } from '../../../ts/telops/warnings.js'
import { FakeRegisters } from './fake-registers.js'

/** How long the camera records nothing after its start, in ms. */
const DEAD_MS = 2022

interface Recorded {
  firstFrameId: number
  preMoi: number
  frames: number
}

/** A camera whose buffer records as the facts say, by a clock of the test's. */
function buffering() {
  const fake = new FakeRegisters()
  const camera = new TelopsBuffering(fake, fake.clock)
  const warnings: TelopsWarning[] = []
  camera.addEventListener('warning', (event) => warnings.push((event as CustomEvent).detail))
  const recorded: Recorded[] = []
  const { clock } = fake
  let ringAt: number | undefined
  let current: { at: number; preMoi: number; doneAt: number } | undefined
  const periodMs = () => 1000 / fake.get('AcquisitionFrameRate')
  const advance = () => {
    if (!current || clock.now() < current.doneAt) return
    recorded.push({
      firstFrameId: 1 + recorded.length * 100_000,
      preMoi: current.preMoi,
      frames: fake.get('MemoryBufferSequenceSize'),
    })
    ringAt = current.doneAt
    current = undefined
  }
  const moi = () => {
    advance()
    if (current || ringAt === undefined || recorded.length >= fake.get('MemoryBufferNumberOfSequences'))
      return
    const preMoi = fake.get('MemoryBufferSequencePreMOISize')
    const at = Math.max(clock.now(), ringAt)
    const after = fake.get('MemoryBufferSequenceSize') - preMoi
    const inRing = Math.floor((at - ringAt) / periodMs() + 1e-6)
    current = { at, preMoi: Math.min(preMoi, inRing), doneAt: at + after * periodMs() }
  }
  fake.set('AcquisitionFrameRate', 1000)
  fake.set('MemoryBufferTotalSpaceHigh', 4)
  fake.set('MemoryBufferFreeSpaceHigh', 3)
  fake.set('MemoryBufferFreeSpaceLow', 2 ** 32 - 1)
  fake.writes('AcquisitionStart', () => {
    recorded.length = 0
    ringAt = clock.now() + DEAD_MS
    return undefined
  })
  fake.writes('AcquisitionStop', () => {
    advance()
    current = ringAt = undefined
    return undefined
  })
  fake.writes('MemoryBufferMOISoftware', () => {
    moi()
    return undefined
  })
  fake.writes('MemoryBufferSequenceClearAll', () => {
    recorded.length = 0
    for (const name of ['NumberOfSequences', 'SequenceSize', 'SequencePreMOISize'] as const) {
      fake.set(`MemoryBuffer${name}`, 0)
    }
    return undefined
  })
  fake.reads('MemoryBufferSequenceCount', () => {
    advance()
    return recorded.length
  })
  fake.writes('MemoryBufferStatus', () => {
    advance()
    if (ringAt === undefined) return MemoryBufferStatus.IDLE
    const isDone = recorded.length >= fake.get('MemoryBufferNumberOfSequences')
    return isDone ? MemoryBufferStatus.HOLDING : MemoryBufferStatus.RECORDING
  })
  const selected = () => recorded[fake.get('MemoryBufferSequenceSelector')]
  fake.reads('MemoryBufferSequenceRecordedSize', () => selected()?.frames ?? 0)
  fake.reads('MemoryBufferSequenceFirstFrameID', () => selected()?.firstFrameId ?? 0)
  fake.reads('MemoryBufferSequenceMOIFrameID', () =>
    selected() ? selected()!.firstFrameId + selected()!.preMoi : 0,
  )
  return { fake, camera, warnings, recorded, moi }
}

describe('bufferConfigure', () => {
  it('divides the buffer in the order of the reference driver', async () => {
    const { fake, camera } = buffering()
    const made = await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100 })
    expect(made).toEqual({ nSequences: 2, framesPerSequence: 100, preMoi: 0, moiSource: 'software' })
    expect(
      fake
        .taken()
        .filter((line) => line.includes(' = '))
        .slice(0, 5),
    ).toEqual([
      'MemoryBufferMode = 1',
      'MemoryBufferNumberOfSequences = 2',
      'MemoryBufferSequenceSize = 100',
      'MemoryBufferSequencePreMOISize = 0',
      'MemoryBufferMOISource = 1',
    ])
  })

  it('takes a duration at the frame rate of now', async () => {
    const { fake, camera } = buffering()
    fake.set('AcquisitionFrameRate', 2000)
    const made = await camera.bufferConfigure({ nSequences: 3, durationSeconds: 5, moiSource: 'external' })
    expect(made).toMatchObject({ nSequences: 3, framesPerSequence: 10_000, moiSource: 'external' })
    expect(fake.get('MemoryBufferMOISource')).toBe(MemoryBufferMOISource.EXTERNAL_SIGNAL)
  })

  it('writes nothing of what cannot be', async () => {
    for (const wrong of [
      { nSequences: 0 },
      { nSequences: 1.5 },
      { framesPerSequence: 0 },
      { framesPerSequence: 100, durationSeconds: 1 },
      { durationSeconds: 0 },
      { durationSeconds: Number.NaN },
      { durationSeconds: 1e-5 },
      { durationSeconds: 1e12 },
      { preMoi: -1 },
      { framesPerSequence: 10, preMoi: 11 },
      { moiSource: 'hardware' as never },
    ]) {
      const { fake, camera } = buffering()
      await expect(camera.bufferConfigure(wrong)).rejects.toMatchObject({ code: 'telops/option' })
      expect(fake.taken().filter((line) => line.includes('='))).toEqual([])
    }
  })

  it('tells how many sequences and frames the camera has room for, and writes nothing of more', async () => {
    const { fake, camera } = buffering()
    fake.set('MemoryBufferNumberOfSequencesMax', 64)
    fake.set('MemoryBufferNumberOfImagesMax', 1000)
    for (const [wrong, option, expected] of [
      [{ nSequences: 65 }, 'nSequences', 'a whole number from 1 to 64'],
      [{ framesPerSequence: 1001 }, 'framesPerSequence', 'a whole number from 1 to 1000'],
      [{ framesPerSequence: 10_000_000_000 }, 'framesPerSequence', 'a whole number from 1 to 1000'],
      [
        { nSequences: 3, framesPerSequence: 334 },
        'framesPerSequence',
        'a whole number from 1 to 333 each in 3 sequences',
      ],
      [{ durationSeconds: 1.1 }, 'frames in durationSeconds', 'a whole number from 1 to 1000'],
    ] as const) {
      await expect(camera.bufferConfigure(wrong)).rejects.toMatchObject({
        code: 'telops/option',
        details: { option, expected },
      })
    }
    expect(fake.taken().filter((line) => line.includes('='))).toEqual([])
    await camera.bufferConfigure({ nSequences: 3, framesPerSequence: 333 })
  })

  it('tells what the camera made less of', async () => {
    const { fake, camera, warnings } = buffering()
    fake.writes('MemoryBufferSequenceSize', () => 50_000)
    expect(await camera.bufferConfigure({ framesPerSequence: 200_000 })).toMatchObject({
      framesPerSequence: 50_000,
    })
    expect(warnings).toMatchObject([
      { code: 'FRAMEWIRE_TELOPS_CLAMPED', message: expect.stringContaining('50000 instead of 200000') },
    ])
  })

  it('brings a camera in a stale state to itself', async () => {
    const { fake, camera } = buffering()
    fake.refuse('MemoryBufferMode', Status.error, 3)
    await fake.pass(camera.bufferConfigure({ framesPerSequence: 10 }))
    const steps = fake.log
      .map((line, at) => `${line} @ ${fake.times[at]}`)
      .filter((step) => step.includes(' = '))
    expect(steps.slice(0, 7)).toEqual([
      'MemoryBufferMode = 1 @ 0',
      'MemoryBufferMode = 1 @ 1000',
      'MemoryBufferMode = 1 @ 2000',
      'AcquisitionStop = 1 @ 2000',
      'MemoryBufferSequenceClearAll = 1 @ 2300',
      'MemoryBufferMode = 0 @ 2600',
      'MemoryBufferMode = 1 @ 2900',
    ])
  })

  it('warns of frames before a moment that has none', async () => {
    const { camera, warnings } = buffering()
    await camera.bufferConfigure({ preMoi: 5, moiSource: 'acquisitionStarted' })
    expect(warnings).toMatchObject([{ code: 'FRAMEWIRE_TELOPS_PRE_MOI' }])
  })
})

describe('bufferRecord', () => {
  it('records every sequence, and tells the lines of the guide', async () => {
    const { fake, camera, warnings } = buffering()
    await camera.bufferConfigure({ nSequences: 3, framesPerSequence: 10_000 })
    let text = ''
    const onProgress = (progress: RecordProgress) => {
      text += recordingText(progress)
    }
    expect(await fake.pass(camera.bufferRecord({ onProgress }))).toEqual({
      frames: 30_000,
      recorded: [10_000, 10_000, 10_000],
    })
    expect(text).toBe(
      'Arming (seq 1/3)... Recording... Done (10000 frames)\n' +
        'Firing (seq 2/3)... Recording... Done (10000 frames)\n' +
        'Firing (seq 3/3)... Recording... Done (10000 frames)\n',
    )
    expect(warnings).toEqual([])
    // Three times ten seconds behind the first start, and what lies between.
    expect(fake.clock.now()).toBeLessThan(2050 + 30_000 + 1000)
  })

  it('asks of the camera what the reference driver does', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ framesPerSequence: 50 })
    fake.taken()
    await fake.pass(camera.bufferRecord())
    expect(fake.taken()).toEqual([
      'read DeviceNotReady',
      'read AcquisitionFrameRate',
      'read MemoryBufferNumberOfSequences',
      'read MemoryBufferSequenceSize',
      'read MemoryBufferSequencePreMOISize',
      'read MemoryBufferMOISource',
      'AcquisitionStop = 1',
      'MemoryBufferStatus = 255',
      'read MemoryBufferStatus',
      'AcquisitionArm = 1',
      'AcquisitionStart = 1',
      'read MemoryBufferSequenceCount',
      'MemoryBufferMOISoftware = 1',
      'read MemoryBufferSequenceCount',
      'AcquisitionStop = 1',
      'MemoryBufferSequenceSelector = 0',
      'read MemoryBufferSequenceRecordedSize',
    ])
  })

  it('fires no moment before all frames before it are there, of any sequence', async () => {
    const { fake, camera, recorded } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 400, preMoi: 300 })
    await fake.pass(camera.bufferRecord({ waitFor: 0 }))
    expect(recorded.map(({ preMoi }) => preMoi)).toEqual([300, 300])
    expect(await camera.bufferMoiIndex(1)).toBe(300)
    expect(await camera.bufferMoiFrameId(1)).toBe(100_301)
  })

  it('waits for the event of each sequence, behind the frames before it', async () => {
    const { fake, camera, warnings } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100, preMoi: 10 })
    const asked: [number, number][] = []
    const waitFor = async (sequence: number) => {
      asked.push([sequence, fake.clock.now()])
    }
    await fake.pass(camera.bufferRecord({ waitFor }))
    expect(asked.map(([sequence]) => sequence)).toEqual([0, 1])
    expect(asked[0]![1]).toBe(2050 + 10)
    expect(warnings).toEqual([])
    const before = fake.clock.now()
    fake.taken()
    await fake.pass(camera.bufferRecord({ waitFor: 500 }))
    const fired = fake.times[fake.log.indexOf('MemoryBufferMOISoftware = 1')]!
    expect(fired - before).toBe(2050 + 10 + 500)
  })

  it('warns where no event says when the moment is', async () => {
    const { fake, camera, warnings } = buffering()
    await camera.bufferConfigure({ framesPerSequence: 100, preMoi: 10 })
    await fake.pass(camera.bufferRecord())
    expect(warnings).toMatchObject([{ code: 'FRAMEWIRE_TELOPS_PRE_MOI' }])
  })

  it('stops the camera when it is aborted, or its event fails', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 5000 })
    const controller = new AbortController()
    fake.clock.after(4000, () => controller.abort())
    await expect(fake.pass(camera.bufferRecord({ signal: controller.signal }))).rejects.toMatchObject({
      code: 'stream/aborted',
    })
    expect(fake.clock.now()).toBe(4000)
    expect(fake.taken().at(-1)).toBe('AcquisitionStop = 1')
    const waitFor = () => Promise.reject(new Error('no event'))
    await expect(fake.pass(camera.bufferRecord({ waitFor }))).rejects.toThrow('no event')
    expect(fake.taken().at(-1)).toBe('AcquisitionStop = 1')
    await expect(camera.bufferFireMoi()).rejects.toMatchObject({ code: 'telops/not-armed' })
  })

  it('gives up a sequence that does not come to its end, and stops', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100 })
    fake.reads('MemoryBufferSequenceCount', () => 0)
    await expect(fake.pass(camera.bufferRecord())).rejects.toMatchObject({
      code: 'telops/timeout',
      message: expect.stringContaining('0 of 2 sequences'),
    })
    expect(fake.taken().at(-1)).toBe('AcquisitionStop = 1')
    expect(fake.clock.now()).toBeGreaterThanOrEqual(2050 + 45_000)
  })

  it('is for moments of software alone, and for sensible waits', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ moiSource: 'external' })
    fake.taken()
    await expect(camera.bufferRecord()).rejects.toMatchObject({
      code: 'telops/option',
      details: { option: 'moiSource', given: 'external' },
    })
    await expect(camera.bufferRecord({ waitFor: -1 })).rejects.toMatchObject({
      details: { option: 'waitFor' },
    })
    expect(fake.taken().filter((line) => line.includes('='))).toEqual([])
  })
})

describe('bufferArm', () => {
  it('waits until the buffer is ready, though timers come a little early', async () => {
    const { fake, camera, warnings } = buffering()
    const after = fake.clock.after.bind(fake.clock)
    fake.clock.after = (ms, run) => after(ms > 1 ? ms - 0.4 : ms, run)
    await camera.bufferConfigure({ framesPerSequence: 10 })
    await fake.pass(camera.bufferArm())
    await camera.bufferFireMoi()
    expect(warnings).toEqual([])
  })

  it('waits for a recording to end before it arms, or gives up', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({})
    const stopped = 700
    fake.writes('MemoryBufferStatus', () =>
      fake.clock.now() < stopped ? MemoryBufferStatus.RECORDING : MemoryBufferStatus.IDLE,
    )
    fake.taken()
    await fake.pass(camera.bufferArm({ waitReady: false }))
    expect(fake.times[fake.log.indexOf('AcquisitionArm = 1')]).toBe(stopped)
    fake.writes('MemoryBufferStatus', () => MemoryBufferStatus.RECORDING)
    fake.taken()
    await expect(fake.pass(camera.bufferArm())).rejects.toMatchObject({
      code: 'telops/timeout',
      details: { waitedMs: 5000 },
    })
    expect(fake.log).not.toContain('AcquisitionArm = 1')
  })

  it('is ready 2.05 s and the frames before the moment later', async () => {
    const { fake, camera, warnings, recorded } = buffering()
    await camera.bufferConfigure({ framesPerSequence: 400, preMoi: 100 })
    expect(camera.bufferReadyInMs()).toBe(0)
    await camera.bufferArm({ waitReady: false })
    expect(camera.bufferReadyInMs()).toBe(2150)
    await fake.pass(camera.bufferWaitReady())
    expect(camera.bufferReadyInMs()).toBe(0)
    await camera.bufferFireMoi()
    expect(await fake.pass(camera.bufferWait())).toEqual({ status: 'HOLDING', sequences: 1 })
    expect(recorded).toMatchObject([{ preMoi: 100, frames: 400 }])
    expect(warnings).toEqual([])
  })

  it('is fired upon too early with a warning, and with fewer frames', async () => {
    const { fake, camera, warnings, recorded } = buffering()
    await camera.bufferConfigure({ framesPerSequence: 400, preMoi: 100 })
    await camera.bufferArm({ waitReady: false })
    await camera.bufferFireMoi()
    expect(warnings).toMatchObject([
      { code: 'FRAMEWIRE_TELOPS_MOI_EARLY', message: expect.stringContaining('2150 ms before') },
    ])
    await fake.pass(camera.bufferWait())
    expect(recorded).toMatchObject([{ preMoi: 0 }])
  })

  it('has to come before the moment', async () => {
    const { fake, camera } = buffering()
    await expect(camera.bufferFireMoi()).rejects.toMatchObject({ code: 'telops/not-armed' })
    await camera.bufferConfigure({ moiSource: 'external' })
    await fake.pass(camera.bufferArm())
    await expect(camera.bufferFireMoi()).rejects.toMatchObject({ code: 'telops/option' })
    expect(fake.log).not.toContain('MemoryBufferMOISoftware = 1')
  })
})

describe('bufferWait', () => {
  it('waits for moments from outside, until all are recorded', async () => {
    const { fake, camera, moi } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 1000, moiSource: 'external' })
    await fake.pass(camera.bufferArm())
    const { clock } = fake
    clock.after(3000, moi)
    clock.after(20_000, moi)
    const began = clock.now()
    expect(await fake.pass(camera.bufferWait())).toEqual({ status: 'HOLDING', sequences: 2 })
    expect(clock.now() - began).toBe(21_000)
  })

  it('does not take a camera that has not begun for one that is done', async () => {
    const { fake, camera, moi } = buffering()
    await camera.bufferConfigure({ framesPerSequence: 1000, moiSource: 'external' })
    await fake.pass(camera.bufferArm())
    const { clock } = fake
    const armedAt = clock.now()
    fake.writes('MemoryBufferStatus', () => {
      const ms = clock.now() - armedAt
      return ms > 800 && ms < 2500 ? MemoryBufferStatus.RECORDING : MemoryBufferStatus.IDLE
    })
    clock.after(1000, moi)
    expect(await fake.pass(camera.bufferWait())).toEqual({ status: 'IDLE', sequences: 1 })
    expect(clock.now() - armedAt).toBe(2500)
  })

  it('tells how far it came in time, and can be called off', async () => {
    const { fake, camera, moi } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100, moiSource: 'external' })
    await fake.pass(camera.bufferArm())
    const began = fake.clock.now()
    fake.clock.after(100, moi)
    await expect(fake.pass(camera.bufferWait({ timeoutMs: 2250 }))).rejects.toMatchObject({
      code: 'telops/timeout',
      message: expect.stringContaining('1 of 2 sequences'),
      details: { waitedMs: 2250 },
    })
    expect(fake.clock.now() - began).toBe(2250)
    const controller = new AbortController()
    fake.clock.after(700, () => controller.abort())
    await expect(fake.pass(camera.bufferWait({ signal: controller.signal }))).rejects.toMatchObject({
      code: 'stream/aborted',
    })
  })
})

describe('what is in the buffer', () => {
  it('is told as in the guide', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100 })
    await fake.pass(camera.bufferRecord())
    fake.taken()
    expect(await camera.bufferInfo()).toEqual({
      status: 'IDLE',
      nSequences: 2,
      recorded: [100, 100],
      totalBytes: 17_179_869_184,
      freeBytes: 17_179_869_183,
    })
    expect(fake.taken().filter((line) => line !== 'read MemoryBufferNumberOfSequences')).toEqual([
      'MemoryBufferStatus = 255',
      'read MemoryBufferStatus',
      'MemoryBufferSequenceSelector = 0',
      'read MemoryBufferSequenceRecordedSize',
      'MemoryBufferSequenceSelector = 1',
      'read MemoryBufferSequenceRecordedSize',
      'read MemoryBufferTotalSpaceHigh',
      'read MemoryBufferTotalSpaceLow',
      'read MemoryBufferFreeSpaceHigh',
      'read MemoryBufferFreeSpaceLow',
    ])
    expect(await camera.bufferRecordedFrames(1)).toBe(100)
    expect(await camera.bufferSequence(1)).toMatchObject({ frames: 100, firstFrameId: 100_001 })
  })

  it('is told while it records, for as much as the camera tells then', async () => {
    const { fake, camera } = buffering()
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100 })
    await fake.pass(camera.bufferArm())
    fake.refuse('MemoryBufferSequenceRecordedSize', Status.writeProtect)
    fake.refuse('MemoryBufferStatus', Status.writeProtect)
    fake.set('MemoryBufferStatus', MemoryBufferStatus.RECORDING)
    expect(await camera.bufferInfo()).toMatchObject({ status: 'RECORDING', recorded: [0, 0] })
    await expect(camera.bufferRecordedFrames(0)).rejects.toMatchObject({ code: 'telops/refused' })
  })

  it('has no other sequences', async () => {
    const { fake, camera } = buffering()
    await expect(camera.bufferRecordedFrames()).rejects.toMatchObject({
      code: 'telops/no-sequence',
      message: expect.stringContaining('call bufferConfigure'),
    })
    await camera.bufferConfigure({ nSequences: 2 })
    fake.taken()
    for (const sequence of [2, -1, 0.5, Number.NaN]) {
      await expect(camera.bufferMoiIndex(sequence)).rejects.toMatchObject({
        code: 'telops/no-sequence',
        details: { sequences: 2 },
      })
    }
    expect(fake.taken().filter((line) => line.includes('='))).toEqual([])
  })

  it('is forgotten, and the buffer divided as before', async () => {
    const { fake, camera } = buffering()
    await camera.bufferClear()
    expect(fake.taken()).toEqual(['MemoryBufferSequenceClearAll = 1'])
    await camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100, preMoi: 10, moiSource: 'external' })
    fake.taken()
    await fake.pass(camera.bufferClear())
    expect(fake.taken().slice(0, 6)).toEqual([
      'MemoryBufferSequenceClearAll = 1',
      'MemoryBufferMode = 1',
      'MemoryBufferNumberOfSequences = 2',
      'MemoryBufferSequenceSize = 100',
      'MemoryBufferSequencePreMOISize = 10',
      'MemoryBufferMOISource = 2',
    ])
  })
})
