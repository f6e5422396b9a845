import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RHEEDStreamer, TimeseriesStreamer } from 'framewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folder, GROWTH, json, KEY, npy, run, startServer } from './command.js'

let server: Awaited<ReturnType<typeof startServer>>
/** Folder of the growth as it was stored. */
let growth: string
const undo: (() => void | Promise<void>)[] = []

beforeAll(async () => {
  server = await startServer((step) => undo.push(step))
  growth = await streamed(GROWTH)
})

afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

/** Folder of the stream that a recording became. */
async function streamed(file: string, options: string[] = []): Promise<string> {
  const args = ['stream', file, '--fps', '4', '--pace', 'none', '--json', ...options]
  const { code, stdout, stderr } = await run(args, server.env)
  if (code !== 0) throw new Error(stderr)
  return join(server.store, json(stdout).streams[0]!.receipt.dataId)
}

describe('verify', () => {
  it('decodes every frame and compares it with the recording', async () => {
    const alone = await run(['verify', growth])
    expect(alone.code).toBe(0)
    expect(alone.stdout).toMatch(/^Chunks +4 of up to 8 frames/m)
    expect(alone.stdout).toMatch(/^Frames +26 of 320 x 448 stored, 0 absent$/m)

    const compared = await run(['verify', growth, '--against', GROWTH, '--json'])
    expect(compared.code).toBe(0)
    const report = json(compared.stdout)
    expect(report).toMatchObject({
      ok: true,
      chunks: 4,
      frames: 26,
      absentFrames: 0,
      equalFrames: 26,
      problems: [],
    })
  })

  it('names chunk and frame where one pixel differs', async () => {
    const altered = readFileSync(GROWTH)
    const frame = 13
    altered[altered.length - (26 - frame) * 320 * 448 + 1234]! ^= 1
    const file = join(folder(), 'altered.npy')
    writeFileSync(file, altered)
    const ended = await run(['verify', growth, '--against', file, '--json'])
    expect(ended.code).toBe(1)
    const { ok, equalFrames, problems, error } = json(ended.stdout)
    expect({ ok, equalFrames, code: error.code }).toEqual({
      ok: false,
      equalFrames: 25,
      code: 'server/verify',
    })
    expect(problems).toMatchObject([{ chunk: 1, frame }])
    expect(ended.stderr).toMatch(/^framewire: server\/verify: .*chunk 1, frame 13: /m)
  })

  it('fails where the recording is longer than what is stored', async () => {
    const pixels = Uint8Array.from({ length: 10 * 20 }, (_, i) => i % 251)
    const [short, long] = [join(folder(), 'short.npy'), join(folder(), 'long.npy')]
    writeFileSync(short, npy('|u1', [9, 4, 5], pixels.subarray(0, 180)))
    writeFileSync(long, npy('|u1', [10, 4, 5], pixels))
    const ended = await run(['verify', await streamed(short), '--against', long])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/9 frames are stored, .* has 10/)
  })

  it('names the chunk where a bit of a shard is flipped', async () => {
    const stream = join(folder(), 'damaged')
    cpSync(growth, stream, { recursive: true })
    const shard = join(stream, 'frames.zarr/frames/c/2/0/0')
    const bytes = readFileSync(shard)
    bytes[5000]! ^= 16
    writeFileSync(shard, bytes)
    const ended = await run(['verify', stream, '--against', GROWTH, '--json'])
    expect(ended.code).toBe(1)
    const { problems, equalFrames } = json(ended.stdout)
    expect(problems).toMatchObject([{ chunk: 2, frame: 16 }])
    // The chunks before and behind it are sound, and in their places.
    expect(equalFrames).toBe(26 - 8)
    expect(ended.stderr).toMatch(/^framewire: server\/verify: .*chunk 2, frame 16: /m)
  })

  it('compares 16-bit pixels through the scale they were streamed with', async () => {
    const values = Uint16Array.from({ length: 9 * 4 * 5 }, (_, i) => (i * 37) % 5000)
    const file = join(folder(), 'wide.npy')
    writeFileSync(file, npy('<u2', [9, 4, 5], values))
    const stream = await streamed(file, ['--scale', '0:4095'])
    const equal = await run(['verify', stream, '--against', file, '--scale', '0:4095', '--json'])
    expect(json(equal.stdout)).toMatchObject({ ok: true, equalFrames: 9 })
    expect(equal.code).toBe(0)
    const other = await run(['verify', stream, '--against', file, '--scale', '0:4096'])
    expect(other.code).toBe(1)
    const unknown = await run(['verify', stream, '--against', file, '--scale', 'measured'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toMatch(/framewire: usage: .*the range that the receipt names/)
  })

  it('counts frames that never came as absent', async () => {
    const { url, store } = server
    const streamer = new RHEEDStreamer({ apiKey: KEY, endpoint: url })
    const dataId = await streamer.initialize({ fps: 1, rotationsPerMin: 0, chunkSize: 3 })
    const pixels = Uint8Array.from({ length: 9 * 20 }, (_, i) => i)
    const push = (index: number) =>
      streamer.push(dataId, index, { data: pixels.slice(index * 60, index * 60 + 60), shape: [3, 4, 5] })
    push(0)
    push(2)
    await streamer.finalize(dataId)
    await streamer.close()
    const ended = await run(['verify', join(store, dataId), '--json'])
    expect(json(ended.stdout)).toMatchObject({ ok: true, chunks: 2, frames: 6, absentFrames: 3 })

    const file = join(folder(), 'rec.npy')
    writeFileSync(file, npy('|u1', [9, 4, 5], pixels))
    const compared = await run(['verify', join(store, dataId), '--against', file])
    expect(compared.code).toBe(1)
  })

  it('proves a store against the receipt of the command that streamed it, with no server', async () => {
    const receipts = join(folder(), 'receipts.json')
    const args = ['stream', GROWTH, '--fps', '4', '--pace', 'none', '--json']
    const { stdout } = await run(args, server.env)
    writeFileSync(receipts, stdout)
    const { receipt } = json(stdout).streams[0]!
    const stored = join(folder(), receipt.dataId)
    cpSync(join(server.store, receipt.dataId), stored, { recursive: true })

    const proved = await run(['verify', stored, '--receipt', receipts])
    expect(proved.code).toBe(0)
    expect(proved.stdout).toMatch(/^Receipt +every chunk .* is here, unchanged$/m)

    // A receipt by itself proves the same, and tells what it does not know or what differs.
    const bare = join(folder(), 'receipt.json')
    const [first, second, ...rest] = receipt.chunks
    const altered = {
      ...second!,
      sha256: second!.sha256!.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    }
    const more = { ...first!, index: 9 }
    writeFileSync(bare, JSON.stringify({ ...receipt, chunks: [altered, ...rest, more] }))
    const refuted = await run(['verify', stored, '--receipt', bare, '--json'])
    expect(refuted.code).toBe(1)
    expect(json(refuted.stdout).problems).toMatchObject([
      { chunk: 1, reason: expect.stringContaining(altered.sha256) },
      { chunk: 9, reason: expect.stringContaining('not there') },
      { chunk: 0, reason: expect.stringContaining('does not know') },
    ])

    const others = await run(['verify', growth, '--receipt', receipts])
    expect(others.code).toBe(1)
    expect(others.stderr).toMatch(/framewire: server\/verify: .*cannot prove stream/)
  })

  it('reads channels back, and proves them against the receipt of the stream', async () => {
    const { url, store } = server
    const streamer = new TimeseriesStreamer({ apiKey: KEY, endpoint: url, clockSync: false })
    const dataId = await streamer.initialize({ streamName: 'heater' })
    const points = (count: number) => ({ timestamps: Array(count).fill(1.7e9), values: Array(count).fill(5) })
    streamer.push(dataId, { chunkIndex: 0, channelName: 'T', ...points(3) })
    streamer.push(dataId, { chunkIndex: 1, channelName: 'T', ...points(2) })
    streamer.pushMulti(dataId, { chunkIndex: 0, channels: { p: points(4), q: points(1) } })
    const receipt = await streamer.finalize(dataId)
    await streamer.close()
    const stream = join(store, dataId)
    const file = join(folder(), 'receipt.json')
    writeFileSync(file, JSON.stringify(receipt))

    const proved = await run(['verify', stream, '--receipt', file])
    expect(proved.code).toBe(0)
    expect(proved.stdout).toMatch(/^Channels +3, in 4 chunks$/m)
    expect(proved.stdout).toMatch(/^Points +10 stored/m)
    expect(proved.stdout).toMatch(/^Receipt +every chunk .* is here, with as many points$/m)

    const [first, ...rest] = receipt.chunks
    writeFileSync(file, JSON.stringify({ ...receipt, chunks: [{ ...first, points: 4 }, ...rest] }))
    const refuted = await run(['verify', stream, '--receipt', file, '--json'])
    expect(refuted.code).toBe(1)
    expect(json(refuted.stdout)).toMatchObject({
      ok: false,
      kind: 'series',
      channels: ['T', 'p', 'q'],
      chunks: 4,
      points: 10,
      problems: [{ chunk: 0, reason: expect.stringContaining('the receipt says 4 points of "T"') }],
    })

    const damaged = join(folder(), 'damaged')
    cpSync(stream, damaged, { recursive: true })
    const array = join(damaged, 'series.zarr/p/values/c/0')
    const bytes = readFileSync(array)
    bytes[9]! ^= 1
    writeFileSync(array, bytes)
    const ended = await run(['verify', damaged])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain(`${array} does not say what the log does`)

    const compared = await run(['verify', stream, '--against', GROWTH])
    expect(compared.code).toBe(2)
    expect(compared.stderr).toMatch(/^framewire: usage: --against compares frames, .* --receipt/m)
  })

  it.each([
    ['is not JSON', 'frames'],
    ['is no receipt', '{"streams":[{"receipt":{"dataId":7}}]}'],
    ['is of no stream', '{"streams":[]}'],
  ])('refuses a file that %s', async (_, text) => {
    const file = join(folder(), 'bad.json')
    writeFileSync(file, text)
    const { code, stderr } = await run(['verify', growth, '--receipt', file])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^framewire: server\/verify: .*Give the receipt that finalize answered/m)
  })

  it('takes a receipt that is not there, or cannot be read, for a wrong command line', async () => {
    const missing = join(folder(), 'none.json')
    for (const [file, code] of [
      [missing, 'ENOENT'],
      [folder(), 'EISDIR'],
    ] as const) {
      const ended = await run(['verify', growth, '--receipt', file])
      expect(ended.code).toBe(2)
      expect(ended.stderr).toContain(
        `framewire: usage: --receipt ${file} cannot be read (${code}). Name the file`,
      )
    }
  })

  it('fails where there is no such stream, or one of other frames', async () => {
    const none = await run(['verify', folder()])
    expect(none.code).toBe(1)
    expect(none.stderr).toMatch(/^framewire: server\/verify: .*no frames/)

    const file = join(folder(), 'small.npy')
    writeFileSync(file, npy('|u1', [9, 4, 5], new Uint8Array(180)))
    const other = await run(['verify', await streamed(file), '--against', GROWTH])
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(/framewire: server\/verify: .*4 x 5.*320 x 448/)
  })
})
