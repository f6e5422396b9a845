import { afterEach, describe, expect, it, vi } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import { faultOf, retryAfterMs } from '../../../ts/upload/fault.js'
import { HastyClock } from './hasty-clock.js'
import { hangUp, Loopback } from './loopback.js'

const servers: Loopback[] = []
async function serve(reply?: Loopback['reply']): Promise<Loopback> {
  const server = await new Loopback(reply).start()
  servers.push(server)
  return server
}

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )
const get = { method: 'GET', path: '/tags/' } as const

describe('the endpoint', () => {
  const root = (endpoint?: string) => new IngestApi({ apiKey: 'k', endpoint }).root

  it('is the production service, AS_API_ENDPOINT, or the one given, without its trailing slashes', () => {
    vi.stubEnv('AS_API_ENDPOINT', '')
    expect(root()).toBe('https://api.atomscale.ai')
    expect(root(' ')).toBe('https://api.atomscale.ai')
    vi.stubEnv('AS_API_ENDPOINT', 'http://lab.example:8000/api//')
    expect(root()).toBe('http://lab.example:8000/api')
    expect(root('http://127.0.0.1:1/')).toBe('http://127.0.0.1:1')
  })

  it.each(['ftp://x', 'lab:8000', 'nothing', 'http://', 'http://user:pw@x/', 'http://x/?a=b'])(
    'refuses %s',
    (endpoint) => {
      expect(() => root(endpoint)).toThrowError(expect.objectContaining({ code: 'stream/option' }))
    },
  )
})

describe('the API key', () => {
  it.each([undefined, '', '  ', 'two words', 'line\nbreak', 'ü', 5])('refuses %j', (apiKey) => {
    expect(() => new IngestApi({ apiKey: apiKey as string })).toThrowError(
      expect.objectContaining({
        code: 'stream/option',
        details: expect.objectContaining({ option: 'apiKey' }),
      }),
    )
  })

  it('goes with every request, without the line end that a file leaves', async () => {
    const server = await serve()
    await new IngestApi({ apiKey: 'secret\n', endpoint: server.root }).send(get)
    expect(server.seen[0]!.headers['x-api-key']).toBe('secret')
  })

  it('is asked of a function once, and again when the service refuses it', async () => {
    const keys = ['old', 'new', 'unused']
    const server = await serve(({ headers }) => ({ status: headers['x-api-key'] === 'new' ? 200 : 401 }))
    const api = new IngestApi({ apiKey: async () => keys.shift()!, endpoint: server.root })
    await Promise.all([api.retry(() => api.send(get)), api.retry(() => api.send(get))])
    await api.send(get)
    expect(server.seen.map(({ headers }) => headers['x-api-key'])).toEqual([
      'old',
      'old',
      'new',
      'new',
      'new',
    ])
  })

  it('that is refused again is upload/unauthorized, tried no further', async () => {
    const server = await serve(() => ({ status: 403 }))
    const api = new IngestApi({ apiKey: () => 'k', endpoint: server.root })
    const error = await failure(api.retry(() => api.send(get)))
    expect(error).toMatchObject({
      code: 'upload/unauthorized',
      details: { status: 403, url: `${server.root}/tags/` },
    })
    expect(server.seen).toHaveLength(2)
  })

  it('that a function cannot give is upload/unauthorized with the reason, and is asked for the next time', async () => {
    const server = await serve()
    const answers: (() => string)[] = [
      () => {
        throw new Error('vault is sealed')
      },
      () => 'k',
    ]
    const api = new IngestApi({ apiKey: () => answers.shift()!(), endpoint: server.root })
    expect(await failure(api.send(get))).toMatchObject({
      code: 'upload/unauthorized',
      cause: { message: 'vault is sealed' },
    })
    expect(server.seen).toHaveLength(0)
    await api.send(get)
    expect(server.seen).toHaveLength(1)
  })

  it('that cannot be renewed leaves the refusal, with the reason', async () => {
    const server = await serve(() => ({ status: 401 }))
    const answers: (() => string)[] = [() => 'k', () => '']
    const api = new IngestApi({ apiKey: () => answers.shift()!(), endpoint: server.root })
    expect(await failure(api.retry(() => api.send(get)))).toMatchObject({
      code: 'upload/unauthorized',
      details: { status: 401 },
      cause: { code: 'stream/option' },
    })
  })

  it('is cut out of what the service says about it', async () => {
    const server = await serve(() => ({ status: 422, body: '{"detail":"key sk-123 may not"}' }))
    const error = await failure(new IngestApi({ apiKey: 'sk-123', endpoint: server.root }).send(get))
    expect(error.details.body).toBe('{"detail":"key *** may not"}')
    expect(error.message).not.toContain('sk-123')
  })
})

