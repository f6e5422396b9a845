import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Receipt } from 'framewire'
import { readFrames } from 'framewire/server'
import { isPattern, patternFrameNumber } from 'framewire/simulator'
import { describe, expect, it } from 'vitest'
import { readWithZarrita } from '../interop/zarrita.js'
import { folder, KEY, run, start, startServer } from './command.js'
import { simulatedCamera } from './simulated-camera.js'

const [W, H] = [64, 48]
const SIZE = W * H

/** A simulated camera; answers its address. */
const simulate = (...args: string[]) => simulatedCamera(['--size', `${W}x${H}`, '--fps', '50', ...args])

/** The numbers that frames of the pattern show, each of which has to be shown whole. */
function numbersOf(frames: Uint8Array): number[] {
  return Array.from({ length: frames.length / SIZE }, (_, at) => {
    const image = frames.subarray(at * SIZE, (at + 1) * SIZE)
    const number = patternFrameNumber(image)
    expect(isPattern(image, { width: W, height: H }, number), `frame ${at}`).toBe(true)
    return number
  })
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)

/** What `record --json` prints. */
interface Recorded {
  ok: boolean
  camera: string
  frames: number
  losses: Record<string, number>
  receipt: Receipt
  interrupted: boolean
  error?: { code: string; message: string }
}

const printed = (stdout: string) => JSON.parse(stdout) as Recorded

describe('record', () => {
  it('writes frames to a .npy as they come', async () => {
    const ip = await simulate()
    const out = join(folder(), 'frames.npy')
    const recorded = await run(['record', '--camera', ip, '--out', out, '--frames', '30', '--json'])
    expect(recorded).toMatchObject({ code: 0 })
    expect(printed(recorded.stdout)).toMatchObject({
      ok: true,
      frames: 30,
      losses: { camera: 0, wire: 0, kernel: 0, app: 0 },
      interrupted: false,
    })
    const file = readFileSync(out)
    const header = file.readUInt16LE(8)
    expect(file.subarray(10, 10 + header).toString('latin1')).toContain(`'shape': (30, ${H}, ${W}`)
    const numbers = numbersOf(file.subarray(10 + header))
    expect(numbers).toEqual(range(numbers[0]!, 30))
  })

  it('writes frames, their times and what is missing to a .zarr', async () => {
    const ip = await simulate()
    const place = folder()
    const out = join(place, 'frames.zarr')
    const recorded = await run(['record', '--camera', ip, '--out', out, '--frames', '130', '--json'])
    expect(recorded).toMatchObject({ code: 0 })
    expect(printed(recorded.stdout).receipt.totals).toMatchObject({ framesStored: 130 })
    const { shape, data } = await readWithZarrita(out, 'frames')
    expect(shape).toEqual([130, H, W])
    const numbers = numbersOf(Uint8Array.from(data))
    expect(numbers).toEqual(range(numbers[0]!, 130))
    expect(Array.from((await readWithZarrita(out, 'present')).data)).toEqual(Array(130).fill(1))
    // Nothing else is left there.
    expect(readdirSync(place)).toEqual(['frames.zarr'])
  })

  it('streams to a service until it is interrupted, and ends the stream with what is there', async () => {
    const [ip, server] = [await simulate(), await startServer()]
    const recording = start(
      ['record', '--camera', ip, '--stream', '--sample', 'GaN-001', '--no-journal', '--json', '--verbose'],
      server.env,
    )
    await recording.said(/chunk 0 stored/)
    recording.child.kill('SIGINT')
    const { code, stdout } = await recording.ended
    expect(code).toBe(130)
    const { receipt, interrupted } = printed(stdout)
    expect(interrupted).toBe(true)
    expect(receipt).toMatchObject({ finalized: true, fps: 50, chunkSize: 100 })
    const { framesStored, frames } = receipt.totals
    expect(framesStored).toBe(frames)
    expect(framesStored).toBeGreaterThanOrEqual(100)
    const stored = await readFrames(join(server.store, receipt.dataId), 0, framesStored)
    const numbers = numbersOf(Uint8Array.from(stored))
    expect(numbers).toEqual(range(numbers[0]!, framesStored))
  })

  it('counts what the camera leaves out, and says where', async () => {
    const ip = await simulate('--fault', 'skipEvery=10')
    const out = join(folder(), 'frames.zarr')
    const recorded = await run(['record', '--camera', ip, '--out', out, '--frames', '60'])
    expect(recorded.code).toBe(0)
    expect(recorded.stdout).toMatch(/Lost +[5-7] \(camera\)/)
  })

  it.each([
    ['nowhere', [], /say where frames shall go/],
    ['to two places', ['--stream', '--out', 'a.npy'], /say where frames shall go/],
    ['to a file of another kind', ['--out', 'a.png'], /must end in \.npy/],
    ['into a folder that is not there', ['--out', 'none/a.npy'], /a folder that is there/],
    ['kept, without a journal', ['--stream', '--no-journal', '--keep'], /leave --no-journal out/],
  ])('is a usage error %s', async (_, args, message) => {
    const { code, stderr } = await run(['record', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('refuses wide pixels without a scale before a stream is created', async () => {
    const [ip, server] = [await simulate('--pixel-format', 'Mono12'), await startServer()]
    const args = ['record', '--camera', ip, '--stream', '--no-journal', '--json']
    const recorded = await run(args, server.env)
    expect(recorded.code).toBe(2)
    expect(printed(recorded.stdout).error).toMatchObject({ code: 'frames/scale-required' })
    const streams = await fetch(`${server.url}/framewire/v1/streams`, { headers: { 'x-api-key': KEY } })
    expect(await streams.json()).toEqual([])
  })
})
