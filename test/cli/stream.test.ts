import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFrames } from 'framewire/server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Fault, startFaultProxy } from '../bad-input/fault-proxy.js'
import {
  ask,
  CLI,
  folder,
  GROWTH,
  json,
  KEY,
  npy,
  run,
  start,
  startServer,
  streamOf,
  streamsOf,
} from './command.js'

const GROWTH_FRAMES = 26
/** The pixels of the growth: the file's last bytes. */
const growthPixels = readFileSync(GROWTH).subarray(-GROWTH_FRAMES * 320 * 448)
const fast = ['--fps', '4', '--pace', 'none']

/** The server of all tests that do no harm to it. */
let server: Awaited<ReturnType<typeof startServer>>
const undo: (() => void | Promise<void>)[] = []

beforeAll(async () => {
  server = await startServer((step) => undo.push(step))
})

afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

describe('stream', () => {
  it('sends every frame of a recording, and its receipt says so', async () => {
    const { env, store, url } = server
    const ended = await run(['stream', GROWTH, ...fast, '--json'], env)
    expect(ended.code).toBe(0)
    const { ok, streams, notStreamed, error } = json(ended.stdout)
    expect({ ok, notStreamed, error }).toEqual({ ok: true, notStreamed: [] })
    expect(streams).toHaveLength(1)
    const { file, frames, receipt } = streams[0]!
    expect({ file, frames }).toEqual({ file: GROWTH, frames: GROWTH_FRAMES })
    expect(receipt.totals).toMatchObject({
      chunks: 4,
      stored: 4,
      frames: GROWTH_FRAMES,
      framesStored: GROWTH_FRAMES,
    })
    expect(receipt.chunks.map((chunk) => chunk.frames)).toEqual([8, 8, 8, 2])
    expect(receipt.chunks.every(({ proof }) => proof === 'md5')).toBe(true)
    expect(Object.values(receipt.losses)).toEqual([0, 0, 0, 0, 0])

    const stored = await readFrames(join(store, receipt.dataId), 0, GROWTH_FRAMES)
    expect(Buffer.compare(stored, growthPixels)).toBe(0)
    const record = await streamOf(url, receipt.dataId)
    expect(record).toMatchObject({
      id: receipt.dataId,
      fps: 4,
      rotationsPerMin: 0,
      name: 'sb-deposition-26x320x448-u8.npy',
    })
    expect(record.endedAt).toBeDefined()
  })

  it('tells a person how it goes on stderr, and the receipt on stdout', async () => {
    const { env } = server
    const { code, stdout, stderr } = await run(['stream', GROWTH, ...fast], env)
    expect(code).toBe(0)
    const [, id] = /to stream ([0-9a-f-]{36})$/m.exec(stderr)!
    expect(stdout).toMatch(new RegExp(`^Stream +${id} `, 'm'))
    expect(stdout).toMatch(/^Frames +26 of 26 stored, in 4 chunks of 8$/m)
    expect(stdout).toMatch(/^Proof +MD5 of 4 of 4 chunks/m)
    expect(stderr).toMatch(/26 frames of 320 x 448, uint8/)
    expect(stderr).toMatch(/^26\/26 frames stored \| .* MB\/s \| chunks: 0 queued, 0 packaged, 4 stored$/m)
  })

  it('is quiet where that is wanted', async () => {
    const { env } = server
    const { code, stdout, stderr } = await run(['stream', GROWTH, ...fast, '--quiet'], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/26 of 26 stored/)
  })

  it('draws one live line on a terminal', async ({ skip }) => {
    // util-linux's `script` gives the command a terminal.
    if (spawnSync('script', ['--version']).status !== 0) skip('no program "script" here to make a terminal')
    const { env } = server
    const command = `'${process.execPath}' '${CLI}' stream '${GROWTH}' --fps 4 --pace none`
    const ended = spawnSync('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
      encoding: 'utf8',
    })
    expect(ended.status).toBe(0)
    // Each line is drawn upon the one before.
    const drawn = ended.stdout.split('\r\x1b[2K')
    expect(drawn.filter((line) => /^\d+\/26 frames stored \|[^\n]*$/.test(line))).not.toEqual([])
    expect(ended.stdout).not.toMatch(/frames stored \|.*\n/)
  })

  it('makes of several files one stream each', async () => {
    const { env, store, url } = server
    const other = join(folder(), 'other.npy')
    const pixels = Uint8Array.from({ length: 9 * 4 * 5 }, (_, i) => i)
    writeFileSync(other, npy('|u1', [9, 4, 5], pixels))
    const ended = await run(
      ['stream', GROWTH, other, ...fast, '--rpm', '15', '--name', 'Growth 7', '--json'],
      env,
    )
    expect(ended.code).toBe(0)
    const ids = json(ended.stdout).streams.map(({ receipt }) => receipt.dataId)
    const records = await streamsOf(url)
    expect(records.slice(-2).map(({ id, name, rotationsPerMin }) => [id, name, rotationsPerMin])).toEqual([
      [ids[0], 'Growth 7 (sb-deposition-26x320x448-u8.npy)', 15],
      [ids[1], 'Growth 7 (other.npy)', 15],
    ])
    expect(Buffer.compare(await readFrames(join(store, ids[1]!), 0, 9), pixels)).toBe(0)
  })

  it('declares what the options say', async () => {
    const { env, url } = server
    const options = '--fps 2.5 --chunk-size 10 --name Growth --azimuth [110] --pace none --json'.split(' ')
    const links = ['--sample', 'GaN-1', '--tag', 'night', '--tag', 'Sb', '--project-id', '7f0d']
    const ended = await run(['stream', GROWTH, ...options, ...links], env)
    expect(ended.code).toBe(0)
    const { receipt } = json(ended.stdout).streams[0]!
    expect(receipt).toMatchObject({ fps: 2.5, chunkSize: 10, streamName: 'Growth' })
    const record = await streamOf(url, receipt.dataId)
    expect(record).toMatchObject({ fps: 2.5, azimuth: '[110]', projectId: '7f0d', name: 'Growth' })
    const named = (path: string) => ask<{ id: string; name: string }[]>(url + path)
    expect(await named('/physical_samples/')).toEqual([{ id: record.sampleId, name: 'GaN-1' }])
    const tags = await named('/tags/')
    expect(tags.map(({ name }) => name).sort()).toEqual(['Sb', 'night'])
    expect(record.tagIds.sort()).toEqual(tags.map(({ id }) => id).sort())
  })

  it('scales raw 16-bit pixels by the stated range', async () => {
    const { env, store } = server
    const values = Uint16Array.from({ length: 9 * 4 * 5 }, (_, i) => (i * 37) % 5000)
    const big = Buffer.alloc(16 + values.length * 2)
    for (const [i, value] of values.entries()) big.writeUInt16BE(value, 16 + 2 * i)
    const file = join(folder(), 'camera.raw')
    writeFileSync(file, big)
    const raw = ['--shape', '4,5', '--dtype', '>u2', '--offset', '16', '--scale', '100:4095']
    const ended = await run(['stream', file, ...fast, ...raw, '--json'], env)
    expect(ended.code).toBe(0)
    const { receipt } = json(ended.stdout).streams[0]!
    const scaled = Uint8Array.from(values, (v) =>
      Math.min(255, Math.max(0, Math.floor(((v - 100) * 255) / 3995))),
    )
    expect(Buffer.compare(await readFrames(join(store, receipt.dataId), 0, 9), scaled)).toBe(0)
    expect(receipt.range).toEqual({ lo: 100, hi: 4095 })
    expect(receipt.totals.clampedPixels).toBe(values.filter((v) => v < 100 || v > 4095).length)
  })

  it('makes colour gray as stated', async () => {
    const { env, store } = server
    const values = Uint8Array.from({ length: 9 * 4 * 20 * 3 }, (_, i) => (i * 91) % 256)
    const file = join(folder(), 'colour.npy')
    writeFileSync(file, npy('|u1', [9, 4, 20, 3], values))
    const ended = await run(['stream', file, ...fast, '--gray', 'mean', '--json'], env)
    expect(ended.code).toBe(0)
    const gray = Uint8Array.from({ length: 9 * 80 }, (_, i) =>
      Math.floor((values[3 * i]! + values[3 * i + 1]! + values[3 * i + 2]!) / 3),
    )
    const { dataId } = json(ended.stdout).streams[0]!.receipt
    expect(Buffer.compare(await readFrames(join(store, dataId), 0, 9), gray)).toBe(0)
  })

  it('ends the stream where its recording turns out damaged', async () => {
    const { env, url } = server
    const shots = join(folder(), 'shots')
    mkdirSync(shots)
    const picture = fileURLToPath(new URL('../fixtures/recordings/gray8.png', import.meta.url))
    for (let i = 0; i < 20; i++) copyFileSync(picture, join(shots, `${i}.png`))
    // Its header stays sound, its pixels do not.
    const damaged = readFileSync(picture)
    damaged[damaged.indexOf('IDAT') + 10]! ^= 1
    writeFileSync(join(shots, '12.png'), damaged)

    const ended = await run(['stream', shots, GROWTH, ...fast, '--json'], env)
    expect(ended.code).toBe(1)
    const { ok, error, streams, notStreamed } = json(ended.stdout)
    expect({ ok, code: error.code, notStreamed }).toEqual({
      ok: false,
      code: 'frames/file-format',
      notStreamed: [GROWTH],
    })
    expect(error.message).toContain('12.png')
    expect(streams[0]).toMatchObject({
      frames: 20,
      receipt: { totals: { frames: 8, framesStored: 8 }, finalized: true },
    })
    expect((await streamOf(url, streams[0]!.receipt.dataId)).endedAt).toBeDefined()
  })
})

