import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { telopsFrame, telopsValues } from '../../ts/simulator/telops/formula.js'
import { parseNpy } from '../interop/npy.js'
import { describeWithPython, ZarrPython } from '../interop/python.js'
import { simulated } from '../telops/simulated.js'
import { folder, json, start } from './command.js'
import { HEIGHT, RESUME_HINT, recorded, telops, told, WIDTH } from './telops-command.js'

/** In the headers of a simulated camera's second sequence. */
const SECOND_SEQUENCE = 100_001

/** Frames of a recording from one header id on, as bytes. */
function frames(values: typeof telopsFrame | typeof telopsValues, firstId: number, count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, n) => Buffer.from(values(firstId + n, WIDTH, HEIGHT).buffer)),
  )
}

/** Equality alone: a difference of megabytes is not to be printed. */
const equal = (actual: Uint8Array, expected: Buffer) => expect(expected.equals(actual)).toBe(true)

describe('framewire telops', () => {
  it('records with the lines of the guide, downloads with its closing lines, and clears', async () => {
    const { address } = await simulated({ ringDeadMs: 0 })
    const recording = await telops('record', address, '--sequences', '3', '--duration', '0.2')
    const done = 'Recording... Done (100 frames)\n'
    expect(recording).toEqual({
      code: 0,
      stdout: 'Recorded 300 frames (100, 100, 100)\n',
      stderr: `Arming (seq 1/3)... ${done}Firing (seq 2/3)... ${done}Firing (seq 3/3)... ${done}`,
    })
    const out = join(folder(), 'frames.npy')
    const { code, stdout, stderr } = await telops('download', address, '-o', out, '--sequence', '1')
    expect(code).toBe(0)
    // Times are as they come; the frames and their values are not.
    expect(stdout).toMatch(
      /^Downloaded 100 frames in \d+\.\d+ s \(\d+ fps, \d+\.\d MB\/s\)\nData check: OK, 100 frames, range \[24\.0, 28\.0\], mean 26\.0\n$/,
    )
    expect(stderr).toMatch(
      /^Downloading: 100%\|█{10}\| 100\/100 \[00:\d\d<00:00, \d+\.\d\dframe\/s, \d+\.\dMB\/s, 0 missing\]\n$/,
    )
    const { descr, shape } = parseNpy(readFileSync(out))
    expect({ descr, shape }).toEqual({ descr: '<f4', shape: [100, 256, 320] })
    expect((await telops('clear', address)).stdout).toBe('The buffer is empty.\n')
    expect(await told('download', address, '-o', join(folder(), 'none.npy'))).toMatchObject({
      ok: false,
      error: { code: 'telops/no-frames' },
    })
  })

  it('records around a signal from outside', async () => {
    const simulator = await simulated({ ringDeadMs: 0 })
    const args = ['--frames', '50', '--pre-moi', '20', '--moi-source', 'external', '--json']
    const recording = start(['telops', 'record', '--ip', simulator.address, ...args])
    await recording.said(/^Armed: /m)
    simulator.externalSignal()
    const { code, stdout } = await recording.ended
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({ ok: true, preMoi: 20, moiSource: 'external', recorded: [50] })
  })

  it('stops a recording that is interrupted', async () => {
    const { address } = await simulated({ ringDeadMs: 0 })
    const recording = start(['telops', 'record', '--ip', address, '--moi-source', 'external', '--json'])
    await recording.said(/^Armed: /m)
    recording.child.kill('SIGINT')
    const { code, stdout } = await recording.ended
    expect(code).toBe(130)
    expect(json(stdout)).toMatchObject({ ok: false, interrupted: true, recorded: [0] })
    expect(await told('info', address)).toMatchObject({ state: 'connected', buffer: { recorded: [0] } })
  })

  it('downloads some frames of a sequence, as values or counts, as the formula has them', async () => {
    const address = await recorded(300)
    const some = ['--sequence', '1', '--first', '50', '--count', '120']
    const at = folder()
    const celsius = join(at, 'celsius.npy')
    expect(await told('download', address, '-o', celsius, ...some, '--celsius')).toMatchObject({
      ok: true,
      statistics: { nFrames: 120, nIncomplete: 0, values: { frames: 120 } },
    })
    equal(parseNpy(readFileSync(celsius)).bytes, frames(telopsValues, SECOND_SEQUENCE + 50, 120))
    const raw = join(at, 'raw.npy')
    const given = ['--packet-size', '1500', '--bitrate', '900', '--no-resend', '--retries', '2']
    expect(await told('download', address, '-o', raw, ...some, ...given, '--raw')).toMatchObject({
      ok: true,
      statistics: { packetSizeUsed: 1500, bitrateUsedMbps: 900, resendRequested: 0 },
    })
    equal(parseNpy(readFileSync(raw)).bytes, frames(telopsFrame, SECOND_SEQUENCE + 50, 120))
  })

  it('goes on with a download that was interrupted', async () => {
    const address = await recorded(2000)
    const out = join(folder(), 'frames.npy')
    const args = ['telops', 'download', '--ip', address, '-o', out, '--raw', '--json']
    // 2,000 frames take some four seconds like this.
    const running = start([...args, '--bitrate', '32'])
    // The record is on disk every two seconds: then there is something to go on with.
    const whole = () =>
      existsSync(`${out}.download`) && /"whole":\[\[/.test(readFileSync(`${out}.download`, 'utf8'))
    await expect.poll(whole, { timeout: 20_000, message: 'frames in the record' }).toBe(true)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(json(stdout)).toMatchObject({ ok: false, interrupted: true, hint: RESUME_HINT })
    expect(await told('download', address, '-o', out, '--raw')).toMatchObject({ error: { code: 'usage' } })
    const other = await told('download', address, '-o', out, '--resume')
    expect(other).toMatchObject({ error: { code: 'telops/resume' } })
    expect(other.error.message).toContain('--raw (now: --celsius)')
    expect(other.hint).toBeUndefined()
    const resumed = (await told('download', address, '-o', out, '--raw', '--resume')) as {
      ok?: unknown
      statistics?: { nBefore: number; nFrames: number; values: { frames: number; mean: number } }
    }
    expect(resumed).toMatchObject({ ok: true, statistics: { nFrames: 2000, values: { frames: 2000 } } })
    expect(resumed.statistics!.nBefore).toBeGreaterThan(0)
    const expected = frames(telopsFrame, 1, 2000)
    equal(parseNpy(readFileSync(out)).bytes, expected)
    const counts = new Uint16Array(expected.buffer, expected.byteOffset, expected.length / 2)
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    expect(resumed.statistics!.values.mean).toBeCloseTo(mean, 6)
    expect(existsSync(`${out}.download`)).toBe(false)
  })

  it('says which option is wrong, before anything is written', async () => {
    const address = await recorded(100)
    const out = join(folder(), 'frames.npy')
    const wrong: [option: string, value: string][] = [
      ['--sequence', '2'],
      ['--first', '100'],
      ['--count', '101'],
      ['--bitrate', '0'],
      ['--packet-size', '10'],
    ]
    for (const [option, value] of wrong) {
      const { code, stderr } = await telops('download', address, '-o', out, option, value, '--quiet')
      expect(stderr).toContain(`: ${option} `)
      expect(code, option).toBe(2)
    }
    for (const args of [['-o', 'frames.tif'], ['-o', out, '--raw', '--celsius'], []]) {
      expect(await telops('download', address, ...args)).toMatchObject({ code: 2, stdout: '' })
    }
    const { code, stderr } = await telops('record', address, '--frame-rate', '0')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(': --frame-rate is 0; ') })
    expect(existsSync(out)).toBe(false)
  })

  it('fails where frames stay incomplete, and names them, unless that is allowed for', async () => {
    const address = await recorded(100, { faults: { loss: 0.2 }, seed: 5 }, 1)
    const at = folder()
    const lossy = ['--retries', '0', '--no-resend', '--raw', '--packet-size', '1500', '--bitrate', '500']
    const failed = await telops('download', address, '-o', join(at, 'a.npy'), ...lossy)
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(/^Data check: \d+ of 100 frames incomplete \(frames \d+, /m)
    expect(failed.stderr).toMatch(/^framewire: telops\/frame-integrity: /m)
    const out = join(at, 'b.npy')
    const allowed = await telops('download', address, '-o', out, ...lossy, '--max-dropped', '100')
    expect(allowed.code).toBe(0)
    expect(parseNpy(readFileSync(out)).shape).toEqual([100, HEIGHT, WIDTH])
  })

  it('grabs frames into files', async () => {
    const address = await recorded(1)
    const at = folder()
    for (const [ending, args, kind] of [
      ['npy', [], { dtype: 'float32', unit: 'degC' }],
      ['csv', ['--raw'], { dtype: 'uint16', unit: 'counts' }],
      ['png', [], { dtype: 'uint16', unit: 'counts' }],
      ['tif', [], { dtype: 'float32', unit: 'degC' }],
    ] as const) {
      const out = join(at, `frame.${ending}`)
      const grabbed = (await told('grab', address, '-o', out, ...args)) as {
        frames?: { frameId: number; min: number; max: number }[]
      }
      expect(grabbed).toMatchObject({ ok: true, shape: [HEIGHT, WIDTH], files: [out], ...kind })
      const { frameId } = grabbed.frames![0]!
      if (ending === 'npy') equal(parseNpy(readFileSync(out)).bytes, frames(telopsValues, frameId, 1))
      if (ending === 'csv') {
        const counts = readFileSync(out, 'utf8').trim().split(/[\n,]/).map(Number)
        expect(counts).toEqual([...telopsFrame(frameId, WIDTH, HEIGHT)])
      }
    }
    const several = join(at, 'several.npy')
    expect(await telops('grab', address, '-o', several, '--count', '5')).toMatchObject({ code: 0 })
    expect(parseNpy(readFileSync(several))).toMatchObject({ descr: '<f4', shape: [5, HEIGHT, WIDTH] })
    const { stdout } = await telops('grab', address, '-o', join(at, 'd.npy'), '--count', '2')
    expect(stdout).toMatch(/^Frames {4}2 of 64 x 64, float32 \(degC\)$/m)
    const refused = await telops('grab', address, '-o', join(at, 'c.png'), '--celsius')
    expect(refused).toMatchObject({ code: 2, stdout: '' })
  })

  it('tells about the camera, corrects it, and tunes the connection', async () => {
    const address = await recorded(200)
    expect(await told('info', address, '--local-ip', '127.0.0.1')).toMatchObject({
      ok: true,
      address,
      camera: expect.stringMatching(/^TEL/),
      resolution: [WIDTH, HEIGHT],
      state: 'connected',
      buffer: { recorded: [200, 200] },
    })
    expect((await telops('info', address)).stdout).toMatch(/^Recorded {2}400 frames \(200, 200\)$/m)
    expect(await told('diagnostics', address)).toMatchObject({
      ok: true,
      temperaturesC: { mainboard: 38.5 },
    })
    expect((await telops('diagnostics', address)).stdout).toMatch(/^processing FPGA +55\.5 degC$/m)
    expect(await telops('nuc', address, '--blackbody-temp', '25')).toMatchObject({
      code: 0,
      stdout: 'Non-uniformity is corrected.\n',
    })
    const tuned = await telops('tune', address)
    expect(tuned.code).toBe(0)
    expect(tuned.stdout).toMatch(/^\$ framewire telops download -o FILE --packet-size \d+ --bitrate \d+\n$/m)
    expect(tuned.stdout).toMatch(/^Recommended: packets of \d+ bytes/m)
  })

  it('prints the lines that prepare this host as a shell reads them', async () => {
    const address = await recorded(1)
    const { code, stdout } = await telops('setup', address)
    expect(code).toBe(0)
    const { lines } = (await told('setup', address)) as unknown as { lines: string[] }
    const isComment = (line: string) => line.startsWith('# ')
    expect(stdout.trimEnd().split('\n').filter(isComment).join('\n')).toMatch(
      /^# receive buffer \((ok|warning)\): /m,
    )
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .filter((line) => !isComment(line)),
    ).toEqual(lines)
  })
})

