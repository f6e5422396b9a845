import { type Receipt, RHEEDStreamer, type RHEEDStreamOptions, type RunItem, type Stack } from 'framewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inCOrder, type NumpyArray } from '../interop/npy.js'
import { decodeShard } from '../interop/zarrita.js'
import { lineOf, steps } from './compare.js'
import { DIFFERENCES } from './differences.js'
import { generated, pushes } from './pushes.js'
import { type RecordedCall, type Recording, recording } from './recording.js'
import { CLOCK_AHEAD_MS, type ReplayServer, type SeenRequest, startReplay } from './replay-server.js'

/** One recorded call, made of this client: what it answered or threw. */
interface Outcome {
  returned?: unknown
  thrown?: unknown
}

/** The scenarios whose calls can be made as they are recorded. */
const SCENARIOS = [
  'rheed-all-options',
  'rheed-stationary-defaults',
  'rheed-blank-values',
  'rheed-samples',
  'rheed-real-crop',
  'rheed-dtypes-and-errors',
  'rheed-run-generator',
]

/** With which code this client refuses what the other one refused with these words; `undefined`: not an error of its own. */
const REFUSALS: readonly (readonly [words: RegExp, code: string | undefined])[] = [
  [/^initialize.*chunk_size must be at least/, 'stream/option'],
  [/^initialize.*azimuth is for parked streams/, 'stream/option'],
  [/^initialize.*negative int/, 'stream/option'],
  [/^initialize.*with id '00000000-[-0-9]+' not found/, 'link/not-found'],
  [/^initialize.*was created but could not be linked, so it was ended/, 'link/failed'],
  [/^push (?:1d|4d).*frames must be \(H,W\) or \(N,H,W\)/, 'frames/rank'],
  [/^push 4d rgb/, 'frames/rank'],
  [/^push empty/, 'frames/empty'],
  [/^push negative idx.*negative int/, 'stream/chunk-index'],
  [/^push float capture_start/, 'stream/option'],
  [/^push after finalize/, 'stream/finalized'],
  [/^(?:push unknown id|finalize unknown).*no stream initialized/, 'stream/unknown-id'],
  [/^run bad start/, 'stream/option'],
  [/^run bad item/, 'frames/rank'],
  [/^run raising.*boom in the iterator/, undefined],
]

describe.each(SCENARIOS)('%s', (scenario) => {
  const recorded = recording(scenario)
  const differences = DIFFERENCES.filter((difference) => difference.scenario === scenario)
  const outcomes: Outcome[] = []
  let server: ReplayServer
  let seen: SeenRequest[]

  beforeAll(async () => {
    server = await startReplay(recorded.requests)
    const streamer = new RHEEDStreamer({
      apiKey: 'golden-key',
      endpoint: `${server.root}/`,
      verbosity: 0,
      clockSync: false,
      maxWorkers: 1,
    })
    for (const call of recorded.calls) outcomes.push(await outcome(() => perform(streamer, recorded, call)))
    // The other client has nothing like close, which ends the streams that were left open.
    seen = [...server.seen]
    await streamer.close()
  })
  afterAll(() => server?.close())

  it('sends the same requests, byte for byte', () => {
    const unsent = differences.flatMap((difference) => difference.unsent ?? [])
    const sent = differences.flatMap((difference) => difference.sent ?? [])
    const expected = steps(recorded.requests.filter(({ seq }) => !unsent.includes(seq)))
    for (const line of sent) {
      const group = expected.findLast(({ step }) => step === 'chunk')!
      group.lines.push(line)
      group.lines.sort()
    }
    expect(steps(seen)).toEqual(expected)
  })

  it('sends the key and the content type where the other client does, and nowhere else', () => {
    const told = (headers: Record<string, string>) => [headers['x-api-key'], headers['content-type']]
    const known = new Map(
      recorded.requests.map((request) => [lineOf(request), told(Object.fromEntries(request.headers))]),
    )
    for (const request of seen) {
      const expected = request.method === 'PUT' ? [undefined, ''] : known.get(lineOf(request))
      if (expected) expect(told(request.headers), lineOf(request)).toEqual(expected)
      // An object store refuses a chunked body.
      if (request.method === 'PUT')
        expect(request.headers['content-length']).toBe(String(request.bytes.length))
    }
  })

  it('refuses what the other client refuses, and beyond that only what the table says', () => {
    const expected = recorded.calls.map(({ call, raised, message }, at) => {
      const difference = differences.find(({ calls }) => calls.includes(at))
      if (difference?.accepted) return 'accepted'
      if (difference?.refusedAs) return difference.refusedAs
      return raised ? REFUSALS.find(([words]) => words.test(`${call}: ${message}`))![1] : 'accepted'
    })
    const actual = outcomes.map((result) =>
      'thrown' in result ? (result.thrown as { code?: string }).code : 'accepted',
    )
    expect(actual).toEqual(expected)
  })

  it('answers the same data ids', () => {
    const ids = (list: readonly { returned?: unknown }[]) =>
      list.map(({ returned }) => returned).filter((returned) => typeof returned === 'string')
    const refused = new Set(differences.filter(({ refusedAs }) => refusedAs).flatMap(({ calls }) => calls))
    expect(ids(outcomes)).toEqual(ids(recorded.calls.filter((_, at) => !refused.has(at))))
  })

  it('sends shards that hold the frames as they were given', async () => {
    const frames = framesByIndex(recorded)
    for (const put of seen.filter(({ method }) => method === 'PUT')) {
      const claim = claimOf(seen, put)
      const dims = claim.dims!.split(',').map(Number) as [number, number, number]
      const expected = frames.get(`${claim.data_id} ${indexOf(put.target)}`)
      expect(expected, put.target).toBeDefined()
      expect(Buffer.compare(await decodeShard(put.bytes, dims), expected!), put.target).toBe(0)
    }
  })

  it('accounts for every chunk on the receipt', () => {
    const receipts = outcomes.map(receiptOf).filter((receipt) => receipt !== undefined)
    const puts = seen.filter(({ method }) => method === 'PUT')
    const stored = new Map(receipts.map((receipt) => [receipt.dataId, receipt.totals.stored]))
    expect([...stored.values()].reduce((sum, chunks) => sum + chunks, 0)).toBe(puts.length)
    for (const { finalized, chunks } of receipts) {
      expect(finalized).toBe(true)
      for (const { state, proof } of chunks)
        expect({ state, proof }).toEqual({ state: 'stored', proof: 'md5' })
    }
  })
})

