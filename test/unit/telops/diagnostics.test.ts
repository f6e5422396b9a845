import { describe, expect, it } from 'vitest'
import { Status } from '../../../ts/gige-vision/bootstrap.js'
import { TelopsDevice } from '../../../ts/telops/device.js'
import { FakeRegisters } from './fake-registers.js'

function device() {
  const fake = new FakeRegisters()
  return { fake, camera: new TelopsDevice(fake, fake.clock) }
}

describe('diagnostics', () => {
  it('have 13 temperatures, 2 voltages, 2 currents and what was counted', async () => {
    const { fake, camera } = device()
    fake.reads('DeviceTemperatureReadout', () => fake.get('DeviceTemperatureSelector') + 0.5)
    fake.reads('DeviceVoltageReadout', () => fake.get('DeviceVoltageSelector') * 2)
    fake.reads('DeviceCurrentReadout', () => fake.get('DeviceCurrentSelector') / 4)
    fake.set('DeviceRunningTime', 1000)
    fake.set('DeviceCoolerRunningTime', 900)
    fake.set('DevicePowerOnCycles', 7)
    fake.set('DeviceCoolerPowerOnCycles', 6)
    const found = await camera.diagnostics()
    expect(Object.values(found.temperaturesC)).toEqual(Array.from({ length: 13 }, (_, at) => at + 0.5))
    expect(found.temperaturesC).toMatchObject({ sensor: 0.5, compressor: 6.5, storageFpga: 12.5 })
    expect(found.voltagesV).toEqual({ cooler: 20, supply24V: 22 })
    expect(found.currentsA).toEqual({ cooler: 0, supply24V: 0.25 })
    expect(found).toMatchObject({
      runningTimeSeconds: 1000,
      coolerRunningTimeSeconds: 900,
      powerOnCycles: 7,
      coolerPowerOnCycles: 6,
    })
    // As in the wire log of the reference driver: 17 selectors, 17 readouts, 4 counts.
    expect(fake.log).toHaveLength(38)
    expect(fake.log.slice(0, 2)).toEqual(['DeviceTemperatureSelector = 0', 'read DeviceTemperatureReadout'])
    expect(fake.log.slice(-4)).toEqual([
      'read DeviceRunningTime',
      'read DeviceCoolerRunningTime',
      'read DevicePowerOnCycles',
      'read DeviceCoolerPowerOnCycles',
    ])
  })

  it('tell nothing of sensors that the model lacks', async () => {
    const { fake, camera } = device()
    fake.reads('DeviceTemperatureReadout', () =>
      fake.get('DeviceTemperatureSelector') === 1 ? 0 : -138.30128,
    )
    fake.refuse('DeviceVoltageReadout', Status.writeProtect)
    const found = await camera.diagnostics()
    expect(Object.values(found.temperaturesC)).toEqual(Array.from({ length: 13 }, () => undefined))
    expect(found.voltagesV).toEqual({ cooler: undefined, supply24V: undefined })
    expect(await camera.temperature()).toBeUndefined()
    // A sensor at 0 degC that is not the mainboard's is one.
    fake.reads('DeviceTemperatureReadout', () => 0)
    expect(await camera.sensorTemperature('compressor')).toBe(0)
    expect(await camera.sensorTemperature('mainboard')).toBeUndefined()
  })

  it('know no other places', async () => {
    const { fake, camera } = device()
    await expect(camera.sensorTemperature('roof' as never)).rejects.toMatchObject({
      code: 'telops/option',
      details: { expected: expect.stringContaining('sensor, mainboard, internalLens') },
    })
    expect(fake.log).toEqual([])
  })

  it('say why a camera is not ready', async () => {
    const { fake, camera } = device()
    fake.set('TDCStatus', 0x10002)
    expect(await camera.tdcStatus()).toEqual(['WAITING_FOR_SENSOR', 'WAITING_FOR_FLASH_SETTINGS'])
  })
})

describe('the clocks of a camera', () => {
  it('give seconds and their parts of one moment', async () => {
    const { fake, camera } = device()
    let reads = 0
    // A second begins behind the first look.
    fake.reads('PosixTime', () => (reads++ === 0 ? 1_700_000_000 : 1_700_000_001))
    fake.set('SubSecondTime', 1234)
    expect(await camera.posixTime()).toBe(1_700_000_001_000 + 0.1234)
  })

  it('are set as a second of this host begins', async () => {
    const { fake, camera } = device()
    fake.clock.after(400, () => {})
    await fake.clock.step()
    let [setAt, setTo] = [0, 0]
    fake.writes('PosixTime', (value) => {
      setAt = fake.clock.wall()
      setTo = value
      return value
    })
    // This camera's seconds go on as they were: 250 ms ahead.
    fake.set('SubSecondTime', 2_500_000)
    expect(await fake.pass(camera.syncTime())).toBe(250)
    expect(setAt % 1000).toBe(0)
    expect(setTo * 1000).toBe(setAt)
  })

  it('take whole seconds alone', async () => {
    const { fake, camera } = device()
    await camera.setPosixTime(1_700_000_000_999)
    expect(fake.taken()).toEqual(['PosixTime = 1700000000'])
    await expect(camera.setPosixTime(-1)).rejects.toMatchObject({ code: 'telops/option' })
    await expect(camera.setPosixTime(2 ** 32 * 1000)).rejects.toMatchObject({ code: 'telops/option' })
  })

  it('tell ns of 64 bit, from ticks of any length', async () => {
    const { fake, camera } = device()
    fake.set('GevTimestampValueHigh', 2)
    fake.set('GevTimestampValueLow', 5)
    fake.set('GevTimestampTickFreqLow', 125_000_000)
    expect(await camera.gevTimestampNs()).toBe((2n * 2n ** 32n + 5n) * 8n)
    expect(fake.taken()).toEqual([
      'GevTimestampControl = 2',
      'read GevTimestampValueHigh',
      'read GevTimestampValueLow',
      'read GevTimestampTickFreqHigh',
      'read GevTimestampTickFreqLow',
    ])
    fake.set('GevTimestampTickFreqLow', 0)
    expect(await camera.gevTimestampNs()).toBe(2n * 2n ** 32n + 5n)
  })
})

describe('registers by address', () => {
  it('are whole numbers or floats', async () => {
    const { fake, camera } = device()
    await camera.writeFloatRegister(0xe810, 200)
    expect(await camera.readRegister(0xe810)).toBe(0x43480000)
    expect(await camera.readFloatRegister(0xe810)).toBe(200)
    await camera.writeRegister(0xd300, 64)
    expect(fake.get('Width')).toBe(64)
    await expect(camera.writeFloatRegister(0xe810, Number.NaN)).rejects.toMatchObject({
      code: 'telops/option',
    })
  })
})
