import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { float64s, inCOrder } from '../interop/npy.js'
import { describeWithPython, ZarrPython } from '../interop/python.js'
import { startServer, type TestServer } from '../interop/server.js'
import { readWithZarrita } from '../interop/zarrita.js'
import { pushes } from './pushes.js'
import { type RecordedRequest, type Recording, recording } from './recording.js'

/**
 * What our server answers otherwise than the recorded one, by `seq`, and why. The recorded one took everything, but
 * for the links that it was told to fail.
 */
const ANSWERED_OTHERWISE: Record<string, { seq: number; status: number; why: string }[]> = {
  'rheed-dtypes-and-errors': [
    { seq: 22, status: 422, why: 'a chunk of 6 frames does not fit a grid of 4' },
    { seq: 24, status: 409, why: 'frames of 8 x 24 do not fit an array of 16 x 16' },
  ],
  'rheed-samples': [17, 22, 27].map((seq) => ({ seq, status: 200, why: 'the failure was injected' })),
  'timeseries-defaults': [{ seq: 9, status: 200, why: 'the failure was injected' }],
}

const SCENARIOS = [
  'rheed-all-options',
  'rheed-stationary-defaults',
  'rheed-blank-values',
  'rheed-clock-corrected',
  'rheed-samples',
  'rheed-real-crop',
  'rheed-dtypes-and-errors',
  'rheed-run-generator',
  'timeseries-all-options',
  'timeseries-defaults',
]

/** A scenario as our server answered it. */
interface Replayed {
  /** By `seq`; a request that could not be made, as what it needs was refused, has none. */
  statuses: [seq: number, status: number | undefined][]
  /** Our ids and upload URLs for the recorded ones. */
  ours: Map<string, string>
}

let server: TestServer
const replays = new Map<string, Replayed>()

beforeAll(async () => {
  server = await startServer('golden-key')
  for (const [target, name] of [
    ['/physical_samples/', 'GaN-001'],
    ['/tags/', 'Sapphire'],
  ] as const) {
    const headers = { 'x-api-key': 'golden-key', 'content-type': 'application/json' }
    await fetch(server.url + target, { method: 'POST', headers, body: JSON.stringify({ name }) })
  }
  for (const scenario of SCENARIOS) replays.set(scenario, await replay(recording(scenario)))
})
afterAll(() => server?.close())

describe.each(SCENARIOS)('the recorded requests of %s', (scenario) => {
  it('are answered as recorded', () => {
    const otherwise = ANSWERED_OTHERWISE[scenario] ?? []
    const expected = recording(scenario).requests.map(({ seq, status }) => {
      // The shard of a chunk that was refused has no URL to go to.
      if (otherwise.some((entry) => entry.seq + 1 === seq && entry.status >= 400)) return [seq, undefined]
      return [seq, otherwise.find((entry) => entry.seq === seq)?.status ?? status]
    })
    expect(replays.get(scenario)!.statuses).toEqual(expected)
  })
})

/** A stream whose chunks were stored, with what must be read back. */
interface ExpectedStream {
  id: string
  shape: [number, number, number]
  chunkSize: number
  chunks: ExpectedChunk[]
}

interface ExpectedChunk {
  /** Number of its first frame in the stream. */
  first: number
  frames: number
  startUnixMs: number
  fps: number
  /** None where the other client did not send what it was given (cast or scrambled pixels). */
  pixels?: Uint8Array
}

const STREAMS = SCENARIOS.filter((scenario) =>
  recording(scenario).requests.some(({ method }) => method === 'PUT'),
)

