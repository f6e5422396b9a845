import { type OpenTelopsOptions, openTelops, recordingText, type TelopsCamera } from 'framewire/telops'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Bootstrap, ControlPrivilege } from '../../ts/gige-vision/bootstrap.js'
import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { createTelopsSimulator, type TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { Register } from '../../ts/telops/registers.js'
import { loopbackAddress } from '../gige/loopback.js'
import { Host, simulate, WASM } from '../simulator/host.js'

async function simulated(options: TelopsSimulatorOptions = {}): Promise<TelopsSimulator> {
  const address = loopbackAddress()
  const simulator = await createTelopsSimulator({ address, files: { wasmUrl: WASM }, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

async function opened(simulator: TelopsSimulator, options: OpenTelopsOptions = {}): Promise<TelopsCamera> {
  const camera = await openTelops(simulator.address, options)
  onTestFinished(() => camera.close())
  return camera
}

describe('a Telops camera', () => {
  it('is opened by its address, and tells what it is', async () => {
    const simulator = await simulated()
    const camera = await opened(simulator)
    expect(camera.identity).toMatchObject({ manufacturer: 'Telops Inc.', address: simulator.address })
    expect(await camera.state()).toBe('connected')
    expect(await camera.info()).toMatchObject({
      address: simulator.address,
      resolution: [320, 256],
      roiOffset: [0, 0],
      frameRateMode: 'fixed',
      badPixelReplacement: true,
      testImage: 'off',
      powerState: 'ON',
    })
    await camera.close()
    expect(await camera.state()).toBe('disconnected')
    await expect(camera.frameRate()).rejects.toMatchObject({ code: 'gige/closed' })
  })

  it('of another make is left alone', async () => {
    const { address } = await simulate()
    await expect(openTelops(address)).rejects.toMatchObject({
      code: 'telops/other-camera',
      details: { address },
    })
  })

  it('is waited for while it cools', async () => {
    const simulator = await simulated({ coolingMs: 3000 })
    const reasons = new Set<string>()
    const camera = await opened(simulator, {
      onProgress: (progress) => {
        if (progress.kind === 'notReady') for (const reason of progress.reasons) reasons.add(reason)
      },
    })
    expect(await camera.state()).toBe('connected')
    expect([...reasons]).toContain('WAITING_FOR_COOLER')
  })

  it('has the frame rates of the published table', async () => {
    const camera = await opened(await simulated())
    const table: [number, number, number, number][] = [
      [320, 256, 10, 3115],
      [128, 64, 10, 17_836],
      [64, 4, 5, 95_184],
    ]
    for (const [width, height, integrationTimeUs, most] of table) {
      await camera.configure({ resolution: [width, height], integrationTimeUs })
      expect(Math.abs((await camera.frameRateMax()) / most - 1)).toBeLessThan(0.005)
    }
  })

  it('has its settings written and read back', async () => {
    const camera = await opened(await simulated())
    const settings = {
      resolution: [128, 64],
      roiOffset: [64, 96],
      integrationTimeUs: 20,
      calibrationMode: 'NUC',
      reverseX: true,
      reverseY: true,
      testImage: 'staticShade',
      trigger: { source: 'software', activation: 'falling', selector: 'acquisitionStart', enabled: true },
      triggerFrameCount: 5,
      packetDelayTicks: 1000,
      frameRateHz: 1000,
    } as const
    expect(await camera.configure(settings)).toEqual(settings)
    expect(await camera.info()).toMatchObject(settings)
    await camera.nuc({ blackbodyTemperatureC: 25 })
    await camera.saveConfig()
    const { temperaturesC, powerOnCycles } = await camera.diagnostics()
    expect(temperaturesC.sensor).toBeLessThan(-150)
    expect(powerOnCycles).toBeGreaterThan(0)
    expect(await camera.gevTimestampNs()).toBeGreaterThan(0n)
    await camera.syncTime()
    // Whole seconds alone can be set.
    expect(Math.abs((await camera.posixTime()) - Date.now())).toBeLessThan(5000)
  })

  it('records, tells the lines of the guide, and forgets', async () => {
    const camera = await opened(await simulated())
    await camera.setFrameRate(1000)
    expect(await camera.bufferConfigure({ nSequences: 3, framesPerSequence: 100, preMoi: 20 })).toEqual({
      nSequences: 3,
      framesPerSequence: 100,
      preMoi: 20,
      moiSource: 'software',
    })
    let text = ''
    const onProgress = (progress: Parameters<typeof recordingText>[0]) => {
      text += recordingText(progress)
    }
    const done = 'Recording... Done (100 frames)\n'
    expect(await camera.bufferRecord({ waitFor: 0, onProgress })).toEqual({
      frames: 300,
      recorded: [100, 100, 100],
    })
    expect(text).toBe(`Arming (seq 1/3)... ${done}Firing (seq 2/3)... ${done}Firing (seq 3/3)... ${done}`)
    expect(await camera.bufferInfo()).toMatchObject({
      status: 'IDLE',
      nSequences: 3,
      recorded: [100, 100, 100],
      totalBytes: 2 ** 34,
    })
    for (const sequence of [0, 1, 2]) expect(await camera.bufferMoiIndex(sequence)).toBe(20)
    await camera.bufferClear()
    expect(await camera.bufferInfo()).toMatchObject({ nSequences: 3, recorded: [0, 0, 0] })
  })

  it('records for signals from outside', async () => {
    const simulator = await simulated()
    const camera = await opened(simulator)
    await camera.configure({ frameRateHz: 1000 })
    await camera.configureTrigger({ source: 'external', activation: 'rising' })
    await camera.bufferConfigure({
      nSequences: 1,
      framesPerSequence: 500,
      preMoi: 100,
      moiSource: 'external',
    })
    await camera.bufferArm()
    expect(await camera.bufferStatus()).toBe('RECORDING')
    simulator.externalSignal()
    expect(await camera.bufferWait({ timeoutMs: 10_000 })).toEqual({ status: 'HOLDING', sequences: 1 })
    expect(await camera.bufferMoiIndex()).toBe(100)
  })

  it('tells that it streams', async () => {
    const camera = await opened(await simulated())
    const acquisition = camera.acquisition()
    await acquisition.started
    expect(await camera.state()).toBe('streaming')
    await acquisition.stop()
    expect(await camera.state()).toBe('connected')
  })

  it('in a stale state, or failing for moments, is configured all the same', async () => {
    const camera = await opened(await simulated({ seed: 7, faults: { staleBuffer: true } }))
    expect(await camera.bufferConfigure({ framesPerSequence: 10 })).toMatchObject({ framesPerSequence: 10 })
    const failing = await opened(await simulated({ seed: 7, faults: { genericError: 0.3 } }))
    for (const frameRateHz of [100, 200, 300, 400, 500]) {
      expect(await failing.setFrameRate(frameRateHz)).toBe(frameRateHz)
    }
  })

  it('has calibrations', async () => {
    const camera = await opened(await simulated())
    const collections = await camera.calibrationCollections()
    const other = collections.at(-1)!
    expect(await camera.calibrationLoad({ index: other.index })).toMatchObject({ posix: other.posix })
    expect(await camera.calibrationActive()).toMatchObject({
      index: other.index,
      collectionPosix: other.posix,
    })
  })

  it('goes to standby and comes back', async () => {
    const camera = await opened(await simulated({ coolingMs: 1000, powerTransitionMs: 200 }))
    await camera.standby()
    expect(await camera.state()).toBe('standby')
    await camera.powerOn()
    expect(await camera.state()).toBe('connected')
  })

  it('is restarted, and opened again', async () => {
    const simulator = await simulated()
    const camera = await opened(simulator)
    await camera.reset()
    expect(await camera.state()).toBe('disconnected')
    expect(await (await opened(simulator)).state()).toBe('connected')
  })

  it('is opened when the lock of a program that was killed ends', async () => {
    const simulator = await simulated()
    const killed = await Host.open(simulator)
    await killed.write(Bootstrap.controlChannelPrivilege, ControlPrivilege.control)
    await killed.write(Register.AcquisitionStart.address, 1)
    const held: unknown[] = []
    const onProgress: OpenTelopsOptions['onProgress'] = (progress) => {
      if (progress.kind === 'locked') held.push(progress.holder)
    }
    const camera = await opened(simulator, { onProgress })
    expect(await camera.state()).toBe('connected')
    expect(held).toContain('127.0.0.1')
  })
})
