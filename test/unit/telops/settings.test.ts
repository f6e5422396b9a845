import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Status } from '../../../ts/gige-vision/bootstrap.js'
import { ExposureAuto } from '../../../ts/telops/enumerations.js'
import { TelopsImaging } from '../../../ts/telops/imaging.js'
import type { TelopsSettings } from '../../../ts/telops/settings.js'
import type { TelopsWarning } from '../../../ts/telops/warnings.js'
import { FakeRegisters } from './fake-registers.js'

/** A camera with the published law of frame rates. */
function imaging() {
  const fake = new FakeRegisters()
  const camera = new TelopsImaging(fake, fake.clock)
  const warnings: TelopsWarning[] = []
  camera.addEventListener('warning', (event) => warnings.push((event as CustomEvent).detail))
  const most = () => {
    const rowUs = { 64: 0.42, 128: 0.66, 320: 1.2 }[fake.get('Width')] ?? 1
    return 1e6 / (fake.get('ExposureTime') + 3.83 + (fake.get('Height') - 2) * rowUs)
  }
  const clamp = () => {
    fake.set('AcquisitionFrameRate', Math.min(fake.get('AcquisitionFrameRate'), most()))
    return undefined
  }
  fake.reads('FrameRateMax', most)
  fake.writes('AcquisitionFrameRate', (value) => Math.min(value, most()))
  for (const name of ['Width', 'Height', 'ExposureTime'] as const) {
    fake.writes(name, (value) => {
      fake.set(name, value)
      clamp()
      return value
    })
  }
  return { fake, camera, warnings, most }
}

/** Values that each setting takes. */
const GOOD: TelopsSettings = {
  resolution: [128, 64],
  roiOffset: [64, 96],
  integrationTimeUs: 30,
  integrationTimeAuto: 'continuous',
  frameRateMode: 'maximum',
  calibrationMode: 'NUC',
  badPixelReplacement: false,
  reverseX: true,
  reverseY: true,
  testImage: 'dynamicShade',
  trigger: { source: 'software', activation: 'falling', selector: 'flagging', enabled: true },
  triggerFrameCount: 12,
  packetDelayTicks: 1000,
  frameRateHz: 2000,
}

const BAD: { [K in keyof TelopsSettings]: unknown[] } = {
  resolution: [[100, 64], [384, 64], [64, 2], [64, 260], [0, 0], [64], '64x4', [64.5, 4]],
  roiOffset: [[96, 96], [-64, 0], [0, 2], [320, 0], [0, 256], 5],
  integrationTimeUs: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e39, '10'],
  integrationTimeAuto: ['on', true, 'toString'],
  frameRateMode: ['fast', 1],
  calibrationMode: ['rt', 'RAW1', 2],
  badPixelReplacement: [1, 'on'],
  reverseX: [0],
  reverseY: ['yes'],
  testImage: ['shade'],
  trigger: [{ source: 'line1' }, { activation: 'up' }, { selector: 'frame' }],
  triggerFrameCount: [0, 1.5, -1, 2 ** 32],
  packetDelayTicks: [-1, 0.5, 2 ** 32],
  frameRateHz: [0, -5, Number.NaN, '500'],
}

