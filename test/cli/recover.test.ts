import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readFrames } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { CLI, folder, GROWTH, json, run } from './command.js'
import { PIXELS, unwilling } from './unwilling.js'

const FRAME = 320 * 448

describe('recover', () => {
  it('gets the frames out of a journal with no server, as .npy and as .zarr', async () => {
    const { server, journal, stream } = await unwilling()
    const { dataId } = await stream()
    server.child.kill('SIGKILL')

    const out = join(folder(), 'recovered.npy')
    const recovered = await run(['recover', join(journal, dataId), '--out', out, '--json'])
    expect(recovered.stderr).toContain('chunk 3: 2 frames')
    expect(recovered.code).toBe(0)
    expect(JSON.parse(recovered.stdout)).toEqual({
      ok: true,
      dataId,
      out,
      frames: 26,
      chunks: [0, 1, 2, 3],
      damaged: [],
      storedElsewhere: 0,
    })
    // The very file that was streamed: same header, same pixels.
    expect(Buffer.compare(readFileSync(out), readFileSync(GROWTH))).toBe(0)

    const zarr = join(folder(), 'recovered.zarr')
    expect((await run(['recover', join(journal, dataId), '--out', zarr])).code).toBe(0)
    expect(readdirSync(zarr).sort()).toEqual(['frames', 'present', 'time_unix_ms', 'zarr.json'])
    expect(readdirSync(dirname(zarr))).toEqual(['recovered.zarr'])
    // Nothing of the journal has changed.
    expect((await run(['journal', 'verify', '--journal', journal])).code).toBe(0)
  })

  it('names a chunk that is damaged, and recovers the others', async () => {
    const { journal, stream } = await unwilling()
    const { dataId } = await stream()
    const file = readdirSync(join(journal, dataId)).find((name) => name.startsWith('1-'))!
    const bytes = readFileSync(join(journal, dataId, file))
    bytes[1000]! ^= 1
    writeFileSync(join(journal, dataId, file), bytes)

    const place = folder()
    const npy = await run(['recover', join(journal, dataId), '--out', join(place, 'frames.npy'), '--json'])
    expect(npy.code).toBe(1)
    expect(json(npy.stdout)).toMatchObject({
      ok: false,
      error: { code: 'journal/damaged', details: { chunk: 1 } },
      frames: 18,
      chunks: [0, 2, 3],
      damaged: [1],
    })
    const rest = Buffer.concat([PIXELS.subarray(0, 8 * FRAME), PIXELS.subarray(16 * FRAME)])
    expect(Buffer.compare(readFileSync(join(place, 'frames.npy')).subarray(-18 * FRAME), rest)).toBe(0)

    const parent = join(place, 'stream')
    mkdirSync(parent)
    const zarr = await run(['recover', join(journal, dataId), '--out', join(parent, 'frames.zarr')])
    expect(zarr.stdout).toMatch(/^Frames +18 in 3 chunks \(0, 2, 3\)\nChunk 1 +.*SHA-256/m)
    expect(Buffer.compare(await readFrames(parent, 16, 10), PIXELS.subarray(16 * FRAME))).toBe(0)
    await expect(readFrames(parent, 8, 1)).rejects.toMatchObject({ code: 'server/verify' })
  })

  it('leaves no half of a file where the disk takes no more', async () => {
    const { journal, stream } = await unwilling()
    const { dataId } = await stream()
    const place = folder()
    const command = [process.execPath, CLI, 'recover', join(journal, dataId), '--out', join(place, 'r.npy')]
    // Files may grow to 2048 blocks, 1 MiB or 2: each shard is below that, the 3.7 MB of pixels are not.
    const limited = spawnSync('sh', ['-c', 'ulimit -f 2048 && exec "$@"', 'sh', ...command], {
      encoding: 'utf8',
    })
    expect(limited.stderr).toMatch(/^framewire: EFBIG: file too large/m)
    expect(limited.status).toBe(1)
    expect(readdirSync(place)).toEqual([])
  })

  it.each<[string, string, string, RegExp]>([
    ['a file that is there', 'id', 'there.npy', /exists already/],
    ['another format', 'id', 'r.tif', /\.npy .*\.zarr/],
    ['a folder that is not there', 'id', 'none/r.npy', /is none/],
    ['a path that is no journal', 'my journal', 'r.npy', /my journal is no folder of a journal/],
  ])('refuses %s', async (_, path, out, message) => {
    const place = folder()
    writeFileSync(join(place, 'there.npy'), '')
    const { code, stderr } = await run(['recover', join(place, path), '--out', join(place, out)])
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(readdirSync(place)).toEqual(['there.npy'])
    expect(existsSync(join(place, 'none'))).toBe(false)
  })
})
