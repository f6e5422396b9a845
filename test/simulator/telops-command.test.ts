import { expect, it, onTestFinished } from 'vitest'
import { Register } from '../../ts/telops/registers.js'
import { start } from '../cli/command.js'
import { loopbackAddress } from '../gige/loopback.js'
import { Host } from './host.js'

const ADDRESS = loopbackAddress()

it('is a Telops camera from its first line on', async () => {
  const args = ['simulate', 'telops', '--ip', ADDRESS, '--serial', 'TEL7', '--cooling', '600', '--rate', '50']
  const camera = start([...args, '--loss', '0.1', '--seed', '4', '--fault', 'lateStopMs=100', '--json'])
  onTestFinished(() => void camera.child.kill('SIGKILL'))
  const [ready] = await camera.said(/^\{.*\}$/m)
  expect(JSON.parse(ready)).toEqual({ ok: true, ready: true, address: ADDRESS, serial: 'TEL7' })

  const host = await Host.open({ address: ADDRESS })
  const { device } = await host.done({ kind: 'discovery' })
  expect(device).toMatchObject({ serialNumber: 'TEL7', manufacturer: 'Telops Inc.', model: 'FAST-IR' })
  expect(await host.read(Register.DeviceNotReady.address)).toEqual([1])
  camera.child.kill('SIGINT')
  const { code, stdout } = await camera.ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ ok: true, statistics: { frames: 0 } })
})

it.each([
  ['--loss 2', 'loss'],
  ['--fault genericError=5', 'genericError'],
  ['--fault lateStop=5', 'lateStop'],
  ['--fps 25', 'fps'],
])('refuses %s', async (words, named) => {
  const { code, stderr } = await start(['simulate', 'telops', '--ip', ADDRESS, ...words.split(' ')]).ended
  expect(code).toBe(2)
  expect(stderr).toContain(named)
})