describe('settings', () => {
  it('are written and read back, each alone', async () => {
    for (const name of Object.keys(GOOD) as (keyof TelopsSettings)[]) {
      const { fake, camera, warnings } = imaging()
      fake.set('Width', 64)
      fake.set('Height', 6)
      const made = await fake.pass(camera.configure({ [name]: GOOD[name] }))
      expect(made[name]).toEqual(GOOD[name])
      expect(warnings).toEqual([])
    }
  })

  it('are all checked, together, before the first is written', async () => {
    for (const [name, values] of Object.entries(BAD)) {
      for (const value of values) {
        const { fake, camera } = imaging()
        const settings = { ...GOOD, integrationTimeAuto: 'off', [name]: value } as Partial<TelopsSettings>
        await expect(camera.configure(settings)).rejects.toMatchObject({ code: 'telops/option' })
        expect(fake.taken()).toEqual([])
      }
    }
    const { fake, camera } = imaging()
    await expect(camera.configure({ speed: 5 } as never)).rejects.toMatchObject({
      details: { given: 'speed' },
    })
    await expect(
      camera.configure({ integrationTimeUs: 5, integrationTimeAuto: 'once' }),
    ).rejects.toMatchObject({ details: { option: 'integrationTimeUs' } })
    expect(fake.taken()).toEqual([])
  })

  it('of a window fit the sensor, or nothing is written', async () => {
    const window = fc.record({
      size: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 64 })),
      at: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 63 })),
    })
    await fc.assert(
      fc.asyncProperty(window, async ({ size: [columns, rows], at: [x, y] }) => {
        const { fake, camera } = imaging()
        const resolution = [columns * 64, rows * 4] as const
        const roiOffset = [x * 64, y * 4] as const
        const fits = resolution[0] + roiOffset[0] <= 320 && resolution[1] + roiOffset[1] <= 256
        const configured = fake.pass(camera.configure({ resolution, roiOffset }))
        if (fits) expect(await configured).toMatchObject({ resolution, roiOffset })
        else await expect(configured).rejects.toMatchObject({ code: 'telops/option' })
        if (!fits) expect(fake.log).toEqual([])
      }),
    )
  })

  it('of a window count what the camera has already', async () => {
    const { fake, camera } = imaging()
    fake.set('OffsetX', 128)
    await expect(camera.setResolution(256, 256)).rejects.toMatchObject({
      code: 'telops/option',
      details: { given: [128, 0], expected: 'at most 64, 0 with 256 x 256 pixels' },
    })
    await expect(camera.setRoiOffset(0, 4)).rejects.toMatchObject({ details: { given: [0, 4] } })
    expect(fake.taken().filter((line) => line.includes('='))).toEqual([])
    // Both at once: the old offset leaves no room for the new size, and gives way before it.
    await fake.pass(camera.configure({ resolution: [320, 128], roiOffset: [0, 128] }))
    const written = fake.taken().filter((line) => line.includes('='))
    expect(written).toEqual([
      'OffsetX = 0',
      'OffsetY = 0',
      'Width = 320',
      'Height = 130',
      'OffsetX = 0',
      'OffsetY = 128',
    ])
  })

  it('of the resolution are a second apart', async () => {
    const { fake, camera } = imaging()
    const both = Promise.all([camera.setResolution(64, 4), camera.setResolution(320, 256)])
    expect(await fake.pass(both)).toEqual([
      [64, 4],
      [320, 256],
    ])
    const widths = fake.log.flatMap((line, at) => (line.startsWith('Width =') ? [fake.times[at]] : []))
    expect(widths).toEqual([0, 1000])
    fake.refuse('Width', Status.writeProtect, 1)
    await expect(fake.pass(camera.setResolution(128, 8))).rejects.toMatchObject({ code: 'telops/refused' })
    await fake.pass(camera.setResolution(128, 8))
    expect(fake.clock.now()).toBe(3000)
  })

  it('end automatic exposure where it locks the integration time', async () => {
    const { fake, camera } = imaging()
    fake.set('ExposureAuto', ExposureAuto.CONTINUOUS)
    expect(await camera.setIntegrationTime(20)).toBe(20)
    expect(fake.taken()).toEqual([
      'read AcquisitionFrameRate',
      'read ExposureAuto',
      'ExposureAuto = 0',
      'ExposureTime = 20',
      'read ExposureTime',
      'read AcquisitionFrameRate',
    ])
  })

  it('that the camera clamps are told and returned', async () => {
    const { camera, warnings, most } = imaging()
    const processWarnings: Error[] = []
    const onWarning = (warning: Error) => processWarnings.push(warning)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    const actual = await camera.setFrameRate(100_000)
    expect(actual).toBeCloseTo(most(), 1)
    expect(warnings).toMatchObject([
      {
        code: 'FRAMEWIRE_TELOPS_CLAMPED',
        message: expect.stringMatching(/frameRateHz .* instead of 100000/),
      },
    ])
    await new Promise((resolve) => setImmediate(resolve))
    expect(processWarnings).toMatchObject([{ code: 'FRAMEWIRE_TELOPS_CLAMPED' }])
  })

  it('that lower the frame rate tell it, and the new one', async () => {
    const { camera, warnings } = imaging()
    await camera.setFrameRate(3000)
    const made = await camera.configure({ integrationTimeUs: 2000 })
    expect(made.integrationTimeUs).toBe(2000)
    expect(made.frameRateHz).toBeCloseTo(1e6 / (2000 + 3.83 + 256 * 1.2), 1)
    expect(warnings).toMatchObject([
      {
        code: 'FRAMEWIRE_TELOPS_FRAME_RATE',
        message: expect.stringMatching(/from 3000 to 432.*integrationTimeUs/),
      },
    ])
    // The user sets it himself: what the camera makes of that is what counts.
    warnings.length = 0
    await camera.configure({ integrationTimeUs: 4000, frameRateHz: 200 })
    expect(warnings).toEqual([])
  })

  it('take the camera rounding for what was asked', async () => {
    const { fake, camera, warnings } = imaging()
    fake.writes('AcquisitionFrameRate', () => 1999.4)
    expect(await camera.setFrameRate(2000)).toBeCloseTo(1999.4, 3)
    expect(warnings).toEqual([])
  })

  it('of a trigger go behind its selector, in the order of the reference driver', async () => {
    const { fake, camera } = imaging()
    const made = await camera.configureTrigger({ source: 'external', activation: 'rising' })
    expect(made).toEqual({
      source: 'external',
      activation: 'rising',
      selector: 'acquisitionStart',
      enabled: true,
    })
    expect(fake.taken().filter((line) => line.includes('='))).toEqual([
      'TriggerSelector = 0',
      'TriggerSource = 48',
      'TriggerActivation = 0',
      'TriggerMode = 1',
      'TriggerSelector = 0',
    ])
    await camera.softwareTrigger()
    expect(fake.taken()).toEqual(['TriggerSoftware = 1'])
  })

  it('of the packet delay go to the stream channel, and are known for the next stream', async () => {
    class Camera extends TelopsImaging {
      get kept() {
        return this.configuration.packetDelayTicks
      }
    }
    const fake = new FakeRegisters()
    const camera = new Camera(fake, fake.clock)
    expect(camera.kept).toBeUndefined()
    expect(await camera.setPacketDelay(1000)).toBe(1000)
    expect(fake.taken()).toEqual(['0x0d08 = 1000', 'read 0x0d08'])
    expect(camera.kept).toBe(1000)
  })

  it('tell the sizes that there are', () => {
    const { camera } = imaging()
    expect(camera.validWidths).toEqual([64, 128, 192, 256, 320])
    expect(camera.validHeights).toHaveLength(64)
    expect([camera.validHeights[0], camera.validHeights.at(-1)]).toEqual([4, 256])
  })
})

