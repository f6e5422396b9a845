import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { journalFolder } from 'framewire'
import { readFrames } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { CLI, folder, GROWTH, json, run } from './command.js'
import { leftFrames, leftSeries } from './left-stream.js'
import { PIXELS, unwilling } from './unwilling.js'

const FRAME = 320 * 448
/** 8 frames of 4 x 5 as a camera gave them. */
const SPILL = {
  frames: 8,
  height: 4,
  width: 5,
  channels: 1,
  format: 'u16be',
  bits: 16,
  bytesPerFrame: 40,
  captureStartMs: 0,
  captureEndMs: 2000,
  request: '',
} as const

async function* pieces(bytes: Uint8Array) {
  yield bytes
}

/** Paths of all files in a folder. */
function filesOf(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort()
}

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
    // It is the stream that it was.
    const shown = await run(['journal', 'show', dataId, '--journal', journal, '--json'])
    const { session } = JSON.parse(shown.stdout)
    const { attributes } = JSON.parse(readFileSync(join(zarr, 'zarr.json'), 'utf8'))
    expect(attributes).toMatchObject({
      data_id: dataId,
      name: 'sb-deposition-26x320x448-u8.npy',
      created_at: new Date(session.startedAtMs).toISOString(),
      fps: 4,
    })
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

  it('packs frames that were spilled, in the range of their stream', async () => {
    const { server, journal, place } = await unwilling()
    const values = Array.from({ length: 16 * 20 }, (_, at) =>
      at < 160 ? 1000 + (at % 101) : (at * 37) % 5000,
    )
    const bytes = Buffer.alloc(2 * values.length)
    for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 2 * at)
    const file = join(folder(), 'camera.raw')
    writeFileSync(file, bytes)
    const reading = { shape: [4, 5], dtype: '>u2' }
    const dataId = await leftFrames(place, file, [0], { reading, scale: 'measured' })
    const open = await journalFolder(journal).open(dataId)
    await open.spill({ ...SPILL, index: 1 }, pieces(bytes.subarray(320)))
    await open.close()
    server.child.kill('SIGKILL')

    const out = join(folder(), 'recovered.npy')
    const recovered = await run(['recover', join(journal, dataId), '--out', out, '--json'])
    expect(recovered.code).toBe(0)
    expect(JSON.parse(recovered.stdout)).toMatchObject({ frames: 16, chunks: [0, 1], damaged: [] })
    const gray = values.map((v) => Math.floor(((Math.min(Math.max(v, 1000), 1100) - 1000) * 255) / 100))
    expect(Buffer.compare(readFileSync(out).subarray(-320), Buffer.from(gray))).toBe(0)

    const parent = folder()
    await run(['recover', join(journal, dataId), '--out', join(parent, 'frames.zarr')])
    expect(Buffer.compare(await readFrames(parent, 8, 8), Buffer.from(gray.slice(160)))).toBe(0)

    const [spilled] = readdirSync(join(journal, dataId)).filter((name) => name.endsWith('.frames'))
    const damaged = readFileSync(join(journal, dataId, spilled!))
    damaged[7]! ^= 1
    writeFileSync(join(journal, dataId, spilled!), damaged)
    const rest = await run(['recover', join(journal, dataId), '--out', join(parent, 'r.npy'), '--json'])
    expect(rest.code).toBe(1)
    expect(JSON.parse(rest.stdout)).toMatchObject({ frames: 8, chunks: [0], damaged: [1] })
  })

  it('gets channels out of a journal, as a server has them', async () => {
    const { server, service, journal, env, place } = await unwilling()
    const dataId = await leftSeries(place)
    const out = join(folder(), 'recovered.zarr')
    const recovered = await run(['recover', join(journal, dataId), '--out', out, '--json'])
    expect(JSON.parse(recovered.stdout)).toEqual({
      ok: true,
      dataId,
      out,
      points: 6,
      channels: ['heater', 'pressure'],
      damaged: [],
      storedElsewhere: 0,
    })
    expect(readdirSync(dirname(out))).toEqual(['recovered.zarr'])
    const text = (await run(['recover', join(journal, dataId), '--out', join(folder(), 'r.zarr')])).stdout
    expect(text).toMatch(/^Points +6 of heater, pressure$/m)

    service.refusals = 0
    await run(['resume', journal, '--end'], env)
    const stored = join(server.store, dataId, 'series.zarr')
    expect(filesOf(out)).toEqual(filesOf(stored))
    for (const name of filesOf(out).filter((name) => name !== 'zarr.json'))
      expect([name, readFileSync(join(out, name))]).toEqual([name, readFileSync(join(stored, name))])
    const { attributes } = JSON.parse(readFileSync(join(out, 'zarr.json'), 'utf8'))
    expect(attributes).toMatchObject({ data_id: dataId, name: 'heater' })
  })

  it('writes channels to no .npy', async () => {
    const { journal, place } = await unwilling()
    const dataId = await leftSeries(place)
    const { code, stderr } = await run(['recover', join(journal, dataId), '--out', join(folder(), 'r.npy')])
    expect(code).toBe(2)
    expect(stderr).toMatch(/holds channels: .*FILE\.zarr/)
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
