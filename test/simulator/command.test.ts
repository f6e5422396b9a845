import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { start } from '../cli/command.js'
import { loopbackAddress } from '../gige/loopback.js'
import { Host, parsePacket } from './host.js'

const ADDRESS = loopbackAddress()

it('is a camera from its first line on, and writes down what became of each frame', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-simulate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const record = join(folder, 'record.jsonl')
  const args = ['simulate', 'gige', '--ip', ADDRESS, '--serial', 'CLI-1', '--size', '64x32', '--fps', '100']
  const faults = ['--loss', '0.2', '--seed', '4', '--fault', 'reorderPackets=2', '--record', record]
  const camera = start([...args, ...faults, '--json'])
  onTestFinished(() => void camera.child.kill('SIGKILL'))
  const [ready] = await camera.said(/^\{.*\}$/m)
  expect(JSON.parse(ready)).toEqual({ ok: true, ready: true, address: ADDRESS, serial: 'CLI-1' })

  const host = await Host.open({ address: ADDRESS })
  expect((await host.done({ kind: 'discovery' })).device.serialNumber).toBe('CLI-1')
  await host.startStream(576, 20)
  const heard = new Set<string>()
  while (await host.stream.arrival(5000)) {
    for (const packet of await host.packets((packets) => packets.length > 0)) {
      const { block, packet: number } = parsePacket(packet)
      heard.add(`${block}/${number}`)
    }
  }
  camera.child.kill('SIGINT')
  const { code, stdout } = await camera.ended
  expect(code).toBe(0)
  const { ok, statistics } = JSON.parse(stdout.trim().split('\n').at(-1)!)
  expect({ ok, frames: statistics.frames, packets: statistics.packets }).toEqual({
    ok: true,
    frames: 20,
    packets: heard.size,
  })
  const lines = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const missing = lines.flatMap(({ id, missing }) =>
    missing.flatMap(([first, last]: [number, number]) =>
      Array.from({ length: last - first + 1 }, (_, n) => `${id}/${first + n}`),
    ),
  )
  const all = lines.flatMap(({ id, packets }) => Array.from({ length: packets }, (_, n) => `${id}/${n}`))
  expect(all.length).toBe(20 * 6)
  expect(missing).toEqual(all.filter((place) => !heard.has(place)))
})

it.each([
  ['--fps 0', 'fps'],
  ['--fault los=1', 'los'],
  ['--fault loss', 'loss'],
  ['--size 640', '640x480'],
])('refuses %s', async (words, named) => {
  const { code, stderr } = await start(['simulate', 'gige', '--ip', ADDRESS, ...words.split(' ')]).ended
  expect(code).toBe(2)
  expect(stderr).toContain(named)
})