describe('a non-uniformity correction', () => {
  it('is waited for', async () => {
    const { fake, camera } = imaging()
    fake.reads('DeviceNotReady', () => (fake.clock.now() < 4200 ? 1 : 0))
    await fake.pass(camera.nuc({ mode: 'blackBody', blackbodyTemperatureC: 25 }))
    expect(fake.clock.now()).toBe(5000)
    expect(fake.taken().slice(0, 4)).toEqual([
      'ImageCorrectionMode = 0',
      'ExternalBlackbodyTemp = 25',
      'ImageCorrection = 1',
      'read DeviceNotReady',
    ])
    await fake.pass(camera.nuc({ mode: 'icu' }))
    expect(fake.taken()).toEqual(['ImageCorrectionMode = 1', 'ImageCorrection = 1', 'read DeviceNotReady'])
  })

  it('that does not end is told; one that cannot be is not begun', async () => {
    const { fake, camera } = imaging()
    fake.set('DeviceNotReady', 1)
    await expect(fake.pass(camera.nuc({ timeoutMs: 10_000 }))).rejects.toMatchObject({
      code: 'telops/timeout',
      details: { waitedMs: 10_000 },
    })
    fake.taken()
    await expect(camera.nuc({ mode: 'none' as never })).rejects.toMatchObject({ code: 'telops/option' })
    await expect(camera.nuc({ blackbodyTemperatureC: -300 })).rejects.toMatchObject({ code: 'telops/option' })
    expect(fake.taken()).toEqual([])
  })
})