describe('a service that does not take it', () => {
  it('refuses the key', async () => {
    const { env, url } = await startServer()
    const ended = await run(['stream', GROWTH, ...fast, '--api-key', 'stolen', '--json'], env)
    expect(ended.code).toBe(1)
    const { ok, error, streams, notStreamed } = json(ended.stdout)
    expect({ ok, streams, notStreamed }).toEqual({ ok: false, streams: [], notStreamed: [GROWTH] })
    expect(error.code).toBe('upload/unauthorized')
    expect(ended.stderr).toContain('framewire: upload/unauthorized: ')
    expect(ended.stdout + ended.stderr).not.toContain('stolen')
    expect(await streamsOf(url)).toEqual([])
  })

  it('cannot be reached', async () => {
    // Fetch opens no connection to port 1, so there is no time-out to wait for.
    const ended = await run(['stream', GROWTH, ...fast, '--endpoint', 'http://127.0.0.1:1', '--json'], {
      AS_API_KEY: KEY,
    })
    expect(ended.code).toBe(1)
    expect(json(ended.stdout).error).toMatchObject({ code: 'upload/unreachable' })
    expect(ended.stderr).toMatch(/framewire: upload\/unreachable: .*127\.0\.0\.1:1/)
  })

  it('cannot be reached, and nobody waits for the retries', async () => {
    const { url, child, ended: stopped } = await startServer()
    child.kill('SIGTERM')
    await stopped
    const command = start(['stream', GROWTH, ...fast, '--endpoint', url], { AS_API_KEY: KEY })
    await command.said(/trying again/)
    command.child.kill('SIGINT')
    const { code, stdout } = await command.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  })

  it('stores no shard until the drain time-out', async () => {
    const { url } = await startServer()
    const refuse = ({ method }: { method: string }): Fault | undefined =>
      method === 'PUT' ? { do: 'answer', status: 503 } : undefined
    const proxy = await startFaultProxy(url, refuse)
    onTestFinished(() => proxy.close())
    const args = ['stream', GROWTH, ...fast, '--endpoint', proxy.root, '--drain-timeout', '0.5', '--json']
    const ended = await run([...args, '--no-journal'], { AS_API_KEY: KEY })
    expect(ended.code).toBe(1)
    const { ok, error, streams } = json(ended.stdout)
    expect(ok).toBe(false)
    expect(error).toMatchObject({ code: 'upload/undrained', details: { pending: [0, 1, 2, 3] } })
    expect(error.details.receipt).toBeUndefined()
    expect(streams[0]!.receipt).toMatchObject({
      totals: { stored: 0 },
      losses: { upload: GROWTH_FRAMES },
      finalized: true,
    })
  })
})

