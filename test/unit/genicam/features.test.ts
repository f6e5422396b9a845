import { describe, expect, it } from 'vitest'
import { hasCode } from '../../../ts/errors.js'
import type { Features } from '../../../ts/genicam/features.js'
import { openCamera, refused } from './camera.js'

const refusal = (promise: Promise<unknown>): Promise<{ code: string; message: string; details: object }> =>
  promise.then(
    (value) => Promise.reject(new Error(`it resolved to ${String(value)}`)),
    (error) => error,
  )
const names = async (features: Features, options?: Parameters<Features['list']>[0]) =>
  (await features.list(options)).map(({ name }) => name)

describe('what a camera has', () => {
  it('says what the description says about itself, and what it does not understand', async () => {
    const { features } = await openCamera()
    expect(features.described).toMatchObject({ vendor: 'framewire', model: 'EveryKind', version: '2.3.4' })
    expect(features.described.skipped.map(({ name }) => name)).toEqual(['Hologram'])
    expect(features.has('Hologram')).toBe(false)
    expect(features.has('Width')).toBe(true)
    expect(features.has('WidthReg')).toBe(true)
  })

  it('lists features as the categories hold them, those meant for the caller', async () => {
    const { features } = await openCamera()
    expect(await names(features, { category: 'ImageFormatControl' })).toEqual([
      'Width',
      'WidthMax',
      'Height',
      'PixelFormat',
      'ReverseX',
      'ReverseY',
      'Binning',
      'PayloadSize',
    ])
    const inDevice = await features.list({ category: 'DeviceControl', visibility: 'beginner' })
    expect(inDevice.map(({ name }) => name)).not.toContain('DeviceUptime')
    expect(inDevice.find(({ name }) => name === 'UserSetLoad')).toMatchObject({ category: 'UserSetControl' })
    expect(await names(features)).toContain('DeviceUptime')
    expect(await names(features)).not.toContain('DeviceClock')
    expect(await names(features, { visibility: 'invisible' })).toContain('DeviceClock')
    expect(await refusal(features.list({ category: 'AnalogControll' }))).toMatchObject({
      code: 'genicam/unknown',
      details: { similar: ['AnalogControl'] },
    })
  })

  it('tells access: what the camera lacks, refuses to tell, has no register for', async () => {
    const { features } = await openCamera()
    const access = Object.fromEntries((await features.list()).map(({ name, access }) => [name, access]))
    expect(access).toMatchObject({
      DeviceModelName: 'RO',
      DeviceSecret: 'NI',
      DeviceKey: 'WO',
      Width: 'RW',
      WidthMax: 'RO',
      AcquisitionStart: 'WO',
      AcquisitionStop: 'NA',
      ChunkFrameID: 'NA',
      ImageFormatControl: 'RO',
    })
  })

  it('describes a feature with its limits, entries and lengths in force', async () => {
    const { camera, features } = await openCamera()
    expect(await features.info('Width')).toMatchObject({
      min: 16,
      max: 2048,
      inc: 8,
      unit: 'px',
      access: 'RW',
    })
    expect(await features.info('ExposureTime')).toMatchObject({ min: 20, max: 2_000_000, unit: 'us' })
    expect(await features.info('AcquisitionFrameRate')).toMatchObject({ min: 0.5, max: 100 })
    expect(await features.info('OffsetX')).toMatchObject({ min: -32768, max: 32767 })
    expect(await features.info('DeviceClock')).toMatchObject({ min: 0, max: 2n ** 63n - 1n })
    expect(await features.info('TriggerDelay')).toMatchObject({ selectors: ['TriggerSelector'] })
    expect(await features.info('DeviceModelName')).toMatchObject({
      displayName: 'Device Model Name',
      tooltip: 'Model of the device',
      description: 'Name of the model, in µ letters & signs',
      maxBytes: 32,
      category: 'DeviceControl',
      visibility: 'beginner',
    })
    const entries = async () =>
      (await features.info('PixelFormat')).entries?.map(({ name, available }) => [name, available])
    expect(await entries()).toEqual([
      ['Mono8', true],
      ['Mono16', true],
      ['BayerRG8', false],
    ])
    camera.memory.set(0x2014, 0x80) // HasColour
    await features.forget()
    expect(await entries()).toContainEqual(['BayerRG8', true])
  })
})

