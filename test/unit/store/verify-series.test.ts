import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeDisk } from '../../../ts/disk/disk-node.js'
import { DirectoryStore } from '../../../ts/store/directory-store.js'
import { receiptProblems } from '../../../ts/store/receipt-proof.js'
import { POINTS_PER_FILE } from '../../../ts/store/series-arrays.js'
import type { SeriesChunk } from '../../../ts/store/store.js'
import type { SeriesReport } from '../../../ts/store/verify.js'
import { verifySeries } from '../../../ts/store/verify-series.js'
import { verifyStore } from '../../../ts/store/verify-store.js'
import { temporaryFolder } from '../server/client.js'
import { checkerOn } from './shards.js'

const openStore = (place: string) => DirectoryStore.open(place, checkerOn(nodeDisk))

/** `count` points that begin at `first`. */
function points(count: number, first = 0, units?: string) {
  const values = Array.from({ length: count }, (_, i) => (i % 7 === 3 ? null : first + i / 8))
  return { timestamps: values.map((_, i) => 1.7e9 + first + i), values, ...(units && { units }) }
}

/** Folder of a stream of these chunks; closed, so that all of it is settled, unless told not to be. */
async function stored(chunks: readonly SeriesChunk[], { open = false } = {}) {
  const place = temporaryFolder()
  const store = await openStore(place)
  const { id } = await store.create({ kind: 'series', name: 'heater', pointsPerChunk: 4 })
  for (const chunk of chunks) await store.series(id).put(chunk)
  if (open) {
    // As a server that is killed leaves it.
    const copy = join(temporaryFolder(), id)
    cpSync(join(place, id), copy, { recursive: true })
    await store.close()
    return { place: dirname(copy), id, path: copy }
  }
  await store.end(id)
  await store.close()
  return { place, id, path: join(place, id) }
}

const CHUNKS: SeriesChunk[] = [
  { index: 0, channels: { T: points(3), 'p/1': points(2, 50, 'mbar') } },
  { index: 2, channels: { T: points(4, 20) } },
  { index: 1, channels: { T: points(2, 10, 'C') } },
  { index: 0, channels: { T: points(1, 90) } },
]
const HELD = [
  { channel: 'T', index: 0, points: 1 },
  { channel: 'T', index: 1, points: 2 },
  { channel: 'T', index: 2, points: 4 },
  { channel: 'p/1', index: 0, points: 2 },
]

