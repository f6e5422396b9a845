import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { type LockProgress, nameOfTelops, prepare, waitForLock } from '../../../ts/telops/connection.js'
import { TelopsDevice } from '../../../ts/telops/device.js'
import { DevicePowerState, TDCStatusBit } from '../../../ts/telops/enumerations.js'
import { type ReadyProgress, readyText } from '../../../ts/telops/readiness.js'
import { RegisterAccess } from '../../../ts/telops/register-access.js'
import { FakeRegisters } from './fake-registers.js'

function opening() {
  const fake = new FakeRegisters()
  return { fake, registers: new RegisterAccess(fake, fake.clock) }
}

/** Not ready until `readyMs`, for reasons that change with time. */
function notReady(fake: FakeRegisters, readyMs: number, reason: (ms: number) => number) {
  fake.reads('DeviceNotReady', () => (fake.clock.now() < readyMs ? 1 : 0))
  fake.reads('TDCStatus', () => (fake.clock.now() < readyMs ? reason(fake.clock.now()) : 0))
}

/** As the reference driver does it, from the wire log: behind CCP and heartbeat. */
const CHOREOGRAPHY = [
  'AcquisitionStop = 1',
  '0x0d00 = 0',
  'read DeviceNotReady',
  'BadPixelReplacement = 1',
  'FrameRateMode = 1',
  'FrameRateMaxFG = 1000000000',
  'TestImageSelector = 0',
]

describe('a camera that was taken control of', () => {
  it('is brought into a known state as the reference driver does it', async () => {
    const { fake, registers } = opening()
    await prepare(fake, registers, fake.clock)
    expect(fake.taken()).toEqual(CHOREOGRAPHY)
  })

  it('is waited for while it cools, and says so', async () => {
    const { fake, registers } = opening()
    fake.reads('DeviceTemperatureReadout', () => 20 - fake.clock.now() / 1000)
    notReady(fake, 240_000, () => TDCStatusBit.WAITING_FOR_COOLER | TDCStatusBit.WAITING_FOR_ARM)
    const told: ReadyProgress[] = []
    await fake.pass(prepare(fake, registers, fake.clock, { onProgress: (progress) => told.push(progress) }))
    expect(fake.clock.now()).toBe(240_000)
    expect(told).toHaveLength(240)
    expect(told[30]).toEqual({
      kind: 'notReady',
      reasons: ['WAITING_FOR_COOLER', 'WAITING_FOR_ARM'],
      isGettingReady: true,
      sensorTemperatureC: -10,
      waitedMs: 30_000,
    })
    expect(readyText(told[30]!)).toBe(
      'The camera is not ready (waiting for cooler, waiting for arm, sensor at -10.0 degC, 30 s)',
    )
    expect(fake.taken().slice(-4)).toEqual(CHOREOGRAPHY.slice(-4))
  })

  it('is given up 10 s after it got anywhere, or after 600 s in all', async () => {
    const stuck = opening()
    notReady(stuck.fake, Number.POSITIVE_INFINITY, (ms) =>
      ms < 30_000 ? TDCStatusBit.WAITING_FOR_SENSOR : TDCStatusBit.WAITING_FOR_VALID_PARAMS,
    )
    await expect(
      stuck.fake.pass(prepare(stuck.fake, stuck.registers, stuck.fake.clock)),
    ).rejects.toMatchObject({
      code: 'telops/not-ready',
      message: expect.stringContaining('set resolution, integrationTime and frameRate anew'),
      details: { reasons: ['WAITING_FOR_VALID_PARAMS'], waitedMs: 39_000, sensorTemperatureC: 0 },
    })
    const warm = opening()
    notReady(warm.fake, Number.POSITIVE_INFINITY, () => TDCStatusBit.WAITING_FOR_COOLER)
    await expect(warm.fake.pass(prepare(warm.fake, warm.registers, warm.fake.clock))).rejects.toMatchObject({
      code: 'telops/not-ready',
      details: { reasons: ['WAITING_FOR_COOLER'], waitedMs: 600_000 },
    })
  })

  it('is switched on in standby, or left there', async () => {
    const { fake, registers } = opening()
    const isOn = () => fake.get('DevicePowerStateSetpoint') === DevicePowerState.ON
    let onSince = Number.POSITIVE_INFINITY
    fake.writes('DevicePowerStateSetpoint', () => {
      onSince = fake.clock.now()
      return undefined
    })
    fake.reads('DevicePowerState', () => (isOn() ? DevicePowerState.ON : DevicePowerState.STANDBY))
    fake.reads('DeviceNotReady', () => (fake.clock.now() - onSince < 120_000 || !isOn() ? 1 : 0))
    fake.reads('TDCStatus', () =>
      isOn() ? TDCStatusBit.WAITING_FOR_COOLER : TDCStatusBit.WAITING_FOR_POWER_ON,
    )
    await fake.pass(prepare(fake, registers, fake.clock, { powerOn: false }))
    expect(fake.taken()).toEqual([...CHOREOGRAPHY.slice(0, 3), 'read DevicePowerState'])
    await fake.pass(prepare(fake, registers, fake.clock))
    expect(fake.clock.now()).toBe(120_000)
    expect(fake.taken().slice(-4)).toEqual(CHOREOGRAPHY.slice(-4))
  })

  it('ends to be waited for when the signal fires', async () => {
    const { fake, registers } = opening()
    notReady(fake, Number.POSITIVE_INFINITY, () => TDCStatusBit.WAITING_FOR_COOLER)
    const controller = new AbortController()
    fake.clock.after(5500, () => controller.abort())
    const { signal } = controller
    await expect(fake.pass(prepare(fake, registers, fake.clock, { signal }))).rejects.toMatchObject({
      code: 'stream/aborted',
    })
    expect(fake.clock.now()).toBe(5500)
  })
})