describe('trying again', () => {
  it('repeats passing faults with growing waits and honours Retry-After', async () => {
    const replies = [
      hangUp,
      { status: 500 },
      { status: 503, headers: { 'retry-after': '4' } },
      { status: 429 },
      { status: 200 },
    ]
    const server = await serve((_, count) => replies[count - 1]!)
    const clock = new HastyClock()
    const told: number[] = []
    const api = new IngestApi({
      apiKey: 'k',
      endpoint: server.root,
      clock,
      random: () => 1,
      onRetry: (_, waitMs) => told.push(waitMs),
    })
    await api.retry(() => api.send(get))
    expect(clock.waits).toEqual([500, 1000, 4000, 4000])
    expect(told).toEqual(clock.waits)
  })

  it('ends after the retry time with the last error', async () => {
    const server = await serve(() => ({ status: 502 }))
    const clock = new HastyClock()
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root, clock, random: () => 1, retryMs: 12_000 })
    const error = await failure(api.retry(() => api.send(get)))
    expect(error).toMatchObject({ code: 'upload/rejected', details: { status: 502 } })
    expect(clock.waits).toEqual([500, 1000, 2000, 4000])
  })

  it.each([400, 404, 422])('does not repeat a %s', async (status) => {
    const server = await serve(() => ({ status }))
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root })
    expect(await failure(api.retry(() => api.send(get)))).toMatchObject({
      code: 'upload/rejected',
      details: { status },
    })
    expect(server.seen).toHaveLength(1)
  })

  it('stops waiting when the signal fires', async () => {
    const server = await serve(() => ({ status: 503, headers: { 'retry-after': '20' } }))
    const stop = new AbortController()
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root, onRetry: () => stop.abort() })
    expect(await failure(api.retry(() => api.send(get), { signal: stop.signal }))).toMatchObject({
      code: 'stream/aborted',
    })
  })
})

describe('Retry-After', () => {
  const wall = Date.parse('2026-11-21T10:00:00Z')
  const of = (after: string, date?: string) =>
    retryAfterMs({ status: 503, text: '', headers: { 'retry-after': after, ...(date && { date }) } }, wall)

  it.each([
    ['7', undefined, 7000],
    ['0', undefined, 0],
    ['Sat, 21 Nov 2026 10:00:30 GMT', undefined, 30_000],
    // The service's clock is an hour ahead: its own Date counts.
    ['Sat, 21 Nov 2026 11:00:30 GMT', 'Sat, 21 Nov 2026 11:00:00 GMT', 30_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', undefined, 0],
    ['Sat, 21 Nov 2026 23:00:00 GMT', undefined, 300_000],
    ['86400', undefined, 300_000],
    ['soon', undefined, undefined],
  ])('%s (Date %s) is %s ms', (after, date, expected) => {
    expect(of(after, date)).toBe(expected)
  })
})

describe('faults', () => {
  const rejected = (status: number) =>
    Object.assign(new Error('x'), {
      code: 'upload/rejected',
      details: { method: 'PUT', url: '', status, body: '' },
    })

  it.each([
    [408, 'transient', 'transient'],
    [425, 'transient', 'transient'],
    [429, 'transient', 'transient'],
    [500, 'transient', 'transient'],
    [507, 'transient', 'transient'],
    [400, 'final', 'doubtful'],
    [409, 'final', 'doubtful'],
    [413, 'final', 'final'],
    [422, 'final', 'doubtful'],
    [404, 'doubtful', 'stale-url'],
    [410, 'doubtful', 'stale-url'],
    [403, 'doubtful', 'stale-url'],
    [402, 'doubtful', 'doubtful'],
    [304, 'doubtful', 'doubtful'],
  ])('of status %s: %s from the API, %s from an upload URL', (status, api, presigned) => {
    expect(faultOf(rejected(status)).kind).toBe(api)
    expect(faultOf(rejected(status), true).kind).toBe(presigned)
  })

  it('takes an error of our own for final', () => {
    expect(faultOf(new Error('the journal lost it')).kind).toBe('final')
  })
})
