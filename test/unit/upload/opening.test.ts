import { afterEach, describe, expect, it } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import type { LinkNames } from '../../../ts/upload/links.js'
import { openStream } from '../../../ts/upload/opening.js'
import {
  endSeriesStream,
  SERIES_PATHS,
  seriesDataId,
  seriesStreamBody,
} from '../../../ts/upload/series-requests.js'
import { HastyClock } from './hasty-clock.js'
import { hangUp, json, Loopback, type Reply, type Seen } from './loopback.js'

const SAMPLE = '11111111-2222-4333-8444-555555555555'
const PROJECT = '99999999-2222-4333-8444-555555555555'
const TAG = 'aaaaaaaa-2222-4333-8444-555555555555'
const MISSING = '00000000-2222-4333-8444-555555555555'

const servers: Loopback[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

/** A service as recorded: one sample, one tag; `faults` answers first. */
async function service(faults: (seen: Seen, count: number) => Reply | undefined = () => undefined) {
  let made = 0
  const samples = [{ id: SAMPLE, name: 'GaN-001' }]
  const tags = [{ id: TAG, name: 'Sapphire' }]
  const server = await new Loopback((seen, count) => {
    const fault = faults(seen, count)
    if (fault) return fault
    const asked = `${seen.method} ${seen.target}`
    if (asked === 'GET /physical_samples/') return json(samples)
    if (asked === 'GET /tags/') return json(tags)
    if (asked === 'POST /tags/' || asked === 'POST /physical_samples/') {
      const created = { id: `new-${++made}`, name: (JSON.parse(seen.body) as { name: string }).name }
      const isTag = asked === 'POST /tags/'
      ;(isTag ? tags : samples).push(created)
      return json(isTag ? { id: created.id } : { physical_sample_id: created.id })
    }
    if (seen.target === SERIES_PATHS.initialize)
      return json({ data_id: `stream-${++made}`, processed_data_id: 'p' })
    return json({})
  }).start()
  servers.push(server)
  return server
}

function open(
  server: Loopback,
  links: LinkNames,
  options: { signal?: AbortSignal; clock?: HastyClock; retryMs?: number } = {},
) {
  const { clock = new HastyClock(), signal, retryMs } = options
  const api = new IngestApi({ apiKey: 'k', endpoint: server.root, clock, random: () => 1, retryMs })
  return openStream(api, {
    links,
    path: SERIES_PATHS.initialize,
    body: seriesStreamBody({ pointsPerChunk: 100 }),
    dataId: (text) => seriesDataId(api, text),
    end: (id) => endSeriesStream(api, id),
    signal,
  })
}

const posts = (server: Loopback) =>
  server.seen.filter(({ method }) => method === 'POST').map(({ target, body }) => [target, body])

describe('opening a stream', () => {
  it('asks for nothing that is not wanted', async () => {
    const server = await service()
    expect(await open(server, { physicalSample: ' ', tags: ['', '  '], projectId: PROJECT })).toBe('stream-1')
    // As in the scenario timeseries-defaults.
    expect(posts(server)).toEqual([
      ['/tool-state/stream/initialize', '{"stream_name":null,"points_per_chunk":100,"project_id":null}'],
    ])
    expect(server.seen).toHaveLength(1)
  })

  it('links as recorded in the scenario rheed-all-options', async () => {
    const server = await service()
    const tags = ['  sapphire ', 'New Tag', 'new tag', '', '   ', TAG, 'Other']
    await open(server, { physicalSample: 'gan-001', projectId: PROJECT, tags })
    const [first, second, , ...links] = posts(server)
    expect([first, second]).toEqual([
      ['/tags/', '{"name":"New Tag"}'],
      ['/tags/', '{"name":"Other"}'],
    ])
    const sample = [
      '/data_entries/physical_sample',
      `{"data_ids":["stream-3"],"physical_sample_id":"${SAMPLE}"}`,
    ]
    const tracking = [
      `/projects/${PROJECT}/configuration/tracking_samples`,
      `{"physical_sample_id":"${SAMPLE}","set_active":true}`,
    ]
    const tagging = [
      '/tags/data-items/',
      `{"data_ids":["stream-3"],"tag_ids":["${TAG}","new-1","${TAG}","new-2"]}`,
    ]
    expect(links.toSorted()).toEqual([sample, tracking, tagging].toSorted())
    // The project tracks a sample that is linked.
    expect(links.findIndex(([path]) => path === sample[0])).toBeLessThan(
      links.findIndex(([path]) => path === tracking[0]),
    )
  })

  it('creates a sample that is not there, by its trimmed name', async () => {
    const server = await service()
    await open(server, { physicalSample: '  Si Wafer 7 ' })
    expect(posts(server)).toEqual([
      ['/physical_samples/', '{"name":"Si Wafer 7"}'],
      ['/tool-state/stream/initialize', '{"stream_name":null,"points_per_chunk":100,"project_id":null}'],
      ['/data_entries/physical_sample', '{"data_ids":["stream-2"],"physical_sample_id":"new-1"}'],
    ])
  })

  it.each<[string, LinkNames, string]>([
    ['sample', { physicalSample: MISSING, tags: ['new'] }, `physical sample with id '${MISSING}' not found`],
    ['tag', { physicalSample: 'new', tags: ['x', MISSING] }, `tag with id '${MISSING}' not found`],
  ])('creates nothing where the UUID of a %s does not exist', async (kind, links, message) => {
    const server = await service()
    const error = await failure(open(server, links))
    expect(error).toMatchObject({ code: 'link/not-found', details: { kind, id: MISSING } })
    expect(error.message).toContain(message)
    expect(posts(server)).toEqual([])
  })

  it.each([
    ['sample', '/data_entries/physical_sample'],
    ['project', `/projects/${PROJECT}/configuration/tracking_samples`],
    ['tags', '/tags/data-items/'],
  ])('ends the stream where linking the %s fails, and names it', async (what, path) => {
    const server = await service(({ target }) =>
      target === path ? { status: 400, body: '{"detail":"no"}' } : undefined,
    )
    const error = await failure(
      open(server, { physicalSample: SAMPLE, projectId: PROJECT, tags: ['Sapphire'] }),
    )
    expect(error).toMatchObject({ code: 'link/failed', details: { dataId: 'stream-1', what } })
    expect(error.message).toContain('stream stream-1 was created but could not be linked')
    expect(error.message).toContain('so it was ended')
    expect(server.targets.at(-1)).toBe('POST /tool-state/stream/stream-1/finalize')
  })

  it('ends the stream where the signal fires while it is linked', async () => {
    const stop = new AbortController()
    const server = await service(({ target }) => {
      if (target === '/tags/data-items/') stop.abort()
      return undefined
    })
    expect(await failure(open(server, { tags: ['Sapphire'] }, { signal: stop.signal }))).toMatchObject({
      code: 'stream/aborted',
    })
    expect(server.targets.at(-1)).toBe('POST /tool-state/stream/stream-1/finalize')
  })

  it('ends the stream where the signal fires as it is created', async () => {
    const stop = new AbortController()
    const server = await service()
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root })
    const opening = openStream(api, {
      links: {},
      path: SERIES_PATHS.initialize,
      body: '{}',
      dataId: (text) => {
        stop.abort()
        return seriesDataId(api, text)
      },
      end: (id) => endSeriesStream(api, id),
      signal: stop.signal,
    })
    expect(await failure(opening)).toMatchObject({ code: 'stream/aborted' })
    expect(server.targets.at(-1)).toBe('POST /tool-state/stream/stream-1/finalize')
  })

  it('repeats links and lookups over passing faults', async () => {
    const failed = new Set<string>()
    const server = await service(({ method, target }) => {
      if (target === SERIES_PATHS.initialize || failed.has(method + target)) return undefined
      failed.add(method + target)
      return hangUp
    })
    await open(server, { physicalSample: 'new', projectId: PROJECT, tags: ['Sapphire'] })
    expect(failed.size).toBe(6)
  })

  it('makes no second sample where only the answer to the first was lost', async () => {
    let lost = false
    const server = await service(({ method, target }) => {
      if (method !== 'POST' || target !== '/physical_samples/' || lost) return undefined
      lost = true
      return hangUp
    })
    // What was lost had been done: the next listing shows it.
    const listed = server.reply
    server.reply = (seen, count) =>
      lost && seen.method === 'GET' ? json([{ id: 'made', name: 'Wafer' }]) : listed(seen, count)
    await open(server, { physicalSample: 'wafer' })
    expect(posts(server).filter(([path]) => path === '/physical_samples/')).toHaveLength(1)
    expect(posts(server).at(-1)![1]).toContain('"physical_sample_id":"made"')
  })
})

