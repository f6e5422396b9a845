import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Link, layLink } from '../gige/network.js'
import { aravisCamera } from '../gige/peers/peers.js'
import { describeWithPeers } from '../gige/suite.js'
import { parseNpy } from '../interop/npy.js'
import { askAt, runAt } from './cameras.js'
import { folder } from './command.js'

describeWithPeers('commands of cameras', ['arv-fake-gv-camera-0.8'], () => {
  let link: Link
  beforeAll(async () => {
    link = await layLink({ apart: true })
    await aravisCamera(link, { serial: 'CLI1', lifetimeMs: 300_000 })
  })
  afterAll(() => link?.close())

  const ask = <T>(...args: string[]) => askAt<T>(link, 'here', ...args)
  const run = (...args: string[]) => runAt(link, 'here', ...args)
  const camera = () => ['--camera', link.there]
  interface Refused {
    error: { code: string; message: string; details: Record<string, unknown> }
  }

  describe('discover', () => {
    it('lists who answers', async () => {
      const { cameras } = await ask<{ cameras: { serialNumber: string }[] }>('discover')
      expect(cameras.find(({ serialNumber }) => serialNumber === 'CLI1')).toMatchObject({
        manufacturer: 'Aravis',
        model: 'Fake',
        address: link.there,
        interfaceName: link.device,
        interfaceIp: link.here,
        reachable: true,
      })
    })

    it('shows them in a line each', async () => {
      const { code, lines } = await run('discover', '--quiet')
      expect(code).toBe(0)
      expect(lines.join('\n')).toMatch(
        new RegExp(`^Aravis Fake \\(CLI1\\) +${link.there} +${link.device} \\(${link.here}\\)$`, 'm'),
      )
    })
  })

  describe('info', () => {
    it('tells how a camera is set', async () => {
      await ask('features', 'set', ...camera(), 'Width=320', 'Height=200', 'ExposureTimeAbs=5000')
      expect(await ask('info', ...camera())).toMatchObject({
        ok: true,
        kind: 'camera',
        serialNumber: 'CLI1',
        address: link.there,
        height: 200,
        width: 320,
        pixelFormat: 'Mono8',
        exposureTimeUs: 5000,
      })
      const { lines } = await run('info', ...camera())
      expect(lines).toContain('Camera    Aravis Fake (CLI1)')
      expect(lines).toContain('Image     320 x 200, Mono8')
      expect(lines).toContain('Exposure  5000 µs')
    })

    it('is of a file or of a camera', async () => {
      const told = await ask<Refused>('info', 'growth.npy', ...camera())
      expect(told).toMatchObject({ ok: false, error: { code: 'usage' } })
    })
  })

  describe('features', () => {
    it('are set and read back, by text', async () => {
      const set = await ask<object>(
        'features',
        'set',
        ...camera(),
        'Width=640',
        'Height=0x40',
        'TriggerMode=Off',
      )
      expect(set).toMatchObject({
        ok: true,
        features: [
          { name: 'Width', value: 640 },
          { name: 'Height', value: 64 },
          { name: 'TriggerMode', value: 'Off' },
        ],
      })
      expect((await run('features', 'get', ...camera(), 'Width')).lines).toEqual(['640'])
      expect((await run('features', 'get', ...camera(), 'Width', 'Height')).lines).toEqual([
        'Width=640',
        'Height=64',
      ])
    })

    it('tell what they take', async () => {
      const { features } = await ask<{ features: object[] }>(
        'features',
        'get',
        ...camera(),
        'Width',
        'PixelFormat',
      )
      expect(features).toMatchObject([
        { name: 'Width', type: 'integer', min: 1, max: 2048, access: 'RW' },
        { name: 'PixelFormat', type: 'enumeration', value: 'Mono8' },
      ])
    })

    it('are listed by category', async () => {
      const { lines } = await run('features', 'list', ...camera(), '--quiet')
      expect(lines).toContain('ImageFormatControl')
      expect(lines.join('\n')).toMatch(/^ {2}SensorWidth +2048 +read only$/m)
      const one = await ask<{ features: { name: string }[] }>(
        'features',
        'list',
        'AcquisitionControl',
        ...camera(),
      )
      const names = one.features.map(({ name }) => name)
      expect(names).toContain('TriggerMode')
      expect(names).not.toContain('Width')
    })

    it.each<[string, string[], string, RegExp]>([
      ['a value out of range', ['set', 'Width=9999'], 'genicam/value', /1 to 2048/],
      ['a text for a number', ['set', 'Width=wide'], 'genicam/value', /"wide".*whole number/],
      ['what is read only', ['set', 'SensorWidth=1'], 'genicam/access', /SensorWidth/],
      ['a name that is none', ['get', 'Widht'], 'genicam/unknown', /Width/],
      ['no assignment', ['set', 'Width'], 'usage', /NAME=VALUE/],
    ])('refuse %s', async (_, args, code, message) => {
      const told = await ask<Refused>('features', ...args, ...camera())
      expect(told.ok).toBe(false)
      expect(told.error.code).toBe(code)
      expect(told.error.message).toMatch(message)
    })
  })

  describe('grab', () => {
    const grab = (...args: string[]) => ask<Refused & Record<string, unknown>>('grab', ...camera(), ...args)

    it('writes frames as one array', async () => {
      const out = join(folder(), 'frames.npy')
      const told = await grab('-o', out, '--count', '3', '--set', 'Width=64', '--set', 'Height=48')
      expect(told).toMatchObject({
        ok: true,
        camera: 'CLI1',
        shape: [3, 48, 64],
        dtype: 'uint8',
        pixelFormat: 'Mono8',
        losses: { camera: 0, wire: 0, kernel: 0, app: 0 },
        files: [out],
      })
      const { shape, bytes } = parseNpy(readFileSync(out))
      expect(shape).toEqual([3, 48, 64])
      // What was told of each frame is what the file has.
      const frames = told.frames as { min: number; max: number; mean: number; blockId: number }[]
      expect(frames).toHaveLength(3)
      frames.forEach((frame, n) => {
        const values = [...bytes.subarray(n * 48 * 64, (n + 1) * 48 * 64)]
        expect(frame).toMatchObject({ min: Math.min(...values), max: Math.max(...values) })
        expect(frame.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6)
      })
      expect(frames.map(({ blockId }) => blockId - frames[0]!.blockId)).toEqual([0, 1, 2])
    })

    it('writes a file for each frame', async () => {
      const at = folder()
      const { code, lines } = await run('grab', ...camera(), '-o', join(at, 'shot.png'), '--count', '2')
      expect(code).toBe(0)
      expect(lines).toContain(`Written   ${join(at, 'shot-0.png')} to ${join(at, 'shot-1.png')}`)
      expect(existsSync(join(at, 'shot-1.png'))).toBe(true)
    })

    it('fails where no frame comes, and writes nothing', async () => {
      const out = join(folder(), 'shot.tif')
      const trigger = ['--set', 'TriggerMode=On', '--set', 'TriggerSource=Software']
      const told = await grab('-o', out, '--timeout', '1', ...trigger)
      expect(told.ok).toBe(false)
      expect(told.error.code).toMatch(/^gige.no-(stream|frame)$/)
      expect(told).toMatchObject({ frames: [], files: [] })
      expect(existsSync(out)).toBe(false)
      await ask('features', 'set', ...camera(), 'TriggerMode=Off')
    })

    it('refuses a file of no known kind before it looks for the camera', async () => {
      const told = await ask<Refused>('grab', '--camera', 'nobody', '-o', 'shot.jpg')
      expect(told).toMatchObject({ ok: false, error: { code: 'usage' } })
    })
  })

  it('say who there is, where a name is none', async () => {
    const told = await ask<Refused>('features', 'list', '--camera', 'nobody')
    expect(told.error).toMatchObject({ code: 'gige/not-found' })
    expect(told.error.message).toContain('CLI1')
  })
})
