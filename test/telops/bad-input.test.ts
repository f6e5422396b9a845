import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FramewireError, TelopsCamera } from 'framewire/telops'
import { describe, expect, it } from 'vitest'
import { Bootstrap, ControlPrivilege } from '../../ts/gige-vision/bootstrap.js'
import { describeWithMount, fill, smallDisk } from '../disk/small-disk.js'
import { Host } from '../simulator/host.js'
import { expectShown } from './lossy-download.js'
import { registerValues } from './register-values.js'
import { opened, record, simulated, until } from './simulated.js'

const FRAMES = 50

/** A call, the option that is wrong with it, and what is expected in its place. */
type WrongCall = [call: (camera: TelopsCamera) => Promise<unknown>, option: string, remedy: RegExp]

const odd = <T>(value: unknown) => value as T

const WRONG: WrongCall[] = [
  [(camera) => camera.setIntegrationTime(0), 'integrationTimeUs', /above 0/],
  [(camera) => camera.setIntegrationTime(Number.NaN), 'integrationTimeUs', /above 0/],
  [(camera) => camera.setIntegrationTimeAuto(odd('sometimes')), 'integrationTimeAuto', /continuous/],
  [(camera) => camera.setFrameRate(-1), 'frameRateHz', /above 0/],
  [(camera) => camera.setFrameRate(Number.POSITIVE_INFINITY), 'frameRateHz', /above 0/],
  [(camera) => camera.setFrameRateMode(odd('slow')), 'frameRateMode', /fixed/],
  [(camera) => camera.setCalibrationMode(odd('rt')), 'calibrationMode', /RT/],
  [(camera) => camera.setResolution(100, 64), 'width', /64, 128, 192, 256, 320/],
  [(camera) => camera.setResolution(64, 258), 'height', /multiple of 4/],
  [(camera) => camera.setResolution(64, 0), 'height', /multiple of 4/],
  [(camera) => camera.setRoiOffset(96, 96), 'x', /0, 64, 128/],
  [(camera) => camera.setRoiOffset(0, 3), 'y', /multiple of 4/],
  [(camera) => camera.setRoiOffset(64, 0), 'roiOffset', /at most 0, 0/],
  [(camera) => camera.setBadPixelReplacement(odd('yes')), 'badPixelReplacement', /true or false/],
  [(camera) => camera.setReverseX(odd(1)), 'reverseX', /true or false/],
  [(camera) => camera.setReverseY(odd(null)), 'reverseY', /true or false/],
  [(camera) => camera.setTestImage(odd('cat')), 'testImage', /staticShade/],
  [(camera) => camera.setPacketDelay(-1), 'packetDelayTicks', /from 0/],
  [(camera) => camera.setPacketDelay(2 ** 32), 'packetDelayTicks', /from 0/],
  [(camera) => camera.configureTrigger({ source: odd('bell') }), 'source', /external/],
  [(camera) => camera.configureTrigger({ activation: odd('up') }), 'activation', /rising/],
  [(camera) => camera.configureTrigger({ selector: odd('all') }), 'selector', /acquisitionStart/],
  [(camera) => camera.setTriggerFrameCount(0), 'triggerFrameCount', /from 1/],
  [(camera) => camera.configure({ frameRateHz: 100, testImage: odd('') }), 'testImage', /off/],
  [(camera) => camera.configure(odd({ fps: 3 })), 'settings', /frameRateHz/],
  [(camera) => camera.nuc({ mode: odd('sky') }), 'mode', /blackBody/],
  [(camera) => camera.nuc({ blackbodyTemperatureC: -300 }), 'blackbodyTemperatureC', /Celsius/],
  [(camera) => camera.sensorTemperature(odd('roof')), 'place', /sensor/],
  [(camera) => camera.setPosixTime(-1), 'PosixTime', /from 0/],
  [(camera) => camera.writeFloatRegister(0xe810, Number.NaN), 'value', /finite/],
  [(camera) => camera.bufferConfigure({ nSequences: 0 }), 'nSequences', /from 1 to/],
  [(camera) => camera.bufferConfigure({ framesPerSequence: 1.5 }), 'framesPerSequence', /from 1 to/],
  [(camera) => camera.bufferConfigure({ framesPerSequence: 1e8 }), 'framesPerSequence', /from 1 to [1-9]/],
  [(camera) => camera.bufferConfigure({ nSequences: 1e6 }), 'nSequences', /from 1 to [1-9]/],
  [(camera) => camera.bufferConfigure({ framesPerSequence: 9, preMoi: 10 }), 'preMoi', /at most the 9/],
  [(camera) => camera.bufferConfigure({ durationSeconds: -1 }), 'durationSeconds', /above 0/],
  [(camera) => camera.bufferConfigure({ moiSource: odd('moon') }), 'moiSource', /software/],
  [(camera) => camera.bufferRecord({ waitFor: -1 }), 'waitFor', /ms/],
  [(camera) => camera.bufferDownload({ first: FRAMES }), 'first', /0 to 49/],
  [(camera) => camera.bufferDownload({ count: FRAMES + 1 }), 'count', /1 to 50/],
  [(camera) => camera.bufferDownload({ first: 40, count: 11 }), 'count', /1 to 10/],
  [(camera) => camera.bufferDownload({ count: 0 }), 'count', /1 to 50/],
  [(camera) => camera.bufferDownload({ bitrateMbps: 0 }), 'bitrateMbps', /1 to 10000/],
  [(camera) => camera.bufferDownload({ packetSize: 100 }), 'packetSize', /576 to/],
  [(camera) => camera.bufferDownload({ packetSize: 1e6 }), 'packetSize', /576 to/],
  [(camera) => camera.bufferDownload({ orderTolerance: -1 }), 'orderTolerance', /from 0/],
  [(camera) => camera.bufferDownload({ retries: -1 }), 'retries', /from 0/],
  [(camera) => camera.bufferDownload({ maxDroppedFrames: -1 }), 'maxDroppedFrames', /from 0/],
]

