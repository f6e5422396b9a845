import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TimeseriesStreamer } from 'framewire'
import { describe, expect, it } from 'vitest'
import { folder, GROWTH, json, KEY, npy, run, startServer } from './command.js'

const recording = (name: string) => fileURLToPath(new URL(`../fixtures/recordings/${name}`, import.meta.url))

describe('info', () => {
  it('tells what a recording holds', async () => {
    const { code, stdout } = await run(['info', GROWTH, '--json'])
    expect(code).toBe(0)
    expect(json(stdout)).toEqual({
      ok: true,
      kind: 'recording',
      path: GROWTH,
      frames: 26,
      height: 320,
      width: 448,
      dtype: 'uint8',
      bits: 8,
      channels: 1,
      rawBytes: 26 * 320 * 448,
    })
    expect((await run(['info', GROWTH])).stdout).toMatch(/^Frames +26 frames of 320 x 448, uint8$/m)
  })

  it('says what streaming it will ask for', async () => {
    const { code, stdout } = await run(['info', recording('rgb16.png')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Frames +1 frame of .* RGB, uint16$/m)
    expect(stdout).toMatch(/^To stream +state --gray and --scale$/m)
  })

  it('reads raw pixels as it is told', async () => {
    const file = join(folder(), 'camera.raw')
    writeFileSync(file, Buffer.alloc(16 + 3 * 4 * 5 * 2))
    const { stdout } = await run([
      'info',
      file,
      '--shape',
      '4,5',
      '--dtype',
      '>u2',
      '--offset',
      '16',
      '--json',
    ])
    expect(json(stdout)).toMatchObject({ frames: 3, height: 4, width: 5, dtype: 'uint16' })
    const unknown = await run(['info', file])
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toMatch(/^framewire: frames\/file-unsupported: .*--shape/)
  })

  it('takes the named array of an .npz', async () => {
    const undecided = await run(['info', recording('two.npz')])
    expect(undecided.code).toBe(1)
    expect(undecided.stderr).toMatch(/^framewire: frames\//)
  })

  it('tells what a stored stream holds', async () => {
    const { env, store } = await startServer()
    const streamed = await run(
      ['stream', GROWTH, '--fps', '4', '--pace', 'none', '--name', 'Growth 7', '--json'],
      env,
    )
    const { dataId } = json(streamed.stdout).streams[0]!.receipt
    const { code, stdout } = await run(['info', join(store, dataId), '--json'])
    expect(code).toBe(0)
    const stream = { kind: 'frames', id: dataId, name: 'Growth 7', fps: 4, rotationsPerMin: 0 }
    const figures = { chunks: 4, frames: 26, absentFrames: 0, height: 320, width: 448, chunkSize: 8 }
    expect(json(stdout)).toMatchObject({ ok: true, ...stream, ...figures })
    expect((await run(['info', join(store, dataId)])).stdout).toMatch(/^Frames +26 of 320 x 448, 0 absent$/m)
  })

  it('tells of a stream of channels', async () => {
    const { url, store } = await startServer()
    const streamer = new TimeseriesStreamer({ apiKey: KEY, endpoint: url })
    const dataId = await streamer.initialize({ streamName: 'Heater' })
    await streamer.finalize(dataId)
    await streamer.close()
    const { code, stdout } = await run(['info', join(store, dataId), '--json'])
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({ ok: true, kind: 'series', id: dataId, name: 'Heater' })
  })

  it('fails at a damaged recording', async () => {
    const file = join(folder(), 'rec.npy')
    writeFileSync(file, npy('|u1', [9, 4, 5], new Uint8Array(100)))
    const { code, stdout, stderr } = await run(['info', file, '--json'])
    expect(code).toBe(1)
    expect(json(stdout)).toMatchObject({
      ok: false,
      error: { code: 'frames/file-truncated', details: { path: file } },
    })
    expect(stderr).toMatch(/^framewire: frames\/file-truncated: .*\n$/)
  })
})
