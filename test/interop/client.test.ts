import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Receipt, RHEEDStreamer, TimeseriesStreamer } from 'framewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { framesOf, growthMovie, randomBytes, withNoise } from './images.js'
import { float64s } from './npy.js'
import { describeWithPython, ZarrPython } from './python.js'
import { startServer, type TestServer } from './server.js'
import { readWithZarrita } from './zarrita.js'

const movie = growthMovie()
const [FRAMES, HEIGHT, WIDTH] = movie.shape
const FRAME = HEIGHT * WIDTH
const CHUNK = 8

/** Movies of 26 frames, by what a compressor makes of them. */
const MOVIES: [name: string, data: Uint8Array<ArrayBuffer>][] = [
  ['clean', movie.data],
  ['noisy', withNoise(movie.data, 4, 11)],
  ['constant', new Uint8Array(movie.data.length).fill(9)],
  ['all zero', new Uint8Array(movie.data.length)],
  ['random', randomBytes(movie.data.length, 12)],
  [
    'of all kinds',
    Uint8Array.from(
      movie.data,
      (value, at) => [value, 0, 9, (at * 2654435761) & 255][Math.floor(at / FRAME) % 4]!,
    ),
  ],
]

let server: TestServer
let streamer: RHEEDStreamer

beforeAll(async () => {
  server = await startServer()
  streamer = new RHEEDStreamer({
    apiKey: server.apiKey,
    endpoint: server.url,
    verbosity: 0,
    clockSync: false,
    maxWorkers: 2,
  })
})
afterAll(async () => {
  await streamer?.close()
  await server?.close()
})

describe('what our client streams to our server, read by zarrita', () => {
  it.each(MOVIES)('has the pixels of the movie: %s', async (_name, data) => {
    const receipt = await stream(data)
    const { shape, data: read } = await readWithZarrita(pathOf(receipt.dataId), 'frames')
    expect(shape).toEqual(movie.shape)
    expect(Buffer.compare(read as Uint8Array, data)).toBe(0)
    expect(Array.from((await readWithZarrita(pathOf(receipt.dataId), 'present')).data)).toEqual(
      new Array(FRAMES).fill(1),
    )
  })
})

