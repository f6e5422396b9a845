import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFrames, verifyStore } from 'framewire/server'
import { describe, expect, it } from 'vitest'
import { ask, folder, GROWTH, json, npy, run, start, startServer, streamOf } from './command.js'
import { CAPTURE_START_MS, leftFrames } from './left-stream.js'
import { PIXELS, unwilling } from './unwilling.js'

/** Chunks of 8 frames at 4 frames/s. */
const CHUNK_MS = 2000

/** A server, and a copy of the growth that may be changed. */
async function growthServer() {
  const server = await startServer()
  const file = join(folder(), 'growth.npy')
  copyFileSync(GROWTH, file)
  const journal = join(folder(), 'journal')
  return { ...server, file, journal, place: { endpoint: server.url, journal } }
}

/** Capture times of a stream's chunks, as the server was told. */
async function captureTimes(url: string, dataId: string): Promise<number[]> {
  const path = `${url}/framewire/v1/streams/${dataId}/chunks`
  return (await ask<{ chunks: { startUnixMs: number }[] }>(path)).chunks.map(({ startUnixMs }) => startUnixMs)
}

const timesFrom = (startMs: number) => [0, 1, 2, 3].map((index) => startMs + index * CHUNK_MS)

/** Expect the store to have the whole growth, and the stream to be ended. */
async function expectWhole(server: { url: string; store: string }, dataId: string): Promise<void> {
  const path = join(server.store, dataId)
  expect(Buffer.compare(await readFrames(path, 0, 26), PIXELS)).toBe(0)
  expect((await verifyStore(path)).problems).toEqual([])
  expect((await streamOf(server.url, dataId)).endedAt).toBeDefined()
}