/** What is rejected with; its message has to say what to do next. */
async function faultOf(work: Promise<unknown>): Promise<FramewireError> {
  const fault = await work.then(
    () => expect.fail('it was taken'),
    (error: FramewireError) => error,
  )
  expect(fault.message).toMatch(/[.,;:] .+\.$/)
  return fault
}

/** Names of its methods, inherited ones included. */
function methodsOf(camera: object): string[] {
  const names: string[] = []
  for (let part = Object.getPrototypeOf(camera); part; part = Object.getPrototypeOf(part)) {
    names.push(...Object.getOwnPropertyNames(part))
  }
  return names
}

const CODE_OF_GONE = /^gige\/(control-lost|no-answer|closed)$/

describe('a Telops camera', () => {
  it('takes no value that is out of range, and is left as it was', async () => {
    const camera = await opened(await simulated({ ringDeadMs: 0 }))
    await record(camera, { frames: FRAMES, resolution: [320, 256] })
    const setters = methodsOf(camera).filter((name) => /^set[A-Z]/.test(name))
    const untried = setters.filter((name) => !WRONG.some(([call]) => String(call).includes(`.${name}(`)))
    expect(untried).toEqual([])
    const before = await registerValues(camera)
    for (const [call, option, remedy] of WRONG) {
      const fault = await faultOf(call(camera))
      expect(fault, String(call)).toMatchObject({ details: { option } })
      // What every camera's stream takes is the same.
      expect(fault.code, String(call)).toBe(option === 'packetSize' ? 'gige/option' : 'telops/option')
      expect(fault.message, String(call)).toMatch(remedy)
      expect(await registerValues(camera), String(call)).toEqual(before)
    }
    expect((await camera.bufferInfo()).recorded).toEqual([FRAMES])
  })

  it('has no frames of a sequence that is not there, or empty', async () => {
    const camera = await opened(await simulated())
    await camera.bufferConfigure({ nSequences: 2 })
    const before = await registerValues(camera)
    for (const sequence of [2, -1, 0.5, Number.NaN]) {
      for (const call of [
        () => camera.bufferDownload({ sequence }),
        () => camera.bufferSequence(sequence),
        () => camera.bufferRecordedFrames(sequence),
        () => camera.bufferMoiFrameId(sequence),
        () => camera.bufferMoiIndex(sequence),
      ]) {
        const fault = await faultOf(call())
        expect(fault).toMatchObject({ code: 'telops/no-sequence', details: { sequence, sequences: 2 } })
        expect(fault.message).toContain('from 0 to 1')
      }
    }
    const fault = await faultOf(camera.bufferDownload({ sequence: 1 }))
    expect(fault).toMatchObject({ code: 'telops/no-frames', details: { sequence: 1 } })
    expect(fault.message).toContain('bufferRecord')
    expect(await registerValues(camera)).toEqual(before)
  })

  it('that another host holds is left to it', async () => {
    const simulator = await simulated()
    const other = await Host.open(simulator)
    await other.write(Bootstrap.controlChannelPrivilege, ControlPrivilege.control)
    const beating = setInterval(() => void other.read(Bootstrap.controlChannelPrivilege).catch(() => {}), 500)
    try {
      const fault = await faultOf(opened(simulator))
      expect(fault).toMatchObject({ code: 'telops/locked', details: { address: simulator.address } })
      expect(fault.message).toContain('Close it there')
      expect(simulator.controller, 'still the other').toEqual(
        expect.objectContaining({ port: other.control.local.port }),
      )
    } finally {
      clearInterval(beating)
    }
  })
})