describeWithPython('what our client streams to our server, read by zarr-python', () => {
  const zarr = new ZarrPython()
  afterAll(() => zarr.close())

  it.each(MOVIES)('has the pixels of the movie: %s', async (_name, data) => {
    const { arrays } = await zarr.read(pathOf((await stream(data)).dataId))
    expect(arrays.get('frames')!.shape).toEqual(movie.shape)
    expect(arrays.get('frames')!.chunks).toEqual([CHUNK, HEIGHT, WIDTH])
    expect(Buffer.compare(arrays.get('frames')!.bytes, data)).toBe(0)
    // A black frame that was sent is there.
    expect([...arrays.get('present')!.bytes]).toEqual(new Array(FRAMES).fill(1))
    // 4 frames a second from 1.7e12 ms, as said when the chunks were pushed.
    const times = Array.from({ length: FRAMES }, (_, i) => 1_700_000_000_000 + 250 * i)
    expect(float64s(arrays.get('time_unix_ms')!)).toEqual(times)
  })

  it('is refused by both readers where a bit of it has flipped on the disk', async () => {
    const { dataId } = await stream(movie.data)
    const path = pathOf(dataId)
    const shard = join(path, 'frames', 'c', '1', '0', '0')
    const sound = readFileSync(shard)
    const flips = {
      'a frame': 1000,
      'the index': sound.length - 50,
      'the CRC of the index': sound.length - 1,
    }
    for (const [part, at] of Object.entries(flips)) {
      const damaged = Buffer.from(sound)
      damaged[at]! ^= 4
      writeFileSync(shard, damaged)
      await expect(zarr.read(path), `zarr-python, ${part}`).rejects.toThrow(/zarr-python: .*checksum/i)
      // zarrita checks what a frame carries, but passes over the CRC of an index.
      if (part === 'a frame') await expect(readWithZarrita(path, 'frames')).rejects.toThrow(/zstd/)
    }
    writeFileSync(shard, sound)
    await zarr.read(path)
  })

  it('can be read by both while it is written; what is missing is not black', async () => {
    const dataId = await streamer.initialize({ fps: 4, rotationsPerMin: 0, chunkSize: CHUNK })
    const path = pathOf(dataId)
    const empty = await zarr.read(path)
    expect(empty.attributes.data_id).toBe(dataId)
    expect([...empty.arrays.keys()]).toEqual([])

    const expected = new Uint8Array(FRAMES * FRAME)
    const present = new Array<number>(FRAMES).fill(0)
    // 3 is short, 1 is late, 0 and 2 are full: at first 2 reaches beyond two that are not there.
    for (const { index, frames } of [
      { index: 2, frames: 8 },
      { index: 0, frames: 8 },
      { index: 3, frames: 2 },
      { index: 1, frames: 5 },
    ]) {
      const first = index * CHUNK
      await streamer.push(dataId, index, framesOf(movie, first, first + frames)).stored
      expected.set(framesOf(movie, first, first + frames).data, first * FRAME)
      present.fill(1, first, first + frames)
      const length = present.lastIndexOf(1) + 1
      const byPython = await zarr.read(path)
      expect(byPython.arrays.get('frames')!.shape).toEqual([length, HEIGHT, WIDTH])
      expect(Buffer.compare(byPython.arrays.get('frames')!.bytes, expected.subarray(0, length * FRAME))).toBe(
        0,
      )
      expect([...byPython.arrays.get('present')!.bytes]).toEqual(present.slice(0, length))
      const byZarrita = await readWithZarrita(path, 'frames')
      expect(byZarrita.shape).toEqual([length, HEIGHT, WIDTH])
      expect(Buffer.compare(byZarrita.data as Uint8Array, expected.subarray(0, length * FRAME))).toBe(0)
    }
    expect((await streamer.finalize(dataId)).finalized).toBe(true)
  })

  it('has the scalar channels, also while they are written', async () => {
    const series = new TimeseriesStreamer({
      apiKey: server.apiKey,
      endpoint: server.url,
      verbosity: 0,
      clockSync: false,
    })
    const dataId = await series.initialize({ streamName: 'shutters' })
    const path = join(server.store, dataId, 'series.zarr')
    const start = 1_700_000_000
    await series.push(dataId, {
      chunkIndex: 0,
      channelName: 'temperature',
      timestamps: [start, start + 0.1],
      values: Float32Array.of(0.5, Number.NaN),
      units: 'C',
    }).stored
    const early = await zarr.read(path)
    expect(float64s(early.arrays.get('temperature/values')!)).toEqual([0.5, Number.NaN])

    series.pushMulti(dataId, {
      chunkIndex: 1,
      channels: {
        temperature: { timestamps: [start + 1], values: [1e-300], units: 'C' },
        shutter: { timestamps: [start + 1, start + 2], values: [0, 1] },
      },
    })
    await series.run(dataId, { channelName: 'flux', data: [[[start], [-0.25]]] })
    await series.finalize(dataId)
    await series.close()
    const { arrays, attributes } = await zarr.read(path)
    expect(attributes).toMatchObject({ data_id: dataId, name: 'shutters' })
    const channel = (name: string) => [
      float64s(arrays.get(`${name}/timestamps`)!),
      float64s(arrays.get(`${name}/values`)!),
      arrays.get(`${name}/values`)!.attributes.units,
    ]
    expect(channel('temperature')).toEqual([[start, start + 0.1, start + 1], [0.5, Number.NaN, 1e-300], 'C'])
    expect(channel('shutter')).toEqual([[start + 1, start + 2], [0, 1], undefined])
    expect(channel('flux')).toEqual([[start], [-0.25], undefined])
  })
})

/** Stream a movie in chunks of 8, the last of 2; every chunk must be proved to be stored. */
async function stream(data: Uint8Array<ArrayBuffer>): Promise<Receipt> {
  const dataId = await streamer.initialize({ fps: 4, rotationsPerMin: 0, chunkSize: CHUNK })
  for (let index = 0; index * CHUNK < FRAMES; index++) {
    const frames = framesOf({ ...movie, data }, index * CHUNK, Math.min((index + 1) * CHUNK, FRAMES))
    streamer.push(dataId, index, frames, { captureStartMs: 1_700_000_000_000 + 2000 * index })
  }
  const receipt = await streamer.finalize(dataId)
  expect(receipt.chunks.map(({ state, proof }) => [state, proof])).toEqual(
    new Array(4).fill(['stored', 'md5']),
  )
  expect(receipt.totals.framesStored).toBe(FRAMES)
  return receipt
}

function pathOf(dataId: string): string {
  return join(server.store, dataId, 'frames.zarr')
}
