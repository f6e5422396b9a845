import { afterEach, describe, expect, it, vi } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import type { HttpAnswer, HttpTransport } from '../../../ts/upload/http.js'
import { clockSyncSkipped, ServerClock } from '../../../ts/upload/server-clock.js'
import { HastyClock } from './hasty-clock.js'

/** A service whose clock is ahead by `aheadMs`; the ways there and back take so long. */
function service(trips: { outMs: number; backMs: number; answer?: Partial<HttpAnswer> }[], aheadMs: number) {
  const seen: { url: string; headers: Readonly<Record<string, string>> | undefined }[] = []
  let now = 5_000
  const clock = new HastyClock()
  clock.now = () => now
  clock.wall = () => 1_700_000_000_000 + now
  const transport: HttpTransport = async ({ url, headers }) => {
    const { outMs, backMs, answer } = trips[seen.length] ?? { outMs: 1, backMs: 1 }
    seen.push({ url, headers })
    now += outMs
    const received = clock.wall() + aheadMs
    now += 3 // of work
    const transmitted = clock.wall() + aheadMs
    now += backMs
    const text = JSON.stringify({ receivedAtUnixMs: received, transmittedAtUnixMs: transmitted })
    return { status: 200, headers: {}, text, ...answer }
  }
  const api = new IngestApi({ apiKey: 'k', endpoint: 'http://x/', transport, clock })
  return { api, seen, clock, measure: new ServerClock(api), later: (ms: number) => (now += ms) }
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 20))

afterEach(() => {
  vi.unstubAllEnvs()
})

describe("the service's clock", () => {
  it('is measured four times, two seconds apart, without the key; the shortest round trip counts', async () => {
    const trips = [
      { outMs: 40, backMs: 0 },
      { outMs: 1, backMs: 2 },
      { outMs: 0, backMs: 90 },
      { outMs: 30, backMs: 5 },
    ]
    const { measure, seen, clock } = service(trips, 5_000)
    measure.use()
    await rest()
    expect(seen).toEqual(
      Array(4).fill({ url: 'http://x/gateway/time', headers: { 'cache-control': 'no-store' } }),
    )
    expect(clock.waits).toEqual([2_000, 2_000, 2_000])
    // Half of the difference of the ways, 1 ms out and 2 ms back, is what cannot be known.
    expect(measure.offset).toEqual({ offsetMs: 5_000 - 0.5, uncertaintyMs: 1.5 })
  })

  it('is there after the first answer already', async () => {
    const { measure, api } = service([{ outMs: 2, backMs: 2 }], -250)
    api.clock.after = () => () => undefined // no second sample
    measure.use()
    await measure.settled(1e9)
    expect(measure.offset).toEqual({ offsetMs: -250, uncertaintyMs: 2 })
  })

  it.each<[string, Partial<HttpAnswer>]>([
    ['404', { status: 404, text: '{"detail":"Not Found"}' }],
    ['another shape', { text: '{"receivedAtUnixMs":"now"}' }],
    ['no JSON', { text: '<html>' }],
    ['null', { text: 'null' }],
  ])('is not asked again after %s', async (_, answer) => {
    const { measure, seen } = service([{ outMs: 1, backMs: 1, answer }], 0)
    measure.use()
    await measure.settled(1e9)
    await rest()
    expect(seen).toHaveLength(1)
    expect(measure.offset).toBeUndefined()
  })

  it('shows whether the server is our own', async () => {
    const answer = { headers: { 'x-framewire': '1' } }
    const { measure } = service([{ outMs: 1, backMs: 1, answer }], 0)
    measure.use()
    await measure.settled(1e9)
    expect(measure.ours).toBe(true)
  })

  it('is measured once for all streams of a service, and anew when that is long ago', async () => {
    const { api, seen, later } = service([], 0)
    const { transport } = api
    const sibling = new IngestApi({ apiKey: 'other', endpoint: 'http://x', transport })
    const stranger = new IngestApi({ apiKey: 'k', endpoint: 'http://y', transport })
    expect(ServerClock.of(api)).toBe(ServerClock.of(sibling))
    expect(ServerClock.of(api)).not.toBe(ServerClock.of(stranger))
    for (let stream = 0; stream < 3; stream++) {
      ServerClock.of(api).use()()
      await rest()
    }
    const first = seen.length
    expect(first).toBeLessThanOrEqual(4)
    later(3_600_000)
    ServerClock.of(api).use()
    await rest()
    expect(seen.length).toBe(first + 4)
  })

  it('is measured no further when nobody uses it', async () => {
    const { measure, seen } = service([], 0)
    const releases = [measure.use(), measure.use()]
    releases[0]!()
    releases[0]!()
    await rest()
    expect(seen).toHaveLength(4)
    const again = service([], 0)
    again.measure.use()()
    await rest()
    expect(again.seen).toHaveLength(1)
    // Who comes next, even in the same moment, has it measured.
    const third = service([], 0)
    third.measure.use()()
    third.measure.use()
    await rest()
    expect(third.seen).toHaveLength(5)
  })

  it('does not keep the process alive between samples', async () => {
    const { measure, api } = service([], 0)
    const waits: unknown[] = []
    api.clock.after = (ms, _, options) => {
      waits.push([ms, options])
      return () => undefined
    }
    measure.use()
    await rest()
    expect(waits).toEqual([[2_000, { background: true }]])
  })

  it('is left alone where the environment says so', () => {
    vi.stubEnv('ATOMSCALE_SKIP_CLOCK_SYNC', '1')
    expect(clockSyncSkipped()).toBe(true)
    vi.stubEnv('ATOMSCALE_SKIP_CLOCK_SYNC', '0')
    expect(clockSyncSkipped()).toBe(false)
  })
})