describe('creating a stream', () => {
  const creations = (server: Loopback) =>
    server.seen.filter(({ target }) => target === SERIES_PATHS.initialize)

  it.each([408, 425, 429, 503])('is repeated after a %s: nothing was processed', async (status) => {
    const server = await service(({ target }, count) =>
      target === SERIES_PATHS.initialize && count < 3 ? { status } : undefined,
    )
    expect(await open(server, {})).toBe('stream-1')
    expect(creations(server)).toHaveLength(3)
  })

  it('is repeated until the service listens', async () => {
    const server = await service()
    await server.stop()
    const clock = new HastyClock()
    // Its clock jumps, and the server starts in its own time.
    const opening = open(server, {}, { clock, retryMs: Infinity })
    while (clock.waits.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    await server.start()
    expect(await opening).toBe('stream-1')
    expect(creations(server)).toHaveLength(1)
  })

  it.each<[string, Reply]>([
    ['a lost answer', hangUp],
    ['a 500', { status: 500 }],
    ['a 504', { status: 504 }],
    ['an answer of another shape', { body: '<html>' }],
  ])('is not repeated after %s from a service of another kind', async (_, reply) => {
    const server = await service(({ target }) => (target === SERIES_PATHS.initialize ? reply : undefined))
    const error = await failure(open(server, { tags: ['Sapphire'] }))
    expect(error.code).toBe('upload/unreachable')
    expect(error.message).toContain('may have been created')
    expect(error.cause).toBeInstanceOf(Error)
    expect(creations(server)).toHaveLength(1)
    expect(creations(server)[0]!.headers['idempotency-key']).toBeUndefined()
  })

  it("is repeated with the same key where the server is framewire's own", async () => {
    let faults: Reply[] = [hangUp, { status: 500 }]
    const server = await service(({ target }) => {
      if (target === '/tags/') return json([{ id: TAG, name: 'Sapphire' }], { 'x-framewire': '1' })
      if (target !== SERIES_PATHS.initialize) return undefined
      const [next, ...rest] = faults
      faults = rest
      return next
    })
    expect(await open(server, { tags: ['Sapphire'] })).toBe('stream-1')
    const keys = creations(server).map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
