import { describe, expect, it } from 'vitest'
import { openCamera } from './camera.js'

describe('registers that are read', () => {
  it('once, where the description lets them be cached', async () => {
    const { camera, features } = await openCamera()
    await features.get('Width')
    expect(camera.asks()).toEqual(['r2000+4'])
    await features.get('Width')
    await features.get('WidthReg')
    expect(camera.asks()).toEqual([])
    await features.get('PayloadSize')
    expect(camera.asks()).toEqual(['r2008+2', 'r200c+4'])
    await features.get('PayloadSize')
    expect(camera.asks()).toEqual([])
  })

  it('every time, where it forbids it, but once in one call', async () => {
    const { camera, features } = await openCamera()
    for (const bits of [0x41c80000, 0x42480000]) {
      camera.put(0x1000, 4, bits)
      expect(await features.get('DeviceTemperature')).toBe(bits === 0x41c80000 ? 25 : 50)
      expect(camera.asks()).toEqual(['r1000+4'])
    }
  })

  it('again, when the time is over that they may be shown', async () => {
    const { camera, features, clock } = await openCamera()
    await features.get('DeviceUptime')
    clock.ms = 999
    await features.get('DeviceUptime')
    expect(camera.asks()).toEqual(['r1004+4'])
    clock.ms = 1000
    camera.put(0x1004, 4, 13)
    expect(await features.get('DeviceUptime')).toBe(13)
  })

  it('again, when what they depend on was written', async () => {
    const { camera, features } = await openCamera()
    await features.get('AcquisitionFrameRate')
    await features.get('ExposureTime')
    camera.asks()
    await features.set('ExposureTime', 20_000)
    expect(camera.asks()).toEqual(['W3010+4', 'r3010+4'])
    // Its pInvalidator is the exposure's register.
    await features.get('AcquisitionFrameRate')
    expect(camera.asks()).toEqual(['r3018+8'])
    await features.get('PayloadSize')
    await features.set('Width', 64)
    camera.asks()
    expect(await features.get('PayloadSize')).toBe(64 * 480)
    expect(camera.asks()).toEqual([])
  })

  it('again, when another node wrote the same bytes', async () => {
    const { camera, features } = await openCamera()
    await features.get('ReverseY')
    await features.set('ReverseX', true)
    camera.asks()
    await features.get('ReverseY')
    expect(camera.asks()).toEqual(['r2010+4'])
  })

  it('again, after everything was forgotten', async () => {
    const { camera, features } = await openCamera()
    await features.get('Width')
    camera.put(0x2000, 4, 128)
    await features.forget()
    expect(await features.get('Width')).toBe(128)
  })

  it('not at all of what only the description has to be asked for', async () => {
    const { camera, features } = await openCamera()
    features.has('Width')
    await features.get('TLParamsLocked')
    await features.set('TLParamsLocked', 1)
    expect(camera.asks()).toEqual([])
  })
})