describeWithPython('framewire telops download into a .zarr', () => {
  /** What zarr-python reads of a group. */
  async function read(path: string) {
    const python = new ZarrPython()
    try {
      const { arrays } = await python.read(path)
      return { frames: arrays.get('frames')!, times: arrays.get('captured_unix_ms')! }
    } finally {
      python.close()
    }
  }

  it('has every frame, and when it was taken', async () => {
    const address = await recorded(300)
    const out = join(folder(), 'frames.zarr')
    const given = ['--sequence', '1', '--first', '10']
    const { code, stdout, stderr } = await telops('download', address, '-o', out, ...given)
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^Downloading: 100%\|.* 290\/290 .*\nPacking: 100%\|█{10}\| 290\/290 \[\d\d:\d\d\]\n$/,
    )
    expect(stdout).toMatch(/^Data check: OK, 290 frames, range \[24\.0, 28\.0\], mean 26\.0$/m)
    const { frames: stored, times } = await read(out)
    expect(stored).toMatchObject({ descr: '<f4', shape: [290, HEIGHT, WIDTH] })
    equal(stored.bytes, frames(telopsValues, SECOND_SEQUENCE + 10, 290))
    const taken = new Float64Array(times.bytes.slice().buffer)
    expect(taken).toHaveLength(290)
    // The recording's frames are 0.5 ms apart; a number of ms since 1970 is exact to a part of a microsecond.
    for (let n = 1; n < 290; n++) expect(taken[n]! - taken[n - 1]!).toBeCloseTo(0.5, 2)
  })

  it('leaves out what never came, where that is allowed for, and gets it when it goes on', async () => {
    const address = await recorded(100, { faults: { loss: 0.3 }, seed: 8 }, 1)
    const out = join(folder(), 'frames.zarr')
    const lossy = ['--retries', '0', '--no-resend', '--packet-size', '1500', '--max-dropped', '100']
    const { statistics } = (await told('download', address, '-o', out, ...lossy)) as unknown as {
      statistics: { nIncomplete: number; incompleteFrameIds: number[]; values: { frames: number } }
    }
    expect(statistics.nIncomplete).toBeGreaterThan(0)
    expect(statistics.values.frames).toBe(100 - statistics.nIncomplete)
    const incomplete = await read(out)
    expect(incomplete.frames.shape).toEqual([100, HEIGHT, WIDTH])
    const frameBytes = 4 * HEIGHT * WIDTH
    const differing = Array.from({ length: 100 }, (_, n) => 1 + n).filter(
      (id) =>
        !frames(telopsValues, id, 1).equals(
          incomplete.frames.bytes.subarray((id - 1) * frameBytes, id * frameBytes),
        ),
    )
    expect(differing).toEqual(statistics.incompleteFrameIds)
    expect(await told('download', address, '-o', out, '--resume')).toMatchObject({
      ok: true,
      statistics: { nFrames: 100, nIncomplete: 0, values: { frames: 100 } },
    })
    equal((await read(out)).frames.bytes, frames(telopsValues, 1, 100))
  })

  it('goes on where the power failed', async () => {
    // One shard and some: it has 4,096 frames of this size.
    const address = await recorded(5000, {}, 1)
    const out = join(folder(), 'frames.zarr')
    const args = ['telops', 'download', '--ip', address, '-o', out, '--raw', '--json']
    const running = start([...args, '--bitrate', '100'])
    const record = () => (existsSync(`${out}.download`) ? readFileSync(`${out}.download`, 'utf8') : '')
    await expect
      .poll(() => record().includes('"whole":[[0,4096]]'), { timeout: 30_000, message: 'a shard' })
      .toBe(true)
    running.child.kill('SIGKILL')
    expect((await running.ended).code).toBe(null)
    // The killed one has left its lock on the camera, which is waited for.
    expect(await told('download', address, '-o', out, '--raw', '--resume')).toMatchObject({
      ok: true,
      statistics: { nFrames: 5000, nBefore: 4096, nIncomplete: 0, values: { frames: 5000 } },
    })
    const { frames: stored } = await read(out)
    expect(stored).toMatchObject({
      descr: '<u2',
      shape: [5000, HEIGHT, WIDTH],
      chunks: [4096, HEIGHT, WIDTH],
    })
    equal(stored.bytes, frames(telopsFrame, 1, 5000))
    expect(existsSync(`${out}.download`)).toBe(false)
  })
})
