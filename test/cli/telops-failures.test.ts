import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseNpy } from '../interop/npy.js'
import { opened, record, simulated } from '../telops/simulated.js'
import { CLI, folder, json, start } from './command.js'
import { HEIGHT, RESUME_HINT, recorded, telops, WIDTH } from './telops-command.js'

/** What a command prints as JSON where no file may have more than so many KiB. */
async function runLimited(kibibytes: number, args: readonly string[]): Promise<object> {
  const limited = ['-c', `ulimit -f ${kibibytes}; exec "$0" "$@"`, process.execPath, CLI, ...args]
  const { stdout } = await promisify(execFile)('bash', limited).catch(
    (failure: { stdout: string }) => failure,
  )
  return JSON.parse(stdout)
}

describe('framewire telops, where something is in the way,', () => {
  it('tells how to go on where the camera goes away', async () => {
    const simulator = await simulated({ ringDeadMs: 0 })
    const camera = await opened(simulator)
    await record(camera, { frames: 2000 })
    await camera.close()
    const { address } = simulator
    const out = join(folder(), 'frames.npy')
    const running = start(['telops', 'download', '--ip', address, '-o', out, '--raw', '--bitrate', '32'])
    await expect
      .poll(() => existsSync(`${out}.download`), { timeout: 20_000, message: 'the record' })
      .toBe(true)
    await simulator.close()
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(1)
    expect(stdout).toBe(`${RESUME_HINT}\n`)
    expect(stderr).toMatch(/^framewire: gige\/control-lost: .* try again\.$/m)
  })

  it('keeps the whole frames that there was room for, and names the file', async () => {
    const address = await recorded(1)
    const at = folder()
    const grab = (kibibytes: number, out: string, ...args: string[]) =>
      runLimited(kibibytes, ['telops', 'grab', '--ip', address, '-o', out, '--json', ...args])
    const frameBytes = 4 * WIDTH * HEIGHT
    const out = join(at, 'frames.npy')
    // Room for the header, two frames and a part of the third.
    expect(await grab(40, out, '--count', '5')).toMatchObject({
      ok: false,
      files: [out],
      shape: [2, HEIGHT, WIDTH],
      frames: [{}, {}],
      error: { code: 'frames/file-write', message: expect.stringContaining(`${out}: the disk is full.`) },
    })
    expect(parseNpy(readFileSync(out)).shape).toEqual([2, HEIGHT, WIDTH])
    expect(parseNpy(readFileSync(out)).bytes).toHaveLength(2 * frameBytes)
    for (const name of ['none.npy', 'none.csv']) {
      const none = join(at, name)
      expect(await grab(4, none)).toMatchObject({
        ok: false,
        files: [],
        frames: [],
        error: { code: 'frames/file-write', details: { path: none } },
      })
      expect(existsSync(none)).toBe(false)
    }
  })

  it('warns with notes of its own, which the quiet are spared', async () => {
    const address = await recorded(1)
    const grab = (...args: string[]) =>
      telops('grab', address, '-o', join(folder(), 'a.npy'), '--frame-rate', '1000000', ...args)
    const { code, stderr } = await grab()
    expect(code).toBe(0)
    expect(stderr).toMatch(/^framewire: The camera took --frame-rate /m)
    expect(stderr).not.toMatch(/\(node:|FRAMEWIRE_|--trace-warnings/)
    expect(await grab('--quiet')).toMatchObject({ code: 0, stderr: '' })
  })

  it('is interrupted also while the camera is waited for', async () => {
    const { address } = await simulated({ coolingMs: 600_000 })
    const waiting = start(['telops', 'info', '--ip', address, '--json'])
    await waiting.said(/^The camera is not ready /m)
    waiting.child.kill('SIGTERM')
    const { code, stdout, stderr } = await waiting.ended
    expect(code).toBe(143)
    expect(json(stdout)).toEqual({ ok: false, interrupted: true })
    expect(stderr).toContain('framewire: stopping. SIGTERM again ends at once.\n')
  })

  it('takes no correction that cannot be meant', async () => {
    for (const args of [
      ['--mode', 'icu', '--blackbody-temp', '25'],
      ['--timeout', '0'],
    ]) {
      expect(await telops('nuc', '127.0.0.1', ...args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(args.at(-2)!),
      })
    }
  })
})