describe('resume, of a file that was being streamed', () => {
  it('reads what a stream that was killed had not read, with the capture times it would have had', async () => {
    const { server, service, journal, env, killed } = await unwilling()
    const dataId = await killed()
    service.refusals = 0
    const { code, stdout, stderr } = await run(['resume', journal, '--json'], env)
    expect(code).toBe(0)
    expect(stderr).toContain(`3 chunks more are read from ${GROWTH}`)
    const [stream] = json(stdout).streams
    expect(stream).toMatchObject({ dataId, file: GROWTH, frames: 26, chunks: 4, pending: 0 })
    await expectWhole(server, dataId)
    expect(readdirSync(journal)).toEqual([])
    const starts = stream!.receipt.chunks.map(({ captureStartMs }) => captureStartMs)
    // Each is corrected by the server's clock, which is measured twice.
    for (const [at, ms] of timesFrom(starts[0]!).entries())
      expect(Math.abs(starts[at]! - ms)).toBeLessThan(500)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('goes on after %s, which leaves the stream open', async (signal, exitCode) => {
    const { env, journal: _, ...server } = await growthServer()
    const journal = join(folder(), "the operator's journal")
    const args = ['stream', GROWTH, '--fps', '4', '--journal', journal, '--json', '--verbose']
    const skipsClock = { ...env, ATOMSCALE_SKIP_CLOCK_SYNC: '1' }
    const command = start(args, skipsClock)
    await command.said(/chunk 0 journaled/)
    command.child.kill(signal)
    const { code, stdout, stderr } = await command.ended
    expect(code).toBe(exitCode)
    const { file, frames, receipt } = json(stdout).streams[0]!
    expect({ file, frames }).toEqual({ file: GROWTH, frames: 26 })
    expect(receipt).toMatchObject({ finalized: false, losses: { app: 0, upload: 0 } })
    expect(receipt.totals.frames).toBeLessThan(26)
    const { dataId } = receipt
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()

    // What it says is said last, and a shell can be given it as it stands.
    const hint = /To go on with .*: framewire resume ('.*')$/.exec(stderr.trimEnd())
    expect(hint?.[1]).toBe(`'${journal.replace("'", `'\\''`)}'`)
    const resumed = await run(['resume', journal], skipsClock)
    expect(resumed.code).toBe(0)
    expect(resumed.stdout).toMatch(/^Frames +26 of 26 stored, in 4 chunks of 8$/m)
    await expectWhole(server, dataId)
    const starts = await captureTimes(server.url, dataId)
    expect(starts).toEqual(timesFrom(starts[0]!))
  })

  it('fills the gaps between the chunks that the journal has', async () => {
    const { env, place, file, journal, ...server } = await growthServer()
    const dataId = await leftFrames(place, file, [1, 3])
    const { code, stderr } = await run(['resume', journal], { ...env, ATOMSCALE_SKIP_CLOCK_SYNC: '1' })
    expect(code).toBe(0)
    expect(stderr).toContain('2 chunks more are read')
    await expectWhole(server, dataId)
    expect(await captureTimes(server.url, dataId)).toEqual(timesFrom(CAPTURE_START_MS))
  })

  it('goes on in the range that was measured, and reads raw pixels as they were read', async () => {
    const { env, place, journal, store } = await growthServer()
    // The later chunks reach beyond the range of the first.
    const values = Array.from({ length: 16 * 20 }, (_, at) =>
      at < 8 * 20 ? 1000 + (at % 101) : (at * 37) % 5000,
    )
    const file = join(folder(), 'camera.raw')
    const bytes = Buffer.alloc(16 + 2 * values.length)
    for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 16 + 2 * at)
    writeFileSync(file, bytes)
    const reading = { shape: [4, 5], dtype: '>u2', offset: 16 }
    const dataId = await leftFrames(place, file, [0], { reading, scale: 'measured' })
    const { code, stdout } = await run(['resume', journal, '--json'], env)
    expect(code).toBe(0)
    expect(json(stdout).streams[0]!.receipt.range).toEqual({ lo: 1000, hi: 1100 })
    const gray = values.map((v) => Math.floor(((Math.min(Math.max(v, 1000), 1100) - 1000) * 255) / 100))
    const stored = await readFrames(join(store, dataId), 0, 16)
    expect(Buffer.compare(stored, Buffer.from(gray))).toBe(0)
  })

  it('does not read a file that has changed, says so, and ends the stream only when told to', async () => {
    const { env, url, store, place, file, journal } = await growthServer()
    const dataId = await leftFrames(place, file, [0])
    // The same length, other pixels.
    const other = readFileSync(file)
    other[other.length - 1]! ^= 1
    writeFileSync(file, other)
    const refused = await run(['resume', journal, '--json'], env)
    expect(refused.code).toBe(1)
    const { error, streams } = json(refused.stdout)
    expect(error).toMatchObject({ code: 'frames/file-format', details: { path: file } })
    expect(error.message).toMatch(/is not ended.*has changed since its stream began.*--end/)
    expect(streams[0]).toMatchObject({ dataId, file, frames: 26, chunks: 1, pending: 0 })
    expect((await streamOf(url, dataId)).endedAt).toBeUndefined()
    expect((await run(['resume', journal], env)).stdout).toMatch(
      /^Chunks +1 of 1 stored\nError +frames\/file-format: /m,
    )

    const ended = await run(['resume', journal, '--end'], env)
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(/is ended as it is: .*has changed/)
    expect(ended.stdout).toMatch(/^Frames +8 of 26 stored.*\n +18 were not read$/m)
    expect((await streamOf(url, dataId)).endedAt).toBeDefined()
    expect(
      Buffer.compare(await readFrames(join(store, dataId), 0, 8), PIXELS.subarray(0, 8 * 320 * 448)),
    ).toBe(0)
    expect(readdirSync(journal)).toEqual([])
  })

  it('waits for a file that is gone, and goes on when it is back', async () => {
    const { env, place, file, journal, ...server } = await growthServer()
    const dataId = await leftFrames(place, file, [0])
    renameSync(file, `${file}.away`)
    const refused = await run(['resume', journal, '--json'], env)
    expect(refused.code).toBe(1)
    expect(json(refused.stdout).error).toMatchObject({ code: 'frames/file-missing', details: { path: file } })
    expect(json(refused.stdout).streams[0]).toMatchObject({ dataId, chunks: 1, pending: 0 })
    renameSync(`${file}.away`, file)
    // Told to end it, it reads what there is first.
    expect((await run(['resume', journal, '--end'], env)).code).toBe(0)
    await expectWhole(server, dataId)
  })

  it('needs no file where all of it was read before', async () => {
    const { env, place, file, journal, ...server } = await growthServer()
    const dataId = await leftFrames(place, file, [0, 1, 2, 3])
    renameSync(file, `${file}.away`)
    expect((await run(['resume', journal], env)).code).toBe(0)
    await expectWhole(server, dataId)
  })

  it('leaves a stream open whose recording turns out damaged', async () => {
    const { env, url, place, journal } = await growthServer()
    const shots = join(folder(), 'shots')
    mkdirSync(shots)
    const picture = fileURLToPath(new URL('../fixtures/recordings/gray8.png', import.meta.url))
    for (let i = 0; i < 20; i++) copyFileSync(picture, join(shots, `${i}.png`))
    const damaged = readFileSync(picture)
    damaged[damaged.indexOf('IDAT') + 10]! ^= 1
    writeFileSync(join(shots, '12.png'), damaged)
    const dataId = await leftFrames(place, shots, [0])
    const { code, stdout } = await run(['resume', journal, '--json'], env)
    expect(code).toBe(1)
    expect(json(stdout).error).toMatchObject({ code: 'frames/file-format' })
    expect(json(stdout).error.message).toMatch(/is not ended.*12\.png/)
    expect((await streamOf(url, dataId)).endedAt).toBeUndefined()
  })

  it('can be interrupted while it reads, and goes on with what is left', async () => {
    const { server, service, journal, env, place } = await unwilling()
    // Much to read, and nothing on disk.
    const file = join(folder(), 'long.raw')
    const [frames, frameBytes] = [64, 2048 * 1024]
    writeFileSync(file, '')
    truncateSync(file, frames * frameBytes)
    const dataId = await leftFrames(place, file, [0], { reading: { shape: [2048, 1024], dtype: 'u1' } })
    const command = start(['resume', journal, '--json'], env)
    await command.said(/7 chunks more are read/)
    command.child.kill('SIGINT')
    const { code, stdout } = await command.ended
    expect(code).toBe(130)
    expect(json(stdout)).toMatchObject({ interrupted: true, streams: [{ dataId, frames }] })
    expect((await streamOf(server.url, dataId)).endedAt).toBeUndefined()
    service.refusals = 0
    expect((await run(['resume', journal, '--quiet'], env)).code).toBe(0)
    const report = await verifyStore(join(server.store, dataId))
    expect(report).toMatchObject({ storedFrames: frames, missingFrames: 0, problems: [] })
  })
})

describe('stream', () => {
  it('gives chunks that follow each other without a gap, when they are sent at the rate of capture', async () => {
    const { env, url } = await startServer()
    const file = join(folder(), 'short.npy')
    writeFileSync(file, npy('|u1', [9, 4, 5], new Uint8Array(9 * 20)))
    const args = ['stream', file, '--fps', '4', '--json']
    const { code, stdout } = await run(args, { ...env, ATOMSCALE_SKIP_CLOCK_SYNC: '1' })
    expect(code).toBe(0)
    const [first, second] = await captureTimes(url, json(stdout).streams[0]!.receipt.dataId)
    expect(second! - first!).toBe(CHUNK_MS)
  })
})
