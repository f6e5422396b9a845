import { openCamera } from 'framewire/gige'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Bootstrap, Status, streamChannel } from '../../ts/gige-vision/bootstrap.js'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import { maxFrameRateHz } from '../../ts/simulator/telops/frame-rate.js'
import {
  DevicePowerState,
  ExposureAuto,
  FrameRateMode,
  TDCStatusBit,
  TemperatureLocation,
  TriggerSource,
} from '../../ts/telops/enumerations.js'
import { Register } from '../../ts/telops/registers.js'
import { gvcp, Host } from './host.js'
import { OWN_REGISTERS, SMALL, simulateTelops, TelopsHost } from './telops-host.js'

const { invalidParameter, success, writeProtect, busy, error } = Status

describe('registers', () => {
  it('are those of the camera, read and written as it lets them', async () => {
    const camera = await simulateTelops()
    const host = await TelopsHost.open(camera)
    const { device } = await host.raw.done({ kind: 'discovery' })
    expect(device).toMatchObject({ manufacturer: 'Telops Inc.', serialNumber: 'TEL08050' })
    for (const [name, { access }] of OWN_REGISTERS) {
      const value = await host.read(name)
      if (access === 'read') expect(await host.writing(name, 1), name).toBe(writeProtect)
      // What is written back is what it has already.
      else if (access === 'both' && !/Download|^MemoryBuffer.*(Number|Size|Status)/.test(name))
        expect(await host.writing(name, value), name).toBe(success)
    }
    for (const name of ['CalibrationMode', 'TriggerSource', 'MemoryBufferMOISource'] as const)
      expect(await host.writing(name, 77), name).toBe(invalidParameter)
  })

  it('are features for hosts that know its description alone', async () => {
    const { address } = await simulateTelops()
    const host = await openCamera(address)
    onTestFinished(() => host.close())
    const features = await host.features()
    for (const [name, { access }] of OWN_REGISTERS) if (access !== 'write') await features.get(name)
    await features.set('ExposureTime', 25.5)
    await features.set('CalibrationMode', 'NUC')
    expect([await features.get('ExposureTime'), await features.get('CalibrationMode')]).toEqual([25.5, 'NUC'])
  })

  it('fail for a moment where that is the fault, and then no more', async () => {
    const host = await TelopsHost.open(
      await simulateTelops({ seed: 3, faults: { genericError: 0.2, genericErrorMs: 50 } }),
    )
    const statuses = new Set<number>()
    for (let n = 0; n < 100; n++) statuses.add(await host.writing('CalibrationMode', 1))
    expect(statuses).toEqual(new Set([success, error]))
    for (let n = 0; n < 1000 && (await host.read('CalibrationMode')) !== 2; n++)
      await host.writing('CalibrationMode', 2)
    expect(await host.read('CalibrationMode')).toBe(2)
  })
})

describe('the sensor', () => {
  it('has sizes and places in steps, within itself', async () => {
    const host = await TelopsHost.open(await simulateTelops({ resolutionHangMs: 0 }))
    expect([await host.read('Width'), await host.read('Height')]).toEqual([320, 258])
    for (const [name, value] of [
      ['Width', 0],
      ['Width', 96],
      ['Width', 384],
      ['Height', 256],
      ['Height', 2],
      ['Height', 262],
      ['OffsetX', 64],
    ] as const)
      expect(await host.writing(name, value), `${name} ${value}`).toBe(invalidParameter)
    await host.set({ Width: 128, Height: 66, OffsetX: 192, OffsetY: 192 })
    expect(await host.read('PayloadSize')).toBe(128 * 66 * 2)
    expect(await host.writing('Width', 192)).toBe(invalidParameter)
    expect(await host.writing('OffsetX', 96)).toBe(invalidParameter)
    await host.write('CenterImage')
    expect([await host.read('OffsetX'), await host.read('OffsetY')]).toEqual([64, 96])
    expect(await host.writing('OffsetX', 0)).toBe(writeProtect)
  })

  it('lowers the frame rate where another setting wants it, and says nothing', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.write('AcquisitionFrameRate', 5000)
    expect(await host.read('AcquisitionFrameRate')).toBeCloseTo(maxFrameRateHz(320, 256, 10), 1)
    await host.write('ExposureTime', 1000)
    expect(await host.read('FrameRateMax')).toBeCloseTo(maxFrameRateHz(320, 256, 1000), 1)
    expect(await host.read('AcquisitionFrameRate')).toBe(await host.read('FrameRateMax'))
    await host.write('ExposureTime', 10)
    expect(await host.read('AcquisitionFrameRate')).toBeCloseTo(maxFrameRateHz(320, 256, 1000), 1)
    await host.write('FrameRateMode', FrameRateMode.MAXIMUM)
    expect(await host.read('AcquisitionFrameRate')).toBeCloseTo(maxFrameRateHz(320, 256, 10), 1)
    await host.write('FrameRateMode', FrameRateMode.FIXED_LOCKED)
    expect(await host.writing('ExposureTime', 1000)).toBe(invalidParameter)
    for (const wrong of [0, -5, Number.NaN, Infinity])
      expect(await host.writing('AcquisitionFrameRate', wrong)).toBe(invalidParameter)
  })

  it('locks the integration time while it is automatic', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.write('ExposureAuto', ExposureAuto.CONTINUOUS)
    expect(await host.writing('ExposureTime', 20)).toBe(writeProtect)
    await host.write('ExposureAuto', ExposureAuto.OFF)
    await host.write('ExposureTime', 20)
    expect(await host.read('ExposureTime')).toBe(20)
  })

  it('hangs the camera where its size is changed again too soon, until that is switched off and on', async () => {
    const camera = await simulateTelops({ resolutionHangMs: 60_000 })
    const host = await TelopsHost.open(camera)
    await host.set({ Width: 64, Height: 6 })
    await host.write('Height', 6)
    await host.write('Width', 128)
    await host.raw.send(gvcp.command(1, { kind: 'discovery' }, true))
    expect(await host.raw.answer(300)).toBeUndefined()
    camera.restart()
    await host.raw.return()
    await host.raw.takeControl()
    expect(await host.read('Width')).toBe(320)
  })
})