describe('what was stored of channels', () => {
  it.each([false, true])('is verified; still open: %s', async (open) => {
    const { path, id } = await stored(CHUNKS, { open })
    expect(await verifyStore(path)).toEqual({
      kind: 'series',
      dataId: id,
      channels: ['T', 'p/1'],
      chunks: HELD,
      storedPoints: 9,
      tornBytes: 0,
      problems: [],
      ok: true,
    })
  })

  it('is verified where nothing was sent yet', async () => {
    const { path } = await stored([], { open: true })
    expect(await verifyStore(path)).toMatchObject({ ok: true, channels: [], storedPoints: 0 })
  })

  it('is verified whatever was sent again and in which order, and found wanting without its last chunk', async () => {
    const chunk = fc.record({
      index: fc.nat(4),
      channel: fc.constantFrom('T', '__proto__', 'rate é'),
      count: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 * POINTS_PER_FILE })),
      units: fc.option(fc.constantFrom('C', 'K'), { nil: undefined }),
      first: fc.nat(1000),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(chunk, { minLength: 1, maxLength: 10, selector: ({ first }) => first }),
        fc.boolean(),
        async (chunks, open) => {
          const sent = chunks.map(({ index, channel, count, units, first }) => ({
            index,
            channels: Object.fromEntries([[channel, points(count, first, units)]]),
          }))
          const { path } = await stored(sent, { open })
          const model = new Map(chunks.map(({ index, channel, count }) => [`${channel} ${index}`, count]))
          const report = (await verifyStore(path)) as SeriesReport
          expect(report.problems).toEqual([])
          expect(
            new Map(report.chunks.map(({ channel, index, points }) => [`${channel} ${index}`, points])),
          ).toEqual(model)
          const log = join(path, 'series.jsonl')
          const lines = readFileSync(log, 'utf8').split('\n')
          writeFileSync(log, lines.toSpliced(-2, 1).join('\n'))
          expect(await verifyStore(path)).toMatchObject({ ok: false })
        },
      ),
      { numRuns: 40 },
    )
  })

  it('may have files behind the end, which a chunk left that came again with fewer points', async () => {
    const { path } = await stored([
      { index: 0, channels: { T: points(POINTS_PER_FILE + 1) } },
      { index: 0, channels: { T: points(3) } },
    ])
    expect(readFileSync(join(path, 'series.zarr/T/values/c/1')).length).toBe(8 * POINTS_PER_FILE)
    expect(await verifyStore(path)).toMatchObject({ ok: true, storedPoints: 3 })
    writeFileSync(join(path, 'series.zarr/T/values/c/x'), '')
    expect(await verifyStore(path)).toMatchObject({ ok: false })
  })

  it('may end in a line that a crash cut short, but not before the mark', async () => {
    const open = await stored(CHUNKS, { open: true })
    const log = join(open.path, 'series.jsonl')
    appendFileSync(log, '{"index":3,"channels":{"T":{"timest')
    expect(await verifyStore(open.path)).toMatchObject({ ok: true, storedPoints: 9, tornBytes: 35 })
    // The store is of the same mind.
    await (await openStore(open.place)).close()
    expect(await verifyStore(open.path)).toMatchObject({ ok: true, storedPoints: 9, tornBytes: 0 })

    const size = readFileSync(log).length
    truncateSync(log, size - 1)
    const { ok, problems } = await verifyStore(open.path)
    expect(ok).toBe(false)
    expect(problems[0]!.reason).toMatch(new RegExp(`but was on disk up to byte ${size}`))
    await expect(openStore(open.place)).rejects.toMatchObject({ code: 'server/store' })
  })

  it('is found damaged at each length that its log can be cut to, marked or not', async () => {
    const { path } = await stored(CHUNKS)
    const log = join(path, 'series.jsonl')
    const sound = readFileSync(log)
    for (const mark of [true, false]) {
      if (!mark) rmSync(join(path, 'series.mark'))
      expect(await verifyStore(path)).toMatchObject({ ok: true })
      for (let length = 0; length < sound.length; length++) {
        writeFileSync(log, sound.subarray(0, length))
        expect((await verifyStore(path)).ok, `cut to ${length} bytes`).toBe(false)
      }
      writeFileSync(log, sound)
    }
  })

  it('names every line of the log that is damaged, and still counts the others', async () => {
    const { path } = await stored(CHUNKS)
    const log = join(path, 'series.jsonl')
    const bytes = readFileSync(log)
    const second = bytes.indexOf(10) + 1
    const third = bytes.indexOf(10, second) + 1
    bytes[second + 12]! ^= 1
    bytes[third + 12]! ^= 1
    writeFileSync(log, bytes)
    const { problems, ...report } = (await verifyStore(path)) as SeriesReport
    expect(problems).toEqual(
      [second, third].map((at) => ({ reason: expect.stringMatching(`damaged at byte ${at}$`) })),
    )
    expect(report.chunks).toEqual([HELD[0], HELD[3]])
  })

  it.each([
    ['stream.json'],
    ['series.jsonl'],
    ['series.zarr/zarr.json'],
    ['series.zarr/T/zarr.json'],
    ['series.zarr/T/values/zarr.json'],
    ['series.zarr/p~2F1/timestamps/c/0'],
  ])('is found incomplete without %s', async (name) => {
    const { path } = await stored(CHUNKS)
    rmSync(join(path, name))
    const { ok, problems } = await verifyStore(path)
    expect(ok).toBe(false)
    expect(problems).toEqual([{ reason: expect.stringContaining(join(path, name)) }])
  })

  it('is whole without its mark, but not with a damaged one or one beyond the log', async () => {
    const { path, place } = await stored(CHUNKS)
    const mark = join(path, 'series.mark')
    writeFileSync(mark, readFileSync(mark, 'utf8').replace('{"bytes":', '{"bytes":1'))
    expect((await verifyStore(path)).problems).toEqual([{ reason: expect.stringMatching(/mark is damaged/) }])
    await (await openStore(place)).close()
    expect(await verifyStore(path)).toMatchObject({ ok: true })

    const longer = await stored([...CHUNKS, { index: 9, channels: { T: points(3) } }])
    cpSync(join(longer.path, 'series.mark'), mark)
    expect(await verifyStore(path)).toMatchObject({
      ok: false,
      problems: [{ reason: expect.stringMatching(/was on disk up to byte/) }],
    })
    rmSync(mark)
    expect(await verifyStore(path)).toMatchObject({ ok: true })
  })

  it('can have its arrays made again, as the problem says', async () => {
    const { path, place } = await stored(CHUNKS)
    rmSync(join(path, 'series.zarr/T'), { recursive: true })
    writeFileSync(join(path, 'series.zarr/p~2F1/values/zarr.json'), '{}')
    const { problems } = await verifyStore(path)
    expect(problems).toHaveLength(6)
    for (const { reason } of problems) expect(reason).toMatch(/remove series.mark, and the next start/)
    rmSync(join(path, 'series.mark'))
    await (await openStore(place)).close()
    expect(await verifyStore(path)).toMatchObject({ ok: true })
  })

  it('has nothing in its folder that is not its own', async () => {
    const { path } = await stored(CHUNKS)
    const foreign = [
      'series.zarr/Q/zarr.json',
      'series.zarr/T/values/c/0.part',
      'notes.txt',
      'frames.zarr/c/0',
    ]
    for (const name of foreign) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), '0')
    }
    const { problems } = await verifyStore(path)
    expect(problems.map(({ reason }) => reason).sort()).toEqual(
      foreign.map((name) => `${name} is none of the stream's files`).sort(),
    )
  })

  it('is not read by the wrong record', async () => {
    const { path } = await stored(CHUNKS)
    const other = await stored(CHUNKS)
    cpSync(join(other.path, 'stream.json'), join(path, 'stream.json'))
    expect((await verifyStore(path)).problems).toEqual([
      { reason: expect.stringContaining(join(path, 'series.zarr/zarr.json')) },
    ])
  })

  it('has no frames to compare with others', async () => {
    const { path } = await stored(CHUNKS)
    const against = { frames: 0, pixels: async () => new Uint8Array() }
    const wasmUrl = new URL('../../../crates/core-wasm/pkg/core_wasm_bg.wasm', import.meta.url).href
    await expect(verifyStore(path, { against, wasmUrl })).rejects.toMatchObject({
      code: 'server/verify',
      message: expect.stringMatching(/holds no frames/),
    })
  })
})

