import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Status } from '../../../ts/gige-vision/bootstrap.js'
import { floatBits, floatOf } from '../../../ts/gige-vision/register-float.js'
import { RegisterAccess } from '../../../ts/telops/register-access.js'
import { FakeRegisters } from './fake-registers.js'

function access() {
  const fake = new FakeRegisters()
  return { fake, registers: new RegisterAccess(fake, fake.clock) }
}

describe('registers by name', () => {
  it('are floats of IEEE 754 single, or whole numbers of 32 bit', async () => {
    const { fake, registers } = access()
    await registers.write('AcquisitionFrameRate', 200)
    // As the reference driver writes it.
    expect(await fake.readRegister(0xe810)).toBe(0x43480000)
    expect(await registers.read('AcquisitionFrameRate')).toBe(200)
    await registers.write('Width', 2 ** 32 - 1)
    expect(await registers.read('Width')).toBe(2 ** 32 - 1)
    fc.assert(fc.property(fc.float({ noNaN: true }), (value) => floatOf(floatBits(value)) === value))
  })

  it('take nothing that they cannot hold', async () => {
    const { fake, registers } = access()
    for (const value of [-1, 1.5, 2 ** 32, Number.NaN]) {
      await expect(registers.write('Width', value)).rejects.toMatchObject({
        code: 'telops/option',
        details: { option: 'Width' },
      })
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e39]) {
      await expect(registers.write('ExposureTime', value)).rejects.toMatchObject({ code: 'telops/option' })
    }
    expect(fake.taken()).toEqual([])
  })

  it('are written up to three times, a second apart, where the camera fails for a moment', async () => {
    const { fake, registers } = access()
    fake.refuse('Width', Status.error, 2)
    await fake.pass(registers.write('Width', 64))
    expect(fake.log).toEqual(['Width = 64', 'Width = 64', 'Width = 64'])
    expect(fake.times).toEqual([0, 1000, 2000])
    expect(fake.get('Width')).toBe(64)
  })

  it('say which register the camera refuses, and how often', async () => {
    const { fake, registers } = access()
    fake.refuse('Width', Status.error)
    await expect(fake.pass(registers.write('Width', 64))).rejects.toMatchObject({
      code: 'telops/refused',
      message: expect.stringContaining('refused Width = 64, 3 times in 2 s (GEV_STATUS_ERROR)'),
      details: { register: 'Width', value: 64, tries: 3, statusName: 'GEV_STATUS_ERROR' },
      cause: { code: 'gige/refused' },
    })
    fake.refuse('Height', Status.writeProtect)
    fake.taken()
    await expect(registers.write('Height', 6)).rejects.toMatchObject({ details: { tries: 1 } })
    expect(fake.taken()).toEqual(['Height = 6'])
    fake.refuse('FrameRateMax', Status.writeProtect)
    await expect(registers.read('FrameRateMax')).rejects.toMatchObject({
      code: 'telops/refused',
      details: { register: 'FrameRateMax', tries: 1 },
    })
  })

  it('have values of an enumeration by name; one without a name is told', async () => {
    const { fake, registers } = access()
    fake.set('FrameRateMode', 7)
    await expect(registers.choice('FrameRateMode', { fixed: 1 })).rejects.toMatchObject({
      code: 'telops/answer',
      details: { register: 'FrameRateMode', value: 7 },
    })
    expect(await registers.choice('FrameRateMode', { fixed: 1, strange: 7 })).toBe('strange')
  })

  it('behind a selector belong to whoever set it last, for as long as it is needed', async () => {
    const { fake, registers } = access()
    fake.reads('DeviceTemperatureReadout', () => fake.get('DeviceTemperatureSelector') * 10)
    const read = (place: number) =>
      registers.select('DeviceTemperatureSelector', place, () => registers.read('DeviceTemperatureReadout'))
    expect(await Promise.all([1, 2, 3].map(read))).toEqual([10, 20, 30])
  })

  it('let the next one have its turn where one fails', async () => {
    const { registers } = access()
    const failing = registers.inTurn('x', () => Promise.reject(new Error('no')))
    const next = registers.inTurn('x', async () => 'yes')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