describe('a camera that is not named', () => {
  const camera = (address: string, manufacturer: string, reachable = true) => ({
    manufacturer,
    address,
    reachable,
    serialNumber: `S${address}`,
    model: 'FAST-IR',
    version: '2.0',
    deviceVersion: '',
    manufacturerInfo: '',
    userName: '',
    mac: '00:00:00:00:00:00',
    netmask: '255.255.255.0',
    gateway: '0.0.0.0',
    interfaceName: 'eth0',
    interfaceIp: '192.0.2.10',
  })

  it('is the first of Telops that is in reach', () => {
    const others = [camera('192.0.2.1', 'Basler'), camera('198.51.100.2', 'Telops Inc.', false)]
    expect(
      nameOfTelops([...others, camera('192.0.2.3', 'Telops Inc.'), camera('192.0.2.4', 'Telops Inc.')]),
    ).toBe('192.0.2.3')
    // Of this one selection says how it is brought into reach; its address could be another one's here.
    expect(nameOfTelops(others)).toBe('S198.51.100.2')
    expect(nameOfTelops(others.slice(0, 1))).toBeUndefined()
  })
})

describe('a camera that another program controls', () => {
  const denied = () =>
    new FramewireError('gige/control-denied', 'held', { address: '192.0.2.1', holder: '192.0.2.9' })

  it('is opened as soon as a lock that a killed process left behind ends', async () => {
    const { fake } = opening()
    const told: (LockProgress | ReadyProgress)[] = []
    const open = async () => {
      if (fake.clock.now() < 12_500) throw denied()
      return 'open'
    }
    const opened = waitForLock(open, fake.clock, { onProgress: (progress) => told.push(progress) })
    expect(await fake.pass(opened)).toBe('open')
    expect(told).toHaveLength(13)
    expect(told[12]).toEqual({ kind: 'locked', holder: '192.0.2.9', waitedMs: 12_000 })
  })

  it('is given up after 15 s, since who holds it is alive', async () => {
    const { fake } = opening()
    const opened = waitForLock(() => Promise.reject(denied()), fake.clock, {})
    await expect(fake.pass(opened)).rejects.toMatchObject({
      code: 'telops/locked',
      message: expect.stringContaining('A program at 192.0.2.9'),
      details: { address: '192.0.2.1', holder: '192.0.2.9', waitedMs: 15_000 },
    })
  })

  it('is not waited for where something else is wrong', async () => {
    const { fake } = opening()
    await expect(waitForLock(() => Promise.reject(new Error('other')), fake.clock, {})).rejects.toThrow(
      'other',
    )
    expect(fake.clock.timers).toBe(0)
  })
})

describe('the power of a camera', () => {
  it('goes to standby and back, and progress is an event', async () => {
    const fake = new FakeRegisters()
    const device = new TelopsDevice(fake, fake.clock)
    let switchedAt = Number.NEGATIVE_INFINITY
    fake.set('DevicePowerStateSetpoint', DevicePowerState.ON)
    fake.writes('DevicePowerStateSetpoint', () => {
      switchedAt = fake.clock.now()
      return undefined
    })
    fake.reads('DevicePowerState', () =>
      fake.clock.now() - switchedAt < 1200
        ? DevicePowerState.IN_TRANSITION
        : fake.get('DevicePowerStateSetpoint'),
    )
    await fake.pass(device.standby())
    expect(await device.powerState()).toBe('STANDBY')
    fake.taken()
    await device.standby()
    expect(fake.taken()).toEqual(['read DevicePowerState'])

    fake.reads('DeviceNotReady', () => (fake.clock.now() - switchedAt < 3000 ? 1 : 0))
    fake.reads('TDCStatus', () => TDCStatusBit.WAITING_FOR_COOLER)
    const told: unknown[] = []
    device.addEventListener('progress', (event) => told.push((event as CustomEvent).detail))
    await fake.pass(device.powerOn())
    expect(told).toHaveLength(3)
    expect(told[0]).toMatchObject({ reasons: ['WAITING_FOR_COOLER'], waitedMs: 0 })
    expect(fake.taken().slice(-4)).toEqual(CHOREOGRAPHY.slice(-4))
  })

  it('that does not become standby is told', async () => {
    const fake = new FakeRegisters()
    fake.set('DevicePowerState', DevicePowerState.IN_TRANSITION)
    await expect(fake.pass(new TelopsDevice(fake, fake.clock).standby())).rejects.toMatchObject({
      code: 'telops/timeout',
      details: { waitedMs: 30_000 },
    })
  })
})
