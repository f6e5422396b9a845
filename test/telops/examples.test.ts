import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { type Running, start } from '../gige/process.js'
import { opened, record, simulated } from './simulated.js'

const FOLDER = fileURLToPath(new URL('../../examples/telops', import.meta.url))
const FRAMES = 50
const run = new Set<string>()

/** Run an example; its lines. Each of them has to end well. */
async function example(name: string, ...args: (string | number)[]): Promise<readonly string[]> {
  const running = started(name, ...args)
  const code = await running.ended()
  expect(code, running.lines.join('\n')).toBe(0)
  return running.lines
}

function started(name: string, ...args: (string | number)[]): Running {
  run.add(`${name}.mjs`)
  const running = start(process.execPath, [`${FOLDER}/${name}.mjs`, ...args.map(String)])
  onTestFinished(() => running.stop())
  return running
}

/** A simulated camera with three sequences in its buffer. */
async function withRecording(options: Parameters<typeof simulated>[0] = {}): Promise<TelopsSimulator> {
  const simulator = await simulated({ ringDeadMs: 0, ...options })
  const camera = await opened(simulator)
  await record(camera, { frames: FRAMES, nSequences: 3 })
  await camera.close()
  return simulator
}

/** A simulated camera that is set to a frame rate that a busy machine keeps up with. */
async function atLowRate(): Promise<TelopsSimulator> {
  const simulator = await simulated()
  const camera = await opened(simulator)
  await camera.setFrameRate(50)
  await camera.close()
  return simulator
}

describe('of the examples for Telops cameras', () => {
  it('live shows the latest frames', async () => {
    const { address } = await simulated()
    const lines = await example('live', address, 1)
    expect(lines[0]).toMatch(/^frame \d+: mean 2(5\.9|6\.0)\d degC$/)
    const shown = lines.filter((line) => line.startsWith('frame ')).length
    expect(lines.at(-1)).toMatch(new RegExp(`^${shown} frames shown, \\d+ passed over$`))
  })

  it('grab takes one frame, and many', async () => {
    const { address } = await atLowRate()
    expect(await example('grab', address)).toEqual([
      'one frame of 256 x 320 in degC',
      '100 frames, ids 1 to 100',
    ])
  })

  it('packet-delay spreads the packets', async () => {
    const { address } = await simulated()
    expect(await example('packet-delay', address)).toEqual(['packet delay 1000, frames lost 0'])
  })

  it('record prints the lines of the guide', async () => {
    const { address } = await simulated()
    const lines = await example('record', address, 0.1)
    const downloaded = expect.stringMatching(
      /^Downloaded 200 frames in \d+\.\d s \(\d+ fps, \d+\.\d MB\/s\)$/,
    )
    const checked = 'Data check: OK, 200 frames, range [24.0, 28.0], mean 26.0'
    expect(lines).toEqual([
      'Arming (seq 1/3)... Recording... Done (200 frames)',
      'Firing (seq 2/3)... Recording... Done (200 frames)',
      'Firing (seq 3/3)... Recording... Done (200 frames)',
      "{ status: 'IDLE', nSequences: 3, recorded: [ 200, 200, 200 ] }",
      downloaded,
      checked,
      downloaded,
      checked,
    ])
    const camera = await opened({ address })
    expect((await camera.bufferInfo()).recorded, 'cleared').toEqual([0, 0, 0])
  })

  it('integrity tells of frames that never came whole, and takes what came where it may', async () => {
    // Most packets are lost and never sent again: some frames are not whole after seven passes.
    const { address } = await withRecording({ seed: 5, resends: false, faults: { loss: 0.75 } })
    const lines = await example('integrity', address, FRAMES)
    const [, told, ids] = lines[0]!.match(/^(\d+) frame\(s\) incomplete: ([\d, ]+)$/)!
    expect(new Set(ids!.split(', ')).size).toBe(Number(told))
    expect(Number(told)).toBeGreaterThan(0)
    expect(lines[1]).toMatch(new RegExp(`^${FRAMES} frames, \\d+ of them incomplete$`))
  })

  it('integrity has nothing to tell where every frame comes', async () => {
    const { address } = await withRecording()
    expect(await example('integrity', address)).toEqual([`${FRAMES} frames, 0 of them incomplete`])
  })

  it('manual-bitrate, statistics and tune download what is there', async () => {
    const { address } = await withRecording()
    expect(await example('manual-bitrate', address)).toEqual([`${FRAMES} frames at 500 Mbit/s`])
    expect((await example('statistics', address))[0]).toMatch(
      /^0 incomplete, \d+\.\d MB\/s, packet size \d+$/,
    )
    const lines = await example('tune', address, 20)
    expect(lines[0]).toMatch(/^ *Packet size +Carried +Incomplete$/)
    expect(lines.at(-1)).toMatch(new RegExp(`^${FRAMES} frames with packets of \\d+ bytes$`))
  })

  it('external-trigger records around a signal', async () => {
    const simulator = await simulated()
    const running = started('external-trigger', simulator.address, 500)
    await running.line(/^armed$/, 20_000)
    simulator.externalSignal()
    await running.line(/^500 frames, the signal at frame 100$/, 30_000)
    expect(await running.ended()).toBe(0)
  })

  it('manual-moi records around a moment of its own', async () => {
    const { address } = await simulated()
    expect(await example('manual-moi', address, 100)).toEqual(['100 x 256 x 320 in degC'])
  })

  it('subwindow makes higher rates possible', async () => {
    const { address } = await simulated()
    expect(await example('subwindow', address)).toEqual([
      expect.stringMatching(/^at most \d+ fps$/),
      'widths 64, 128, 192, 256, 320',
      'heights 4, 8, 12, ... 256',
    ])
  })

  it('frame-rates prints the table of the guide', async () => {
    const { address } = await simulated()
    const published = [
      ['320x256 at 10 us', 3115],
      ['320x128 at 10 us', 5973],
      ['320x64 at 10 us', 11_034],
      ['128x64 at 10 us', 17_836],
      ['64x32 at 10 us', 36_676],
      ['64x4 at 10 us', 64_491],
      ['64x4 at 5 us', 95_184],
    ] as const
    const lines = await example('frame-rates', address)
    expect(lines).toHaveLength(published.length)
    for (const [row, [window, rate]] of published.entries()) {
      const [, name, fps] = lines[row]!.match(/^(.*): (\d+) fps$/)!
      expect(name).toBe(window)
      expect(Math.abs(Number(fps) / rate - 1), window).toBeLessThan(0.005)
    }
  })

  it('none was left out', () => {
    expect([...run].sort()).toEqual(readdirSync(FOLDER).sort())
  })
})
