import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { framesOf, growthMovie } from './images.js'
import { float64s, npyOf } from './npy.js'
import { describeWithPython, type ReadGroup, runPython, ZarrPython } from './python.js'
import { startServer, type TestServer } from './server.js'
import { readWithZarrita } from './zarrita.js'

/** What the SDK's `finalize` answers, as far as it is looked at. */
interface Streamed {
  data_id: string
  receipt: { chunks_uploaded: number; chunks_not_uploaded: number; lost: number[]; closed: string }
}

const PROJECT = '99999999-2222-4333-8444-555555555555'
const movie = growthMovie()
const [, HEIGHT, WIDTH] = movie.shape
const FRAME = HEIGHT * WIDTH

describeWithPython("the service's own SDK, streaming to our server", () => {
  const folder = mkdtempSync(join(tmpdir(), 'framewire-sdk-'))
  const zarr = new ZarrPython()
  let server: TestServer

  beforeAll(async () => {
    server = await startServer('sdk-key')
  })
  afterAll(async () => {
    zarr.close()
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('pushes RHEED frames that can be read while they are written, with gaps that are not black frames', async () => {
    const chunkSize = 8
    const fps = 4
    // Chunk 1 is short in the middle, 2 never comes, 3 is full, 4 is a single frame.
    const sent = [
      { index: 0, from: 0, to: 8 },
      { index: 1, from: 8, to: 11 },
      { index: 3, from: 11, to: 19 },
      { index: 4, from: 19, to: 20 },
    ].map((chunk) => ({ ...chunk, start: 1_700_000_000_000 + chunk.index * 2000 }))

    const check = async (dataId: string, count: number) => {
      await expect.poll(() => inventory(dataId), { timeout: 30_000 }).toHaveLength(count)
      const stored = sent.slice(0, count)
      const last = stored.at(-1)!
      const length = last.index * chunkSize + last.to - last.from
      const expected = new Uint8Array(length * FRAME)
      const present = new Array<number>(length).fill(0)
      const times = new Array<number>(length).fill(Number.NaN)
      for (const { index, from, to, start } of stored) {
        expected.set(framesOf(movie, from, to).data, index * chunkSize * FRAME)
        present.fill(1, index * chunkSize, index * chunkSize + to - from)
        for (let i = 0; i < to - from; i++) times[index * chunkSize + i] = start + (i * 1000) / fps
      }
      const path = join(server.store, dataId, 'frames.zarr')
      const byPython = await zarr.read(path)
      expect(byPython.arrays.get('frames')!.shape).toEqual([length, HEIGHT, WIDTH])
      expect(Buffer.compare(byPython.arrays.get('frames')!.bytes, expected)).toBe(0)
      expect([...byPython.arrays.get('present')!.bytes]).toEqual(present)
      expect(float64s(byPython.arrays.get('time_unix_ms')!)).toEqual(times)
      const byZarrita = await readWithZarrita(path, 'frames')
      expect(byZarrita.shape).toEqual([length, HEIGHT, WIDTH])
      expect(Buffer.compare(byZarrita.data as Uint8Array, expected)).toBe(0)
      expect(Array.from((await readWithZarrita(path, 'present')).data)).toEqual(present)
    }

    let checked = 0
    const { data_id, receipt } = await runPython<Streamed>(
      'stream_rheed.py',
      {
        endpoint: server.url,
        key: server.apiKey,
        initialize: {
          fps,
          rotations_per_min: 15,
          chunk_size: chunkSize,
          stream_name: 'pushed',
          physical_sample: 'GaN-001',
          project_id: PROJECT,
          tags: ['sapphire'],
        },
        how: 'push',
        chunks: sent.map(({ index, from, to, start }) => ({ file: save(from, to), index, start })),
      },
      {
        env: { ATOMSCALE_SKIP_CLOCK_SYNC: '1' },
        async onLine(line) {
          const { data_id, done } = JSON.parse(line)
          if (done === undefined) return
          await check(data_id, done)
          checked = done
        },
      },
    )
    expect(checked).toBe(sent.length)
    expect(receipt).toMatchObject({ chunks_uploaded: 4, chunks_not_uploaded: 0, closed: 'finalized' })
    await check(data_id, sent.length)
    const stream = await ask(`/framewire/v1/streams/${data_id}`)
    const [sample] = await ask('/physical_samples/')
    const [tag] = await ask('/tags/')
    expect(stream).toMatchObject({
      name: 'pushed',
      fps,
      rotationsPerMin: 15,
      rotationalPeriod: 16,
      projectId: PROJECT,
    })
    expect(stream).toMatchObject({ sampleId: sample.id, tagIds: [tag.id] })
    expect(stream.endedAt).toBeDefined()
  })

  it('runs through a generator, with the clock of our server', async () => {
    const chunks = [0, 10, 20].map((from, index) => ({
      file: save(from, Math.min(from + 10, 26)),
      start: 1_700_000_000_000 + index * 2000,
    }))
    const { data_id, receipt } = await runPython<Streamed>('stream_rheed.py', {
      // A doubled slash, as the SDK makes it of a root that ends in one.
      endpoint: `${server.url}/`,
      key: server.apiKey,
      initialize: { fps: 5, rotations_per_min: 0, chunk_size: 10, azimuth: '100' },
      how: 'run',
      chunks,
    })
    expect(receipt).toMatchObject({ chunks_uploaded: 3, chunks_not_uploaded: 0 })
    const path = join(server.store, data_id, 'frames.zarr')
    expect(Buffer.compare((await zarr.read(path)).arrays.get('frames')!.bytes, movie.data)).toBe(0)
    expect(Buffer.compare((await readWithZarrita(path, 'frames')).data as Uint8Array, movie.data)).toBe(0)
    for (const { clockOffsetMs, clockUncertaintyMs } of await inventory(data_id)) {
      // Both are on this machine: the clocks differ by no more than the measurement is uncertain, and its rounding.
      expect(Math.abs(clockOffsetMs)).toBeLessThanOrEqual(clockUncertaintyMs + 1)
    }
  })

  it('streams scalar channels', async () => {
    const { data_id } = await runPython<{ data_id: string }>(
      'stream_series.py',
      {
        endpoint: server.url,
        key: server.apiKey,
        points_per_chunk: 3,
        initialize: { stream_name: 'temperature log', physical_sample: 'GAN-001', project_id: PROJECT },
        calls: [
          [
            'push',
            [0, 'temperature', [1700000000, 1700000000.1, 1700000000.2], [25, 25.1, 1e-9]],
            { units: 'C' },
          ],
          [
            'push_multi',
            [
              1,
              {
                temperature: { timestamps: [1700000001], values: [26], units: 'C' },
                pressure: { timestamps: [1700000001], values: [1e300] },
              },
            ],
            {},
          ],
          [
            'run',
            [
              'growth rate / µm',
              [
                [[1], [2]],
                [
                  [3, 4],
                  [5, 6],
                ],
              ],
            ],
            { units: 'nm' },
          ],
        ],
      },
      { env: { ATOMSCALE_SKIP_CLOCK_SYNC: '1' } },
    )
    const group = await zarr.read(join(server.store, data_id, 'series.zarr'))
    expect(group.attributes).toMatchObject({ data_id, name: 'temperature log' })
    expect(channels(group)).toEqual({
      temperature: {
        timestamps: [1700000000, 1700000000.1, 1700000000.2, 1700000001],
        values: [25, 25.1, 1e-9, 26],
        units: 'C',
      },
      pressure: { timestamps: [1700000001], values: [1e300], units: undefined },
      'growth rate / µm': { timestamps: [1, 3, 4], values: [2, 5, 6], units: 'nm' },
    })
    expect((await ask(`/framewire/v1/streams/${data_id}`)).endedAt).toBeDefined()
  })

  /** The frames `from` to `to` of the movie in a file of their own. */
  function save(from: number, to: number): string {
    const path = join(folder, `${from}-${to}.npy`)
    writeFileSync(path, npyOf('|u1', [to - from, HEIGHT, WIDTH], framesOf(movie, from, to).data))
    return path
  }

  async function ask(path: string) {
    const answer = await fetch(server.url + path, { headers: { 'x-api-key': server.apiKey } })
    return answer.json()
  }

  async function inventory(dataId: string) {
    return (await ask(`/framewire/v1/streams/${dataId}/chunks`)).chunks
  }
})

/** Channels by the name that their group states, whatever its folder is called. */
function channels({ arrays, groups }: ReadGroup) {
  return Object.fromEntries(
    [...groups]
      .filter(([, { channel_name }]) => channel_name !== undefined)
      .map(([path, { channel_name }]) => {
        const values = arrays.get(`${path}/values`)!
        const timestamps = float64s(arrays.get(`${path}/timestamps`)!)
        return [channel_name, { timestamps, values: float64s(values), units: values.attributes.units }]
      }),
  )
}