describe('rheed-run-generator, its repeated index', () => {
  it('names the refused chunk on the receipt', async () => {
    const recorded = recording('rheed-run-generator')
    const server = await startReplay(recorded.requests)
    const streamer = new RHEEDStreamer({
      apiKey: 'golden-key',
      endpoint: server.root,
      verbosity: 0,
      clockSync: false,
      maxWorkers: 1,
    })
    const results: Outcome[] = []
    for (const call of recorded.calls) results.push(await outcome(() => perform(streamer, recorded, call)))
    await streamer.close()
    await server.close()
    const receipt = receiptOf(results.at(-1)!)!
    expect(receipt.refused.map(({ index, error }) => [index, error.code])).toEqual([
      [0, 'stream/chunk-reused'],
    ])
  })
})

describe('rheed-clock-corrected', () => {
  it('corrects capture times by the clock of the service and says by how much', async () => {
    const recorded = recording('rheed-clock-corrected')
    const server = await startReplay(recorded.requests)
    const streamer = new RHEEDStreamer({
      apiKey: 'golden-key',
      endpoint: server.root,
      verbosity: 0,
      maxWorkers: 1,
    })
    const calls = recorded.calls.slice(0, 5).filter(({ call }) => /^(initialize|push|finalize)/.test(call))
    for (const call of calls) await perform(streamer, recorded, call)
    const pushedBy = Date.now()
    await streamer.close()
    await server.close()

    const masked = ({ body, ...request }: { method: string; target: string; body: string | null }) => ({
      ...request,
      body:
        body?.replace(/"((?:start|end)_unix_ms_utc|clock_(?:offset|uncertainty)_ms)":"[^"]+"/g, '"$1":"*"') ??
        null,
    })
    const expected = recorded.requests.filter(({ target }) => !target.startsWith('/tool-state'))
    // Of the four samples of the clock, those of the first seconds.
    const once = server.seen.filter(
      (seen, at, all) => all.findIndex(({ target }) => target === seen.target) === at,
    )
    expect(steps(once.map(masked))).toEqual(steps(expected.map(masked)))
    const time = server.seen.find(({ target }) => target === '/gateway/time')!
    expect(time.headers).not.toHaveProperty('x-api-key')
    expect(time.headers['cache-control']).toBe('no-store')

    const [first, second] = server.seen
      .filter(({ target }) => target.includes('upload_urls'))
      .map(({ body }) => JSON.parse(body!) as Record<string, string>)
      .sort((a, b) => Number(a.start_unix_ms_utc) - Number(b.start_unix_ms_utc))
    const offset = Number(first!.clock_offset_ms)
    expect(first!.clock_offset_ms).toMatch(/^\d+$/)
    expect(first!.clock_uncertainty_ms).toMatch(/^\d+\.\d$/)
    expect(Math.abs(offset - CLOCK_AHEAD_MS)).toBeLessThanOrEqual(Number(first!.clock_uncertainty_ms) + 1)
    expect(Number(first!.start_unix_ms_utc)).toBe(1700000000000 + offset)
    expect(Number(first!.end_unix_ms_utc)).toBe(1700000002000 + offset)
    // Sampled when push was entered, less the duration of 8 frames at 4 fps.
    const sampled = Number(second!.start_unix_ms_utc) - offset + 2000
    expect(sampled).toBeLessThanOrEqual(pushedBy + 1)
    expect(sampled).toBeGreaterThan(pushedBy - 60_000)
    expect(Number(second!.end_unix_ms_utc) - Number(second!.start_unix_ms_utc)).toBe(2000)
  })
})