describe('an interruption', () => {
  it('ends the stream cleanly where there is no journal: what was taken is stored, and the exit code is 130', async () => {
    const { env, store, url } = await startServer()
    // At the capture rate the growth would last 26 s.
    const args = ['--fps', '1', '--no-journal', '--json', '--verbose']
    const command = start(['stream', GROWTH, GROWTH, ...args], env)
    await command.said(/chunk 0 stored/)
    command.child.kill('SIGINT')
    const { code, stdout, stderr } = await command.ended
    expect(code).toBe(130)
    expect(stderr).toContain('framewire: interrupted')
    const { ok, interrupted, streams, notStreamed, error } = json(stdout)
    expect({ ok, interrupted, error }).toEqual({ ok: false, interrupted: true })
    expect(notStreamed).toEqual([GROWTH])
    const { frames, receipt } = streams[0]!
    expect(frames).toBe(GROWTH_FRAMES)
    expect(receipt.finalized).toBe(true)
    const { frames: taken, framesStored } = receipt.totals
    expect(taken).toBeLessThan(GROWTH_FRAMES)
    expect(framesStored).toBe(taken)
    const stored = await readFrames(join(store, receipt.dataId), 0, taken)
    expect(Buffer.compare(stored, growthPixels.subarray(0, taken * 320 * 448))).toBe(0)
    const records = await streamsOf(url)
    expect(records).toHaveLength(1)
    expect(records[0]!.endedAt).toBeDefined()
  })

  it('leaves what was read to its end in the journal, and its end to resume', async () => {
    const { url, store } = await startServer()
    const service = { refuses: true }
    const proxy = await startFaultProxy(url, ({ method }): Fault | undefined =>
      method === 'PUT' && service.refuses ? { do: 'answer', status: 503 } : undefined,
    )
    onTestFinished(() => proxy.close())
    const journal = folder()
    const env = { AS_API_KEY: KEY, AS_API_ENDPOINT: proxy.root }
    const command = start(['stream', GROWTH, ...fast, '--journal', journal, '--json', '--verbose'], env)
    await command.said(/chunk 3 journaled(.|\n)*trying again/)
    command.child.kill('SIGINT')
    const { code, stdout, stderr } = await command.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(
      /4 chunk\(s\) of stream .* are in the journal\. To send them: framewire resume '.*'$/m,
    )
    const { dataId } = json(stdout).streams[0]!.receipt
    service.refuses = false
    const resumed = await run(['resume', journal], env)
    expect(resumed.stderr).not.toContain('more are read')
    expect(resumed.code).toBe(0)
    expect(Buffer.compare(await readFrames(join(store, dataId), 0, GROWTH_FRAMES), growthPixels)).toBe(0)
    expect((await streamOf(url, dataId)).endedAt).toBeDefined()
  })

  it('is no clean end where there is no journal and the drain time-out passes', async () => {
    const { url } = await startServer()
    const proxy = await startFaultProxy(url, ({ method }): Fault | undefined =>
      method === 'PUT' ? { do: 'answer', status: 503 } : undefined,
    )
    onTestFinished(() => proxy.close())
    const args = ['--no-journal', '--drain-timeout', '0.3', '--json', '--verbose']
    const command = start(['stream', GROWTH, '--fps', '4', '--endpoint', proxy.root, ...args], {
      AS_API_KEY: KEY,
    })
    await command.said(/chunk 0 packaged/)
    command.child.kill('SIGINT')
    const { code, stdout, stderr } = await command.ended
    expect(code).toBe(1)
    const { error, interrupted, streams } = json(stdout)
    expect({ code: error.code, interrupted }).toEqual({ code: 'upload/undrained', interrupted: true })
    expect(streams[0]!.receipt.losses.upload).toBeGreaterThan(0)
    expect(stderr).not.toContain('framewire resume')
  })

  it('ends at once when it comes twice', async () => {
    const { env, child } = await startServer()
    const command = start(['stream', GROWTH, '--fps', '1', '--verbose'], env)
    await command.said(/chunk 0 stored/)
    // A server that answers no more: the clean end would wait for it.
    child.kill('SIGSTOP')
    command.child.kill('SIGINT')
    await command.said(/framewire: interrupted/)
    command.child.kill('SIGINT')
    const { code, stdout } = await command.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  })

  it('is not what a closed terminal means under nohup', async ({ skip }) => {
    if (spawnSync('nohup', ['--version']).status !== 0) skip('no program "nohup" here')
    const { env, url } = await startServer()
    const child = spawn('nohup', [process.execPath, CLI, 'stream', GROWTH, ...fast], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    })
    const exit = once(child, 'exit')
    await Promise.race([once(child.stderr, 'data'), exit])
    child.kill('SIGHUP')
    expect(await exit).toEqual([0, null])
    expect((await streamsOf(url))[0]!.endedAt).toBeDefined()
  })

  it('is not brought about by a reader that goes away', async () => {
    const { env, url } = await startServer()
    const command = start(['stream', GROWTH, ...fast], env)
    command.child.stderr!.destroy()
    command.child.stdout!.destroy()
    expect((await command.ended).code).toBe(0)
    expect((await streamsOf(url))[0]!.endedAt).toBeDefined()
  })
})