describe('values', () => {
  it.each([
    ['DeviceModelName', 'EveryKind 1'],
    ['DeviceTemperature', 25],
    ['DeviceUptime', 12],
    ['DeviceClock', 2n ** 60n + 1n],
    ['Width', 640],
    ['WidthMax', 2048],
    ['Height', 480],
    ['PixelFormat', 'Mono8'],
    ['ReverseX', false],
    ['Binning', 1],
    ['OffsetX', -7],
    ['BlackLevel', -3],
    ['PayloadSize', 640 * 480],
    ['ExposureTime', 10_000],
    ['AcquisitionFrameRate', 10],
    ['Gain', 5],
  ])('%s is read', async (name, value) => {
    const { features } = await openCamera()
    expect(await features.get(name)).toBe(value)
  })

  it('writes what the description says: byte order, fields, converters', async () => {
    const { camera, features } = await openCamera()
    expect(await features.set('Width', 1024)).toBe(1024)
    expect(camera.take(0x2000, 4)).toBe(1024)
    expect(await features.set('Height', 258)).toBe(258)
    expect([camera.memory.get(0x2008), camera.memory.get(0x2009)]).toEqual([2, 1])
    expect(await features.set('OffsetX', -2)).toBe(-2)
    expect(camera.take(0x2014, 4)).toBe(0x0010fffe)
    expect(await features.set('ExposureTime', 123_456)).toBe(123_456)
    expect(camera.take(0x3010, 4)).toBe(61_728)
    expect(await features.set('AcquisitionFrameRate', 2.5)).toBe(2.5)
    expect([camera.memory.get(0x301e), camera.memory.get(0x301f)]).toEqual([0x04, 0x40])
    expect(await features.set('Gain', 7)).toBe(7)
    expect(camera.take(0x5000, 4)).toBe(0x1207)
    expect(await features.set('PixelFormat', 'Mono16')).toBe('Mono16')
    expect(camera.take(0x200c, 4)).toBe(0x01100007)
    expect(await features.get('PayloadSize')).toBe(1024 * 258 * 2)
    expect(await features.set('DeviceUserID', 'Häuschen')).toBe('Häuschen')
    expect(await features.set('DeviceClock', 2n ** 62n + 1n)).toBe(2n ** 62n + 1n)
    const table = Uint8Array.from({ length: 64 }, (_, k) => k)
    expect(await features.set('LUTValueAll', table)).toEqual(table)
  })

  it('gives back what was given where nothing can be read', async () => {
    const { camera, features } = await openCamera()
    expect(await features.set('DeviceKey', 77)).toBe(77)
    expect(camera.take(0x1010, 4)).toBe(77)
    expect(camera.asks()).toEqual(['W1010+4'])
  })

  it('gives back what the camera made of a value', async () => {
    const { camera, features } = await openCamera()
    camera.written = (address, byte) => (address === 0x2008 ? byte & ~7 : byte)
    expect(await features.set('Height', 477)).toBe(472)
    expect(await features.get('Height')).toBe(472)
  })

  it('leaves the other fields of a register as the camera has them', async () => {
    const { camera, features } = await openCamera()
    expect(await features.get('ReverseX')).toBe(false)
    expect(await features.get('ReverseY')).toBe(false)
    await features.set('ReverseX', true)
    await features.set('ReverseY', true)
    expect(camera.take(0x2010, 4)).toBe(3)
    await features.set('ReverseX', false)
    expect(camera.take(0x2010, 4)).toBe(2)
    expect(await features.get('ReverseY')).toBe(true)
    // The same where a selector moves the register.
    await features.set('TriggerDelay', 5)
    await features.set('TriggerSource', 6)
    await features.set('TriggerDelay', 7)
    // Bits of big-endian registers are counted from the most significant.
    expect(camera.take(0x4010, 4)).toBe(0x00070006)
  })

  it('reads what a selector selects', async () => {
    const { camera, features } = await openCamera()
    camera.put(0x4010, 2, 11)
    camera.put(0x4020, 2, 22)
    expect(await features.get('TriggerDelay')).toBe(11)
    await features.set('TriggerSelector', 'LineStart')
    expect(await features.get('TriggerDelay')).toBe(22)
    await features.set('TriggerDelay', 33)
    expect([camera.take(0x4010, 2), camera.take(0x4020, 2)]).toEqual([11, 33])
  })

  it('sends one register as a register, others as memory', async () => {
    const { camera, features } = await openCamera()
    await features.set('Width', 64)
    await features.set('Height', 64)
    expect(camera.asks().filter((ask) => !ask.startsWith('r'))).toEqual(['W2000+4', 'w2008+2'])
  })
})

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    ['Width', 17, 'a whole number from 16 to 2048 in steps of 8'],
    ['Width', 8, 'a whole number from 16 to 2048 in steps of 8'],
    ['Width', 4096, 'a whole number from 16 to 2048 in steps of 8'],
    ['Width', 64.5, 'a whole number from 16 to 2048 in steps of 8'],
    ['Width', '64', 'a whole number from 16 to 2048 in steps of 8'],
    ['BlackLevel', 40_000, 'a whole number from -32768 to 32767'],
    ['ExposureTime', 19, 'a number from 20 to 2000000'],
    ['ExposureTime', Number.NaN, 'a number from 20 to 2000000'],
    ['AcquisitionFrameRate', 101, 'a number from 0.5 to 100'],
    ['DeviceClock', 2n ** 64n, 'a whole number from 0 to 9223372036854775807'],
    ['PixelFormat', 'RGB8', 'one of Mono8, Mono16'],
    ['PixelFormat', 'BayerRG8', 'one of Mono8, Mono16'],
    ['PixelFormat', 1, 'one of Mono8, Mono16'],
    ['ReverseX', 1, 'true or false'],
    ['DeviceUserID', 'more than sixteen', 'a string of at most 16 bytes of UTF-8'],
    ['LUTValueAll', new Uint8Array(63), 'a Uint8Array of 64 bytes'],
  ])('%s = %s', async (feature, given, expected) => {
    const { camera, features } = await openCamera()
    expect(await refusal(features.set(feature, given as number))).toMatchObject({
      code: 'genicam/value',
      details: { feature, given, expected },
    })
    expect(camera.asks().filter((ask) => !ask.startsWith('r'))).toEqual([])
  })

  it('a name that is not there, with those that may be meant', async () => {
    const { features } = await openCamera()
    for (const method of ['get', 'info', 'execute'] as const) {
      expect(await refusal(features[method]('widht'))).toMatchObject({
        code: 'genicam/unknown',
        details: { feature: 'widht', similar: ['Width'] },
      })
    }
    expect((await refusal(features.get('Exposure'))).message).toContain('ExposureTime')
  })

  it('what cannot be read or written, now or ever', async () => {
    const { features } = await openCamera()
    for (const [call, access, wanted] of [
      [() => features.get('DeviceSecret'), 'NI', 'read'],
      [() => features.set('DeviceSecret', 1), 'NI', 'write'],
      [() => features.get('DeviceKey'), 'WO', 'read'],
      [() => features.get('ChunkFrameID'), 'NA', 'read'],
      [() => features.set('DeviceModelName', 'x'), 'RO', 'write'],
      [() => features.set('WidthMax', 5), 'RO', 'write'],
      [() => features.set('PayloadFormula', 5), 'RO', 'write'],
      [() => features.execute('AcquisitionStop'), 'NA', 'write'],
      [() => features.get('AcquisitionStart'), 'WO', 'read'],
      [() => features.set('AcquisitionStart', 1), 'WO', 'write'],
      [() => features.get('DeviceControl'), 'RO', 'read'],
    ] as const) {
      expect(await refusal(call())).toMatchObject({ code: 'genicam/access', details: { access, wanted } })
    }
    expect(await refusal(features.execute('Width'))).toMatchObject({ code: 'genicam/access' })
  })

  it('what is locked, by name of the lock', async () => {
    const { features } = await openCamera()
    await features.set('TLParamsLocked', 1)
    const error = await refusal(features.set('Width', 64))
    expect(error).toMatchObject({ code: 'genicam/access', details: { access: 'RO', wanted: 'write' } })
    expect(error.message).toContain('TLParamsLocked')
    expect(await features.get('Width')).toBe(640)
    await features.set('TLParamsLocked', 0)
    expect(await features.set('Width', 64)).toBe(64)
  })

  it('what the camera refuses, with its own words as cause', async () => {
    const { camera, features } = await openCamera()
    const read = await refusal(features.get('DeviceStatus'))
    expect(read).toMatchObject({ code: 'genicam/access', details: { access: 'RW', wanted: 'read' } })
    expect(hasCode((read as { cause?: unknown }).cause, 'gige/refused')).toBe(true)
    const written = await refusal(features.set('DeviceStatus', 3))
    expect(written).toMatchObject({ code: 'genicam/access', details: { wanted: 'write' } })
    expect(written.message).toContain('GEV_STATUS_INVALID_ADDRESS')
    expect(camera.asks()).toContain('Wdead0008+4')
  })
})

