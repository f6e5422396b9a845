import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { telopsFrame } from '../../ts/simulator/telops/formula.js'
import type { TelopsSimulatorOptions } from '../../ts/simulator/telops/options.js'
import { createTelopsSimulator, type TelopsSimulator } from '../../ts/simulator/telops/simulator.js'
import { type Link, layLink } from '../gige/network.js'
import { PYTHON, script } from '../gige/peers/peers.js'
import { describeWithPeers } from '../gige/suite.js'
import { WASM } from './host.js'

/** Usable pixels of a whole frame. */
const WHOLE: Size = [320, 256]
/** A link that pyTelops keeps up with on a busy machine: it has no other way to be whole within minutes. */
const BANDWIDTH_MBPS = 40

type Size = [width: number, height: number]

/** What pyTelops is to do: a name for the answer, an attribute of its camera, and what to do with it. */
type Step = [name: string, attribute: string, what: object | number | Size | null]

// The driver that users have, with our simulated camera.
describeWithPeers('a simulated Telops camera and pyTelops', [PYTHON], () => {
  let link: Link
  let camera: TelopsSimulator | undefined
  let folder: string
  beforeEach(async () => {
    link = await layLink({ mtu: 9000 })
    folder = mkdtempSync(join(tmpdir(), 'framewire-pytelops-'))
  })
  afterEach(async () => {
    await camera?.close()
    camera = undefined
    await link?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** Let pyTelops do something with a camera; what came of it, by the names of the steps. */
  async function pyTelops(
    steps: Step[],
    options: TelopsSimulatorOptions = {},
  ): Promise<Record<string, unknown>> {
    const place = { address: link.here, device: link.device, files: { wasmUrl: WASM } }
    camera = await createTelopsSimulator({ ...place, bandwidthMBps: BANDWIDTH_MBPS, ...options })
    const task = { camera: link.here, host: link.there, into: folder, steps }
    const [line] = await script(link, 'pytelops_host.py', [JSON.stringify(task)]).line(/^\{.*\}$/, 60_000)
    return JSON.parse(line)
  }

  /** The frames that a step returned, header rows and counts, which must be those of the header ids from `first` on. */
  function expectFrames(step: string, frames: number, first: number, [width, height]: Size): Buffer[] {
    const bytes = readFileSync(join(folder, step))
    const headerBytes = 2 * 2 * width
    const size = headerBytes + 2 * width * height
    expect(bytes.length).toBe(frames * size)
    return Array.from({ length: frames }, (_, n) => {
      const frame = bytes.subarray(n * size, (n + 1) * size)
      expect(frame.readUInt32LE(8), `frame ${n}`).toBe(first + n)
      const counts = telopsFrame(first + n, width, height)
      expect(frame.subarray(headerBytes).equals(Buffer.from(counts.buffer)), `frame ${n}`).toBe(true)
      return frame
    })
  }

  /** When a frame was taken, in units of 100 ns. */
  const takenAt = (frame: Buffer) =>
    BigInt(frame.readUInt32LE(100)) * 10_000_000n + BigInt(frame.readUInt32LE(104))

  it('is connected to, and read', async () => {
    const { info, diagnostics, state } = await pyTelops([
      ['info', 'info', null],
      ['diagnostics', 'diagnostics', {}],
      ['state', 'state', null],
    ])
    expect(info).toMatchObject({
      width: 320,
      height: 256,
      integration_time_us: 10,
      frame_rate_hz: 500,
      frame_rate_max_hz: expect.closeTo(3115, 0),
      calibration: 'RT',
      power_state: 'ON',
      buffer_mode: 'OFF',
      frame_rate_mode: 'FIXED',
    })
    expect(diagnostics).toMatchObject({ temperatures: { external_lens: null, mainboard: 38.5 } })
    expect(String(state)).toMatch(/connected/i)
  })

  it('sends it live frames, which it converts', async () => {
    const { acquired } = await pyTelops([
      ['rate', 'frame_rate', 100],
      ['grabbed', 'grab', {}],
      ['acquired', 'acquire', { n_frames: 100, strip_header: false, convert: false }],
    ])
    expect(acquired).toEqual({ shape: [100, 258, 320], dtype: 'uint16' })
    const frames = expectFrames('acquired', 100, 1, WHOLE)
    expect(takenAt(frames[99]!) - takenAt(frames[0]!)).toBe(99n * 100_000n)
    expectValues('grabbed', 1, WHOLE)
  })

  it('records, and sends the recordings', async () => {
    const [frames, preMoi, size]: [number, number, Size] = [1000, 100, [128, 128]]
    const answers = await pyTelops([
      ['size', 'resolution', size],
      ['rate', 'frame_rate', 1000],
      ['configured', 'buffer_configure', { n_sequences: 2, frames_per_seq: frames, pre_moi: preMoi }],
      ['recorded', 'buffer_record', { wait_for: 0.2 }],
      ['info', 'buffer_info', {}],
      ['moi', 'buffer_moi_index', { sequence: 1 }],
      ['counts', 'buffer_download', { sequence: 1, strip_header: false, convert: false }],
      ['values', 'buffer_download', { sequence: 0 }],
      ['cleared', 'buffer_clear', {}],
      ['empty', 'buffer_info', {}],
    ])
    expect(answers).toMatchObject({
      recorded: 2 * frames,
      info: { status: 'IDLE', n_sequences: 2, recorded: [frames, frames] },
      moi: preMoi,
      counts: { shape: [frames, 130, 128], dtype: 'uint16' },
      values: { shape: [frames, 128, 128], dtype: 'float32' },
      empty: { n_sequences: 2, recorded: [0, 0] },
    })
    const downloaded = expectFrames('counts', frames, 100_001, size)
    expect(downloaded.map((frame) => frame[74])).toEqual(
      downloaded.map((_, n) => (n < preMoi ? 1 : n === preMoi ? 2 : 3)),
    )
    const times = downloaded.map(takenAt)
    expect(times.slice(1).every((time, n) => time - times[n]! === 10_000n)).toBe(true)
    expectValues('values', 1, size, frames)
  })

  it('finds in it what it knows of real ones: cooling, a stale buffer, downloads that stop late', async () => {
    const size: Size = [64, 64]
    const { recorded } = await pyTelops(
      [
        ['size', 'resolution', size],
        ['configured', 'buffer_configure', { n_sequences: 1, frames_per_seq: 300 }],
        ['recorded', 'buffer_record', {}],
        ['counts', 'buffer_download', { chunk_size: 100, strip_header: false, convert: false }],
      ],
      { coolingMs: 2000, faults: { staleBuffer: true, lateStopMs: 400 } },
    )
    expect(recorded).toBe(300)
    expectFrames('counts', 300, 1, size)
    // Many more came than it asked for, four of them to try the packet size, and were not taken for others.
    expect(camera!.statistics.frames).toBeGreaterThan(350)
  })

  /** The values that a step returned: those of the header ids from `first` on. */
  function expectValues(step: string, first: number, [width, height]: Size, frames = 1): void {
    const frameBytes = 4 * width * height
    const bytes = readFileSync(join(folder, step))
    expect(bytes.length).toBe(frames * frameBytes)
    for (let n = 0; n < frames; n++) {
      const expected = Float32Array.from(telopsFrame(first + n, width, height), celsius)
      const frame = bytes.subarray(n * frameBytes, (n + 1) * frameBytes)
      expect(frame.equals(Buffer.from(expected.buffer)), `frame ${n}`).toBe(true)
    }
  }
})

/** A count in degC as pyTelops has it, which rounds after each step; `telopsValues` rounds once. */
function celsius(count: number): number {
  const zero = Math.fround(273.15)
  return Math.fround(Math.fround(count / 1024 + zero) - zero)
}
