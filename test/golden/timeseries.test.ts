import { TimeseriesStreamer } from 'framewire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { float64s } from '../interop/npy.js'
import { steps } from './compare.js'
import { DIFFERENCES } from './differences.js'
import { type RecordedCall, type Recording, recording } from './recording.js'
import { CLOCK_AHEAD_MS, type ReplayServer, startReplay } from './replay-server.js'

type Points = { timestamps: number[]; values: number[]; units?: string }

/** Points per chunk that the recorded streamers were constructed with. */
const POINTS_PER_CHUNK: Record<string, number | undefined> = { 'timeseries-all-options': 50 }

/** With which code this client refuses what the other one refused with these words. */
const REFUSALS: readonly (readonly [words: RegExp, code: string])[] = [
  [/'units' must be a string/, 'series/points'],
  [/timestamps and values must have the same length/, 'series/points'],
  [/missing 'values' key/, 'series/points'],
  [/with id '00000000-[-0-9]+' not found/, 'link/not-found'],
  [/was created but could not be linked, so it was ended/, 'link/failed'],
]

describe.each(['timeseries-all-options', 'timeseries-defaults'])('%s', (scenario) => {
  const recorded = recording(scenario)
  const differences = DIFFERENCES.filter((difference) => difference.scenario === scenario)
  const outcomes: ({ returned: unknown } | { thrown: Error & { code?: string } })[] = []
  let server: ReplayServer
  let seen: ReplayServer['seen']

  beforeAll(async () => {
    server = await startReplay(recorded.requests)
    const streamer = new TimeseriesStreamer({
      apiKey: 'golden-key',
      endpoint: server.root,
      pointsPerChunk: POINTS_PER_CHUNK[scenario],
      verbosity: 0,
      clockSync: false,
    })
    for (const call of recorded.calls) {
      try {
        outcomes.push({ returned: await perform(streamer, recorded, call) })
      } catch (thrown) {
        outcomes.push({ thrown: thrown as Error })
      }
    }
    seen = [...server.seen]
    await streamer.close()
  })
  afterAll(() => server?.close())

  it('sends the same requests, byte for byte', () => {
    const unsent = differences.flatMap((difference) => difference.unsent ?? [])
    expect(steps(seen)).toEqual(steps(recorded.requests.filter(({ seq }) => !unsent.includes(seq))))
  })

  it('sends the chunks of each channel in order of their index', () => {
    const last = new Map<string, number>()
    for (const { target, body } of seen.filter(({ target }) => target.includes('/chunk'))) {
      const { chunk_index, channel_name, channels, data_id } = JSON.parse(body!)
      for (const channel of target.endsWith('/multi') ? Object.keys(channels) : [channel_name]) {
        const key = `${data_id} ${channel}`
        expect(chunk_index).toBeGreaterThan(last.get(key) ?? -1)
        last.set(key, chunk_index)
      }
    }
    expect(last.size).toBeGreaterThan(0)
  })

  it('refuses what the other client refuses, with a code, and beyond that only what the table says', () => {
    const expected = recorded.calls.map(({ raised, message }, at) => {
      const difference = differences.find(({ calls }) => calls.includes(at))
      if (difference?.refusedAs) return difference.refusedAs
      return raised ? REFUSALS.find(([words]) => words.test(message!))![1] : 'accepted'
    })
    expect(outcomes.map((result) => ('thrown' in result ? result.thrown.code : 'accepted'))).toEqual(expected)
  })

  it('says what is wrong with points in the same words', () => {
    recorded.calls.forEach(({ message }, at) => {
      const said = outcomes[at]!
      if (!message?.includes('same length') || differences.some(({ calls }) => calls.includes(at))) return
      expect('thrown' in said && said.thrown.message).toContain(message)
    })
  })
})

describe('rheed-clock-corrected, its scalar stream', () => {
  it('corrects time stamps by the clock of the service', async () => {
    const recorded = recording('rheed-clock-corrected')
    const server = await startReplay(recorded.requests)
    const streamer = new TimeseriesStreamer({ apiKey: 'golden-key', endpoint: server.root, verbosity: 0 })
    const dataId = await streamer.initialize()
    // The recorded client had measured the clock by then; a second sample says that the first was taken in.
    const samples = () => server.seen.filter(({ target }) => target === '/gateway/time').length
    await expect.poll(samples, { timeout: 20_000 }).toBeGreaterThan(1)
    streamer.push(dataId, {
      chunkIndex: 0,
      channelName: 'T',
      timestamps: [1700000000, 1700000000.25],
      values: [1, 2],
    })
    await streamer.finalize(dataId)
    await streamer.close()
    await server.close()

    const masked = ({ body, ...request }: { method: string; target: string; body: string | null }) => ({
      ...request,
      body: body?.replace(/"timestamps":\[[^\]]+\]/, '"timestamps":[]') ?? null,
    })
    const scalar = ({ target }: { target: string }) => target.startsWith('/tool-state')
    expect(steps(server.seen.filter(scalar).map(masked))).toEqual(
      steps(recorded.requests.filter(scalar).map(masked)),
    )
    const [first, second] = JSON.parse(
      server.seen.find(({ target }) => target.endsWith('/chunk'))!.body!,
    ).timestamps
    expect(Math.abs(first - 1700000000 - CLOCK_AHEAD_MS / 1000)).toBeLessThan(1)
    expect(second - first).toBeCloseTo(0.25, 6)
  })
})

/** Make one recorded call of this client. Arguments that its types rule out are passed on all the same. */
async function perform(
  streamer: TimeseriesStreamer,
  recorded: Recording,
  { call, args, kwargs }: RecordedCall,
) {
  const [dataId, ...rest] = args as [string, ...unknown[]]
  const options = Object.fromEntries(
    Object.entries(kwargs).map(([name, value]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      value ?? undefined,
    ]),
  )
  switch (call.split(' ')[0]) {
    case 'initialize':
      return streamer.initialize(options)
    case 'push': {
      const [chunkIndex, channelName, timestamps, values] = rest
      const points = { timestamps: listOf(recorded, timestamps), values: listOf(recorded, values) }
      streamer.push(dataId, { chunkIndex, channelName, ...points, ...options } as never)
      return
    }
    case 'push_multi': {
      const channels = Object.entries(rest[1] as Record<string, Points>).map(([name, points]) => [
        name,
        {
          ...points,
          timestamps: listOf(recorded, points.timestamps),
          values: listOf(recorded, points.values),
        },
      ])
      streamer.pushMulti(dataId, { chunkIndex: rest[0] as number, channels: Object.fromEntries(channels) })
      return
    }
    case 'run':
      return streamer.run(dataId, { channelName: rest[0] as string, data: itemsOf(call), ...options })
    case 'finalize':
      await streamer.finalize(dataId)
      return
    default:
      throw new Error(`cannot make the call ${call}`)
  }
}

/** What the generators of the recorded `run` calls yielded. */
function* itemsOf(call: string): Generator<[number[], number[]]> {
  yield [
    [1, 2],
    [3, 4],
  ]
  yield [[5], call === 'run' ? [6] : [6, 7]]
}

/** A list, or a recorded numpy array as the typed array that a caller would have. */
function listOf(recorded: Recording, given: unknown): ArrayLike<number> | undefined {
  return typeof given === 'string' ? Float64Array.from(float64s(recorded.array(given))) : (given as number[])
}