describeWithPython('what was stored, read by zarr-python', () => {
  const python = new ZarrPython()
  afterAll(() => python.close())

  it.each(STREAMS)('equals the input of %s', async (scenario) => {
    for (const stream of expectedStreams(scenario)) {
      const { arrays } = await python.read(join(server.store, stream.id, 'frames.zarr'))
      const frames = arrays.get('frames')!
      const present = arrays.get('present')!
      const times = float64s(arrays.get('time_unix_ms')!)
      const [length, height, width] = stream.shape
      expect([frames.descr, frames.shape, frames.chunks]).toEqual([
        '|u1',
        stream.shape,
        [stream.chunkSize, height, width],
      ])
      expect(checkPixels(stream, inCOrder(frames))).toBeGreaterThan(0)

      const expectedPresent = new Uint8Array(length)
      const expectedTimes = new Array<number>(length).fill(Number.NaN)
      for (const { first, frames: count, pixels, startUnixMs, fps } of stream.chunks) {
        for (let i = 0; i < count; i++) {
          const frame = pixels?.subarray(i * height * width, (i + 1) * height * width)
          // The other client leaves a frame out that is all zero; where it casts pixels, any may be.
          const leftOut = frame ? frame.every((value) => value === 0) : present.bytes[first + i] === 2
          expectedPresent[first + i] = leftOut ? 2 : 1
          expectedTimes[first + i] = startUnixMs + (i * 1000) / fps
        }
      }
      expect(Array.from(present.bytes)).toEqual(Array.from(expectedPresent))
      expect(times).toEqual(expectedTimes)
    }
  })

  it('has the scalar channels of timeseries-all-options', async () => {
    const { ours } = replays.get('timeseries-all-options')!
    const { arrays, attributes } = await python.read(
      join(server.store, ours.get('7e7e7e7e-0000-4000-8000-000000000002')!, 'series.zarr'),
    )
    expect(attributes.name).toBe('MBE growth - temperature log')
    const channel = (name: string) => ({
      timestamps: float64s(arrays.get(`${name}/timestamps`)!),
      values: float64s(arrays.get(`${name}/values`)!),
      units: arrays.get(`${name}/values`)!.attributes.units,
    })
    expect(channel('temperature')).toEqual({
      timestamps: [1700000000, 1700000000.1, 1700000001, 1700000002, 1700000003, 1700000003.1],
      values: [25, 25.1, 25, 26.5, 25, 25.1],
      units: 'C',
    })
    expect(channel('pressure')).toEqual({
      timestamps: [1700000003, 1700000003.1],
      values: [1e-9, 1.1],
      units: undefined,
    })
    expect(channel('a')).toEqual({ timestamps: [1, 2], values: [3, 4], units: undefined })
    // NaN and infinity travel as null; index 8 follows them.
    expect(channel('n')).toEqual({
      timestamps: [1, 2, 1, 2],
      values: [Number.NaN, Number.NaN, 1, 2],
      units: undefined,
    })
    expect(channel('flux')).toEqual({ timestamps: [1, 2, 5], values: [3, 4, 6], units: 'nm' })
    expect(channel('e').values).toEqual([])
  })
})

describe('what was stored, read by zarrita', () => {
  it.each(STREAMS)('equals the input of %s', async (scenario) => {
    for (const stream of expectedStreams(scenario)) {
      const { shape, data } = await readWithZarrita(join(server.store, stream.id, 'frames.zarr'), 'frames')
      expect(shape).toEqual(stream.shape)
      expect(checkPixels(stream, data as Uint8Array)).toBeGreaterThan(0)
    }
  })
})

/** Compare what was read with the input, frame for frame; frames that never came read as zeros. Answers how many. */
function checkPixels({ shape, chunks }: ExpectedStream, read: Uint8Array): number {
  const [length, height, width] = shape
  let compared = 0
  for (let frame = 0; frame < length; frame++) {
    const chunk = chunks.find(({ first, frames }) => frame >= first && frame < first + frames)
    if (chunk && !chunk.pixels) continue
    const size = height * width
    const pixels = chunk?.pixels?.subarray((frame - chunk.first) * size, (frame - chunk.first + 1) * size)
    const same = Buffer.compare(
      read.subarray(frame * size, (frame + 1) * size),
      pixels ?? new Uint8Array(size),
    )
    expect(same, `frame ${frame}`).toBe(0)
    compared++
  }
  return compared
}