describe('power', () => {
  it('cools down before it is ready', async () => {
    const host = await TelopsHost.open(await simulateTelops({ coolingMs: 1000 }))
    await host.write('DeviceTemperatureSelector', TemperatureLocation.SENSOR)
    const warm = await host.read('DeviceTemperatureReadout')
    expect(await host.read('DeviceNotReady')).toBe(1)
    expect((await host.read('TDCStatus')) & TDCStatusBit.WAITING_FOR_COOLER).not.toBe(0)
    expect(await host.writing('AcquisitionStart', 1)).toBe(busy)
    await host.until('DeviceNotReady', 0)
    expect(await host.read('TDCStatus')).toBe(0)
    const cold = await host.read('DeviceTemperatureReadout')
    expect(cold).toBeCloseTo(-193.2, 3)
    expect(warm).toBeGreaterThan(cold)
    await host.write('AcquisitionStart')
    expect(await host.read('TDCStatus')).toBe(TDCStatusBit.ACQUISITION_STARTED)
  })

  it('stands by, and is switched on again', async () => {
    const host = await TelopsHost.open(await simulateTelops({ powerTransitionMs: 200 }))
    await host.write('DevicePowerStateSetpoint', DevicePowerState.STANDBY)
    expect(await host.read('DevicePowerState')).toBe(DevicePowerState.IN_TRANSITION)
    await host.until('DevicePowerState', DevicePowerState.STANDBY)
    expect(await host.read('TDCStatus')).toBe(TDCStatusBit.WAITING_FOR_POWER_ON)
    await host.write('DevicePowerStateSetpoint', DevicePowerState.ON)
    await host.until('DevicePowerState', DevicePowerState.ON)
    expect(await host.read('DeviceNotReady')).toBe(0)
  })

  it('goes on with what it does when its host is gone, and lets another one have it', async () => {
    const camera = await simulateTelops()
    const gone = await TelopsHost.open(camera)
    await gone.raw.write(Bootstrap.heartbeatTimeout, 500)
    await gone.write('AcquisitionStart')
    const host = await Host.open(camera)
    expect(await host.takeControl()).toBe(Status.accessDenied)
    for (const end = performance.now() + 10_000; (await host.takeControl()) !== success; )
      if (performance.now() > end) throw new Error('control was not given up')
    expect(camera.statistics.heartbeatsMissed).toBe(1)
    expect(await host.read(Register.TDCStatus.address)).toEqual([TDCStatusBit.ACQUISITION_STARTED])
  })

  it('is not ready while images are corrected', async () => {
    const host = await TelopsHost.open(await simulateTelops({ imageCorrectionMs: 300 }))
    await host.write('ImageCorrection')
    expect(await host.read('TDCStatus')).toBe(TDCStatusBit.WAITING_FOR_IMAGE_CORRECTION)
    await host.until('DeviceNotReady', 0)
  })

  it('has a clock that is set to the second', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.write('PosixTime', 1_000_000)
    const seconds = await host.read('PosixTime')
    expect(seconds).toBeGreaterThanOrEqual(1_000_000)
    expect(seconds).toBeLessThan(1_000_060)
    expect(await host.read('SubSecondTime')).toBeLessThan(10_000_000)
  })
})