describe('rheed-env-endpoint', () => {
  it('reads AS_API_ENDPOINT, as documented, where the other client dials the production service', async () => {
    const server = await startReplay(recording('rheed-real-crop').requests)
    const before = process.env.AS_API_ENDPOINT
    process.env.AS_API_ENDPOINT = `${server.root}//`
    try {
      const streamer = new RHEEDStreamer({
        apiKey: 'golden-key',
        verbosity: 0,
        clockSync: false,
        maxWorkers: 1,
      })
      const dataId = await streamer.initialize({
        fps: 4,
        rotationsPerMin: 0,
        chunkSize: 8,
        streamName: 'real crop',
      })
      await streamer.finalize(dataId)
      await streamer.close()
      expect(server.seen.map(lineOf)).toEqual([
        'POST /rheed/stream/ {"data_item_name":"real crop","rotational_period":null,"rotations_per_min":0.0,"fps_capture_rate":4.0}',
        `POST /rheed/stream/${dataId}/end`,
      ])
    } finally {
      if (before === undefined) delete process.env.AS_API_ENDPOINT
      else process.env.AS_API_ENDPOINT = before
      await server.close()
    }
  })
})

/** Make one recorded call of this client. Arguments that its types rule out are passed on all the same. */
async function perform(streamer: RHEEDStreamer, recorded: Recording, made: RecordedCall): Promise<unknown> {
  const { call, args, kwargs } = made
  switch (call.split(' ')[0]) {
    case 'initialize': {
      const [fps, rotationsPerMin, chunkSize] = args
      const options = Object.entries({ fps, rotationsPerMin, chunkSize, ...kwargs })
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => [name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), value])
      return streamer.initialize(Object.fromEntries(options) as RHEEDStreamOptions)
    }
    case 'push': {
      const { dataId, index, array, captureStartMs } = pushes(recorded).find(
        ({ call }) => recorded.calls[call] === made,
      )!
      streamer.push(dataId, index, stackOf(array), { captureStartMs })
      return undefined
    }
    case 'run':
      return streamer.run(args[0] as string, itemsOf(made), { pace: 'none' })
    case 'finalize':
      return streamer.finalize(args[0] as string)
    default:
      throw new Error(`cannot make the call ${call}`)
  }
}

/** The receipt that `finalize` answered, or put into its error. */
function receiptOf({ returned, thrown }: Outcome): Receipt | undefined {
  const receipt = (returned ?? (thrown as { details?: { receipt?: unknown } })?.details?.receipt) as
    | Receipt
    | undefined
  return receipt?.chunks && receipt
}

async function outcome(perform: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { returned: await perform() }
  } catch (thrown) {
    return { thrown }
  }
}

/** What the generators of `rheed-run-generator` yield. */
function* itemsOf(made: RecordedCall): Generator<RunItem> {
  for (const { array, captureStartMs } of generated(made)) yield [stackOf(array), captureStartMs]
  if (made.call === 'run bad start')
    yield [stackOf(generated({ ...made, call: 'run' })[0]!.array), 'x'] as unknown as RunItem
  if (made.call === 'run bad item') yield 'x' as unknown as RunItem
  if (made.call === 'run raising') throw new Error('boom in the iterator')
}

const ARRAYS = {
  '|u1': [Uint8Array, 'uint8'],
  '|b1': [Uint8Array, 'bool'],
  '<u2': [Uint16Array, 'uint16'],
  '>u2': [Uint16Array, 'uint16'],
  '<i4': [Int32Array, 'int32'],
  '<f4': [Float32Array, 'float32'],
  '<f8': [Float64Array, 'float64'],
} as const

function stackOf({ descr, fortran, shape, bytes }: NumpyArray): Stack {
  const [TypedArray, dtype] = ARRAYS[descr as keyof typeof ARRAYS]
  return {
    data: new TypedArray(bytes.buffer),
    shape,
    dtype,
    order: fortran ? 'F' : 'C',
    byteOrder: descr[0] === '>' ? 'big' : 'little',
  }
}

/** The pixels that were pushed, by data id and index; the first accepted push of an index counts. */
function framesByIndex(recorded: Recording): Map<string, Uint8Array> {
  const frames = new Map<string, Uint8Array>()
  const refused = DIFFERENCES.filter(({ scenario, refusedAs }) => scenario === recorded.scenario && refusedAs)
  for (const { call, dataId, index, array } of pushes(recorded)) {
    if (refused.some(({ calls }) => calls.includes(call)) || frames.has(`${dataId} ${index}`)) continue
    frames.set(`${dataId} ${index}`, inCOrder(array))
  }
  return frames
}

/** The chunk index in the target of a PUT. */
function indexOf(target: string): number {
  return Number(/\/c\/(\d+)\/0\/0/.exec(target)![1])
}

/** The claim that a PUT belongs to: the upload URL that was asked for its index, and that answered this URL. */
function claimOf(seen: readonly SeenRequest[], put: SeenRequest): Record<string, string> {
  const before = seen.slice(0, seen.indexOf(put))
  const asked = `frames.zarr%2Fframes%2Fc%2F${indexOf(put.target)}%2F0%2F0&`
  return JSON.parse(before.findLast(({ target }) => target.includes(asked))!.body!)
}