describe('a receipt of channels', () => {
  const receipt = (...chunks: [index: number, channels: string[], points: number, state?: string][]) => ({
    dataId: 'x',
    chunks: chunks.map(([index, channels, points, state = 'stored']) => ({ index, channels, points, state })),
  })
  const whole = [
    [0, ['T', 'p/1'], 3],
    [1, ['T'], 2],
    [2, ['T'], 4],
  ] as Parameters<typeof receipt>

  it('is proved by a store that holds what it calls stored', async () => {
    const report = await verifySeries((await stored(CHUNKS)).path)
    expect(receiptProblems(report, receipt(...whole))).toEqual([])
    // One channel at a time, in another order, and chunks that nobody calls stored.
    const single = receipt(
      [2, ['T'], 4],
      [0, ['p/1'], 2],
      [0, ['T'], 1],
      [1, ['T'], 77, 'failed'],
      [5, ['T'], 1, 'queued'],
    )
    expect(receiptProblems(report, single)).toEqual([])
  })

  it('is refuted by another number of points, a chunk or a channel that is not there or not told', async () => {
    const report = await verifySeries((await stored(CHUNKS)).path)
    const refuted = receipt([0, ['T', 'p/1'], 4], [1, ['T', 'p/1'], 2], [3, ['T'], 1], [0, ['Q'], 0])
    expect(receiptProblems(report, refuted)).toEqual([
      { chunk: 0, reason: 'it holds 3 points of "T", "p/1"; the receipt says 4 points of "T", "p/1"' },
      { chunk: 1, reason: 'it holds 2 points of "T"; the receipt says 2 points of "T", "p/1"' },
      { chunk: 3, reason: expect.stringMatching(/not there/) },
      { chunk: 0, reason: expect.stringMatching(/not there/) },
      { chunk: 2, reason: 'the receipt does not know of its channel "T"' },
    ])
  })

  it('of frames is refuted by a stream of channels', async () => {
    const report = await verifySeries((await stored(CHUNKS.slice(0, 1))).path)
    const chunk = { index: 0, state: 'stored', frames: 3, bytes: 9, sha256: '0'.repeat(64) }
    expect(receiptProblems(report, { dataId: 'x', chunks: [chunk] })).toMatchObject([
      { chunk: 0, reason: expect.stringMatching(/not there/) },
      { chunk: 0, reason: expect.stringMatching(/does not know/) },
      { chunk: 0, reason: expect.stringMatching(/does not know/) },
    ])
  })
})