describe('live frames', () => {
  it('say what they are, and are the formula', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.small()
    await host.set({ AcquisitionFrameRate: 200, ExposureTime: 12.5, CalibrationMode: 1, PosixTime: 5_000 })
    await host.openStream()
    await host.write('AcquisitionStart')
    const [first, ...others] = await host.frames(5)
    expect(first).toMatchObject({ block: 1, frameId: 1, buffering: 0 })
    const { header } = first!
    expect([0, 1, 2, 3, 28].map((at) => header.getUint8(at))).toEqual([0x54, 0x43, 9, 12, 1])
    expect([header.getInt8(16), header.getFloat32(12, true)]).toEqual([0, 0])
    expect([header.getUint16(32, true), header.getUint16(34, true)]).toEqual([64, 4])
    expect([header.getUint32(24, true), header.getUint32(44, true)]).toEqual([1250, 200_000])
    expect(header.getUint32(100, true)).toBeLessThan(5_060)
    others.forEach(({ block, frameId, takenAt }, n) => {
      expect(block).toBe(n + 2)
      // Frames that a busy host does not take have their ids, too.
      expect(takenAt - first!.takenAt).toBe(BigInt(frameId - 1) * 50_000n)
    })
    for (const { frameId, counts } of [first!, ...others])
      expect(counts).toEqual(telopsFrame(frameId, SMALL.width, SMALL.height))
    expect(await host.writing('Width', 128)).toBe(writeProtect)
  })

  it('begin with a new id after a stop, and have values in mode RT', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    await host.small()
    await host.openStream()
    for (const _ of [1, 2]) {
      await host.write('AcquisitionStart')
      const [frame] = await host.frames(1)
      await host.write('AcquisitionStop')
      expect(frame).toMatchObject({ block: 1, frameId: 1 })
      expect(frame!.header.getInt8(16)).toBe(-10)
      expect(frame!.header.getFloat32(12, true)).toBeCloseTo(273.15, 3)
    }
  })

  it('come by as many as each pulse is to bring where they wait for one', async () => {
    const camera = await simulateTelops()
    const host = await TelopsHost.open(camera)
    await host.small()
    await host.set({ TriggerSource: TriggerSource.EXTERNAL_SIGNAL, TriggerMode: 1, TriggerFrameCount: 3 })
    await host.openStream()
    await host.write('AcquisitionStart')
    expect(await host.raw.stream.arrival(200)).toBe(false)
    await host.write('TriggerSoftware')
    expect(await host.raw.stream.arrival(200)).toBe(false)
    camera.externalSignal()
    expect((await host.frames(3)).map(({ frameId }) => frameId)).toEqual([1, 2, 3])
    expect(camera.statistics.frames).toBe(3)
  })
})

describe('calibrations', () => {
  it('are loaded block by block, of the collection that is loaded alone', async () => {
    const host = await TelopsHost.open(await simulateTelops())
    const count = await host.read('CalCollectionCount')
    await host.write('CalCollectionSelector', count - 1)
    const collection = await host.read('CalCollectionPosix')
    await host.write('CalBlockSelector', 1)
    const block = await host.read('CalBlockPosix')
    expect(await host.writing('CalBlockLoad', 1)).toBe(error)
    expect(await host.read('CalActivePosix')).not.toBe(collection)
    await host.write('CalCollectionLoad')
    await host.write('CalBlockLoad')
    expect([await host.read('CalActivePosix'), await host.read('CalActiveBlockPosix')]).toEqual([
      collection,
      block,
    ])
    expect(await host.writing('CalCollectionSelector', count)).toBe(invalidParameter)
    await host.write('CalCollectionSelector', 0)
    await host.write('CalCollectionPosix', collection)
    expect(await host.read('CalCollectionSelector')).toBe(count - 1)
  })
})

it('waits between packets for ticks of 8 ns', async () => {
  const host = await TelopsHost.open(await simulateTelops())
  await host.small()
  await host.openStream()
  // Four seconds, which would be half a second in ticks of a nanosecond: no second packet comes while this test looks.
  await host.raw.write(streamChannel(0).packetDelay, 500_000_000)
  await host.write('AcquisitionStart')
  expect((await host.raw.packets((packets) => packets.length > 0)).length).toBe(1)
  expect(await host.raw.stream.arrival(1000)).toBe(false)
})