/** What the streams of a scenario must hold, from its claims and from the arrays that its calls were given. */
function expectedStreams(scenario: string): ExpectedStream[] {
  const recorded = recording(scenario)
  const { ours, statuses } = replays.get(scenario)!
  const accepted = new Set(statuses.filter(([, status]) => status === 200).map(([seq]) => seq))
  const given = pushes(recorded).filter(
    ({ call }) => !recorded.calls[call]!.raised || recorded.calls[call]!.call === 'run raising',
  )
  const streams = new Map<string, Map<number, { claim: Record<string, string>; pixels?: Uint8Array }>>()
  for (const { seq, target, body } of recorded.requests) {
    if (!target.includes('upload_urls') || !accepted.has(seq)) continue
    const claim = JSON.parse(body!) as Record<string, string>
    const index = Number(/c%2F(\d+)%2F/.exec(target)![1])
    const at = given.findIndex((push) => push.dataId === claim.data_id && push.index === index)
    const [{ array }] = given.splice(at, 1) as [(typeof given)[number]]
    const asGiven = array.descr === '|u1' && !array.fortran
    const chunks = streams.get(claim.data_id!) ?? new Map()
    streams.set(claim.data_id!, chunks)
    // Once more with the same index replaces.
    chunks.set(index, { claim, pixels: asGiven ? array.bytes : undefined })
  }
  return [...streams].map(([id, chunks]) => {
    const [last, { claim }] = [...chunks].sort(([a], [b]) => a - b).at(-1)!
    const chunkSize = Number(claim.chunk_size)
    const [lastFrames, height, width] = claim.dims!.split(',').map(Number) as [number, number, number]
    return {
      id: ours.get(id)!,
      shape: [last * chunkSize + lastFrames, height, width],
      chunkSize,
      chunks: [...chunks].map(([index, { claim, pixels }]) => ({
        first: index * chunkSize,
        frames: Number(claim.dims!.split(',')[0]),
        startUnixMs: Number(claim.start_unix_ms_utc),
        fps: Number(claim.raw_frame_rate),
        pixels,
      })),
    }
  })
}

/** Send the recorded requests of a scenario, with our ids and URLs where theirs stood. */
async function replay(recorded: Recording): Promise<Replayed> {
  const ours = new Map<string, string>()
  const statuses: Replayed['statuses'] = []
  const mapped = (text: string) => [...ours].reduce((all, [theirs, our]) => all.replaceAll(theirs, our), text)
  for (const request of recorded.requests) {
    const target = request.method === 'PUT' ? ours.get(`{root}${request.target}`) : mapped(request.target)
    if (target === undefined) {
      statuses.push([request.seq, undefined])
      continue
    }
    const body = request.body_file ? recorded.shard(request) : request.body && mapped(request.body)
    const answer = await send(request, target.replace(server.url, ''), body)
    statuses.push([request.seq, answer.status])
    if (answer.status === 200) learn(ours, request.answer, answer.text)
  }
  return { statuses, ours }
}

/** Note which of our ids and URLs stand for which of theirs, by where they stand in the two answers. */
function learn(ours: Map<string, string>, theirAnswer: string, ourAnswer: string): void {
  if (theirAnswer === '') return
  const their = JSON.parse(theirAnswer)
  const our = JSON.parse(ourAnswer)
  if (typeof their === 'string') ours.set(their, our)
  else if (Array.isArray(their) && their[0]?.name) {
    const ids = new Map((our as { id: string; name: string }[]).map(({ id, name }) => [name, id]))
    for (const { id, name } of their) ours.set(id, ids.get(name)!)
  } else {
    const [from, to] = [their, our].map((answer) => (Array.isArray(answer) ? answer[0] : answer))
    for (const [member, value] of Object.entries(from as Record<string, string>)) {
      const found = to[member] ?? (member === 'physical_sample_id' ? to.id : undefined)
      if (/^url$|id$/.test(member)) ours.set(value, found)
    }
  }
}

/** One request with the recorded headers, as fetch would not send some of them (the empty content type). */
function send(
  recorded: RecordedRequest,
  path: string,
  body: string | Uint8Array | null,
): Promise<{ status: number; text: string }> {
  const { host, 'content-length': _, ...headers } = Object.fromEntries(recorded.headers)
  if (body !== null) headers['content-length'] = String(Buffer.byteLength(body))
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, method: recorded.method, headers }, async (answer) => {
      const pieces: Buffer[] = []
      for await (const piece of answer) pieces.push(piece as Buffer)
      resolve({ status: answer.statusCode!, text: Buffer.concat(pieces).toString() })
    })
      .on('error', reject)
      .end(body ?? undefined)
  })
}