describe('commands', () => {
  it('are written, and done when the register says so', async () => {
    const { camera, features } = await openCamera()
    await features.execute('AcquisitionStart')
    expect(camera.take(0x3000, 4)).toBe(1)
    expect(await features.isDone('AcquisitionStart')).toBe(true)
    await features.execute('UserSetLoad')
    expect(camera.take(0x3004, 4)).toBe(7)
    expect(await features.isDone('UserSetLoad')).toBe(false)
    camera.put(0x3004, 4, 0)
    expect(await features.isDone('UserSetLoad')).toBe(true)
  })
})

describe('the line', () => {
  it('lets each call see what the one before wrote', async () => {
    const { features } = await openCamera()
    const calls = Array.from({ length: 20 }, (_, k) => [
      features.set('TriggerSelector', k % 2 ? 'LineStart' : 'FrameStart'),
      features.set('TriggerDelay', k),
      features.get('TriggerDelay'),
    ])
    const results = await Promise.all(calls.flat())
    expect(results.filter((_, i) => i % 3 === 2)).toEqual(Array.from({ length: 20 }, (_, k) => k))
  })

  it('goes on after a call that failed', async () => {
    const { camera, features } = await openCamera()
    camera.failure = new Error('unplugged')
    const failed = features.get('Width')
    const next = features.get('Width')
    await expect(failed).rejects.toThrow('unplugged')
    expect(await next).toBe(640)
  })

  it('does not take for written what did not arrive', async () => {
    const { camera, features } = await openCamera()
    expect(await features.get('Width')).toBe(640)
    await features.info('Width')
    for (const failure of [new Error('unplugged'), refused()]) {
      camera.asks()
      camera.failure = failure
      await expect(features.set('Width', 64)).rejects.toThrow()
      expect(camera.asks()[0]).toBe('W2000+4')
      expect(await features.get('Width')).toBe(640)
    }
  })
})
