import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPattern, patternFrameNumber } from 'framewire/simulator'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Feature } from '../../ts/simulator/features.js'
import { type Capture, capture, type Heard } from './capture.js'
import { type Link, layLink } from './network.js'
import { type OurSimulator, ourSimulatorThere } from './ours/ours.js'
import { conformance } from './peers/conformance.js'
import { aravisCamera, PYTHON, script, VIVA_HOST } from './peers/peers.js'
import { describeWithPeers } from './suite.js'

// Our simulated camera with hosts of others. What it sends is read by tshark.
describeWithPeers('our simulator', ['arv-tool-0.8', 'arv-test-0.8', 'tshark', PYTHON, VIVA_HOST], () => {
  let link: Link
  let capturing: Capture | undefined
  let heard: Heard | undefined
  let simulator: OurSimulator | undefined
  beforeAll(async () => {
    link = await layLink({ apart: true })
  })
  afterEach(async () => {
    await simulator?.stop()
    await capturing?.stop()
    heard?.remove()
    simulator = capturing = heard = undefined
  })
  afterAll(() => link?.close())

  /** What was heard; tshark must have found nothing wrong with what we sent. */
  async function hear(): Promise<Heard> {
    heard = await capturing!.stop()
    capturing = undefined
    const ours = `(gvcp || gvsp) && ip.src == ${link.there}`
    expect(await heard.count(ours)).toBeGreaterThan(0)
    expect(await heard.malformed(ours)).toEqual([])
    return heard
  }

  it('is found by arv-tool, which reads and sets its features', async () => {
    simulator = await ourSimulatorThere(link, {
      serial: 'SIMTOOL',
      model: 'Simulator',
      width: 320,
      height: 240,
    })
    capturing = await capture(link)
    const found = link.run('here', 'arv-tool-0.8', [])
    await found.line(new RegExp(`SIMTOOL \\(${link.there}\\)`))
    const args = ['-a', link.there, 'control', 'Width=64', 'Height', 'PixelFormat', 'DeviceSerialNumber']
    const control = link.run('here', 'arv-tool-0.8', args)
    expect(await control.ended(), control.lines.join('\n')).toBe(0)
    expect(control.lines.map((line) => line.replace(/ min:.*/, ''))).toEqual([
      'Width = 64',
      'Height = 240',
      'PixelFormat = Mono8',
      'DeviceSerialNumber = SIMTOOL',
    ])
    const values = link.run('here', 'arv-tool-0.8', ['-a', link.there, 'values'])
    expect(await values.ended()).toBe(0)
    expect(values.lines.filter((line) => /error|unknown/i.test(line))).toEqual([])
    await hear()
  })

  it('sends frames to arv-camera-test, and those packets again that were lost', async () => {
    simulator = await ourSimulatorThere(link, {
      width: 128,
      height: 128,
      fps: 50,
      seed: 1,
      faults: { loss: 0.01 },
    })
    capturing = await capture(link)
    const args = ['-n', link.there, '--duration=3']
    const test = link.run('here', 'arv-camera-test-0.8', args)
    expect(await test.ended(), test.lines.join('\n')).toBe(0)
    const figure = (name: string) =>
      Number(test.lines.join('\n').match(new RegExp(`^${name}\\s*= (\\d+)`, 'm'))?.[1])
    expect(figure('n_completed_buffers')).toBeGreaterThan(50)
    expect(figure('n_failures')).toBe(0)
    expect(figure('n_missing_frames')).toBe(0)
    expect(figure('n_resent_packets')).toBeGreaterThan(0)
    await hear()
  })

  it('passes every check of arv-test that the fake camera of aravis passes', async () => {
    const fake = await aravisCamera(link, { serial: 'FAKE', lifetimeMs: 120_000 })
    const theirs = await conformance(link)
    await fake.stop()
    simulator = await ourSimulatorThere(link)
    const ours = await conformance(link)
    const failed = [...theirs]
      .filter(([name, { passed }]) => passed && !ours.get(name)?.passed)
      .map(([name]) => `${name}: ${ours.get(name)?.said ?? 'not checked'}`)
    expect(failed).toEqual([])
    expect([...theirs.values()].some(({ passed }) => passed)).toBe(true)
  })

  it('is found, read, set and streamed from by viva-camctl', async () => {
    simulator = await ourSimulatorThere(link, {
      serial: 'SIMVIVA',
      width: 128,
      height: 128,
      fps: 50,
      seed: 2,
      faults: { loss: 0.01 },
    })
    capturing = await capture(link)
    const viva = async (...args: string[]) => {
      const host = link.run('here', VIVA_HOST, args)
      expect(await host.ended(), host.lines.join('\n')).toBe(0)
      return host.lines
    }
    expect((await viva('list')).join('\n')).toContain(link.there)
    await viva('set', '--ip', link.there, '--name', 'Width', '--value', '64')
    expect(await viva('get', '--ip', link.there, '--name', 'Width')).toContain('64')
    const lines = await viva('stream', '--ip', link.there, '--duration-s', '3', '--save', '0')
    const [, complete, incomplete] =
      lines.join('\n').match(/Summary: .* complete=(\d+) incomplete=(\d+)/) ?? []
    expect(Number(complete)).toBeGreaterThan(50)
    expect(Number(incomplete)).toBe(0)
    await hear()
  })

  it('shows pyGigEVision its pattern, pixel for pixel', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'framewire-interop-'))
    try {
      const [width, height, frames] = [128, 96, 20]
      simulator = await ourSimulatorThere(link, { width: 256, height: 192, fps: 50 })
      capturing = await capture(link)
      const task = {
        host: link.here,
        camera: link.there,
        registers: [
          [Feature.width, width],
          [Feature.height, height],
        ],
        start: Feature.acquisitionStart,
        packetSize: 1500,
        frames,
        into: join(folder, 'pixels'),
      }
      const host = script(link, 'pygigevision_host.py', [JSON.stringify(task)], { end: 'here' })
      const [line] = await host.line(/^\{.*\}$/, 30_000)
      const answer = JSON.parse(line)
      expect(answer.found).toEqual([link.there])
      expect(answer.xml).toContain('<RegisterDescription')
      expect(answer.frames).toEqual(
        Array.from({ length: frames }, (_, n) => ({ block_id: n + 1, width, height, complete: true })),
      )
      const pixels = new Uint8Array(readFileSync(task.into))
      for (let n = 0; n < frames; n++) {
        const image = pixels.subarray(n * width * height, (n + 1) * width * height)
        expect(isPattern(image, { width, height }, patternFrameNumber(image)), `frame ${n}`).toBe(true)
        expect(patternFrameNumber(image)).toBe(n)
      }
      await hear()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