describe('a Telops camera that vanishes', () => {
  it('while it is not there at all, is named', async () => {
    const simulator = await simulated()
    await simulator.close()
    const fault = await faultOf(opened(simulator, { discoveryTimeoutMs: 300 }))
    expect(fault.code).toBe('gige/not-found')
  })

  it('while it cools', async () => {
    const simulator = await simulated({ coolingMs: 60_000 })
    const fault = await faultOf(opened(simulator, { onProgress: () => void simulator.close() }))
    expect(fault.code).toMatch(CODE_OF_GONE)
  })

  it('while it is configured', async () => {
    const simulator = await simulated()
    const camera = await opened(simulator)
    await camera.setResolution(64, 64)
    // The second change of size waits for a second to go by.
    const configuring = camera.configure({ resolution: [128, 64], frameRateHz: 100 })
    await simulator.close()
    expect((await faultOf(configuring)).code).toMatch(CODE_OF_GONE)
    expect(await camera.state()).toMatch(/^(disconnected|error)$/)
  })

  it('while it records', async () => {
    const simulator = await simulated()
    const camera = await opened(simulator)
    await camera.bufferConfigure({ framesPerSequence: 5000 })
    const recording = camera.bufferRecord({
      onProgress: ({ phase }) => void (phase === 'recording' && simulator.close()),
    })
    expect((await faultOf(recording)).code).toMatch(CODE_OF_GONE)
  })

  it('while it is waited for', async () => {
    const simulator = await simulated({ ringDeadMs: 0 })
    const camera = await opened(simulator)
    await camera.bufferConfigure({ framesPerSequence: 100, moiSource: 'external' })
    await camera.bufferArm({ waitReady: false })
    const waiting = camera.bufferWait()
    await until('the buffer records', async () => (await camera.bufferStatus()) === 'RECORDING')
    await simulator.close()
    expect((await faultOf(waiting)).code).toMatch(CODE_OF_GONE)
  })

  it('while frames are downloaded', async () => {
    const simulator = await simulated({ ringDeadMs: 0, bandwidthMBps: 5 })
    const camera = await opened(simulator)
    await record(camera, { frames: 500, resolution: [128, 128] })
    const download = camera.bufferDownload({ onProgress: () => void simulator.close() })
    expect((await faultOf(download)).code).toMatch(CODE_OF_GONE)
    expect((await faultOf(camera.frameRate())).code).toMatch(CODE_OF_GONE)
  })
})

describeWithMount('a download onto a full disk', () => {
  it('is not begun where the disk has no room for it', async () => {
    const folder = smallDisk(8 << 20)
    const camera = await opened(await simulated({ ringDeadMs: 0 }))
    await record(camera, { frames: 500, resolution: [64, 64] })
    fill(folder, 1 << 20)
    const fault = await faultOf(camera.bufferDownloadTo(join(folder, 'recording.npy'), { convert: false }))
    expect(fault).toMatchObject({ code: 'telops/write', details: { reason: 'ENOSPC' } })
    expect(fault.message).toMatch(/room for 1\.0 MB, and the 500 frames take 4\.1 MB/)
    expect(readdirSync(folder)).toEqual(['filler'])
  })

  it('says so, puts the registers back, and goes on with what is missing when there is room', async () => {
    const folder = smallDisk(8 << 20)
    const camera = await opened(await simulated({ ringDeadMs: 0, bandwidthMBps: 4 }))
    await record(camera, { frames: 500, resolution: [64, 64] })
    const before = await registerValues(camera)
    const file = join(folder, 'recording.npy')
    let free: (() => void) | undefined
    const onProgress = ({ done }: { done: number }) => {
      if (done > 50) free ??= fill(folder, 1 << 18)
    }
    const fault = await faultOf(camera.bufferDownloadTo(file, { convert: false, onProgress }))
    expect(fault).toMatchObject({ code: 'telops/write', details: { reason: 'ENOSPC', path: file } })
    expect(fault.message).toContain('Free some space')
    expect(readdirSync(folder).sort()).toEqual(['filler', 'recording.npy', 'recording.npy.download'])
    expect(await registerValues(camera)).toEqual(before)
    free!()
    const statistics = await camera.bufferDownloadTo(file, { convert: false, resume: true })
    expect(statistics).toMatchObject({ nFrames: 500, nIncomplete: 0 })
    expect(statistics.nBefore).toBeGreaterThan(50)
    expectShown(file, 500, [64, 64])
  })

  it('names the group that was asked for, of whatever lies in it', async () => {
    const folder = smallDisk(8 << 20)
    const camera = await opened(await simulated({ ringDeadMs: 0 }))
    await record(camera, { frames: 500, resolution: [64, 64] })
    const free = fill(folder, 1 << 20)
    const group = join(folder, 'recording.zarr')
    const fault = await faultOf(camera.bufferDownloadTo(group, { convert: false }))
    expect(fault).toMatchObject({ code: 'telops/write', details: { reason: 'ENOSPC', path: group } })
    free()
    const statistics = await camera.bufferDownloadTo(group, { convert: false, resume: true })
    expect(statistics).toMatchObject({ nFrames: 500, nIncomplete: 0 })
    expect(readdirSync(folder)).toEqual(['recording.zarr'])
  })
})
