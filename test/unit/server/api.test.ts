import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeShard, pattern } from '../store/shards.js'
import { KEY, TestClient, temporaryFolder } from './client.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const UNKNOWN = 'ffffffff-0000-4000-8000-000000000000'

/** The JSON body and the status of an answer. */
async function told(answer: Response): Promise<Record<string, unknown>> {
  return { status: answer.status, ...((await answer.json()) as object) }
}

describe('the ingest API', () => {
  it('tells the time to everybody, as milliseconds with room for a fraction', async () => {
    const client = await TestClient.start()
    const before = Date.now()
    const answer = await fetch(`${client.server.url}/gateway/time`)
    const { receivedAtUnixMs, transmittedAtUnixMs } = (await answer.json()) as Record<string, number>
    expect(receivedAtUnixMs).toBeGreaterThanOrEqual(before)
    expect(transmittedAtUnixMs).toBeGreaterThanOrEqual(receivedAtUnixMs!)
    expect(transmittedAtUnixMs).toBeLessThanOrEqual(Date.now())
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('says on every answer that it is ours, refusals too', async () => {
    const { server } = await TestClient.start()
    for (const path of ['/health', '/gateway/time', '/tags/', '/nothing', '/framewire/v1/uploads/x/0']) {
      expect((await fetch(server.url + path)).headers.get('x-framewire'), path).toBe('1')
    }
  })

  it('asks for a key that it knows, on everything but clock, health and signed URLs', async () => {
    const { server } = await TestClient.start({ apiKey: ['first', 'second'] })
    const status = async (path: string, key?: string) =>
      (await fetch(server.url + path, { headers: key === undefined ? {} : { 'x-api-key': key } })).status
    expect(await status('/health')).toBe(200)
    expect(await status('/gateway/time')).toBe(200)
    for (const path of [
      '/tags/',
      '/physical_samples/',
      '/framewire/v1/streams',
      `/rheed/timeseries/${UNKNOWN}/`,
      '/none',
    ]) {
      expect([await status(path), await status(path, ''), await status(path, 'firs')], path).toEqual([
        401, 401, 401,
      ])
    }
    expect([await status('/tags/', 'first'), await status('/tags/', 'second')]).toEqual([200, 200])
    const refused = await told(await fetch(`${server.url}/tags/`))
    expect(refused).toMatchObject({
      status: 401,
      code: 'auth/missing-key',
      detail: expect.stringMatching(/x-api-key/),
    })
    const wrong = await told(await fetch(`${server.url}/tags/`, { headers: { 'x-api-key': 'x' } }))
    expect(wrong).toMatchObject({ status: 401, code: 'auth/unknown-key' })
  })

  it('asks for none where it was told so', async () => {
    const { server } = await TestClient.start({ apiKey: null, noAuth: true })
    expect((await fetch(`${server.url}/tags/`)).status).toBe(200)
  })

  it('takes doubled and missing slashes', async () => {
    const client = await TestClient.start()
    for (const path of ['//tags/', '/tags', '//tags//', '/tags/']) {
      expect((await client.send('GET', path)).status, path).toBe(200)
    }
  })

  it('creates a stream of frames whatever the rates are, and answers its id as a JSON string', async () => {
    const client = await TestClient.start()
    for (const fps of [120, 29.97, 0, -1, null]) {
      const answer = await client.send('POST', '//rheed/stream/', {
        data_item_name: ' padded ',
        rotational_period: -80,
        rotations_per_min: null,
        fps_capture_rate: fps,
        project_id: UNKNOWN,
      })
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      const id = (await answer.json()) as string
      expect(id).toMatch(UUID)
      expect(await client.json('GET', `/framewire/v1/streams/${id}`)).toMatchObject({
        kind: 'frames',
        name: ' padded ',
        fps: fps !== null && fps > 0 ? fps : null,
        rotationsPerMin: null,
        rotationalPeriod: -80,
        projectId: UNKNOWN,
        chunks: 0,
      })
    }
  })

  it('creates one stream for one idempotency key, after a restart too', async () => {
    const store = temporaryFolder()
    const body = { data_item_name: 'x', rotational_period: null, rotations_per_min: 0, fps_capture_rate: 4 }
    const create = async (client: TestClient, key: string) =>
      (await client.send('POST', '/rheed/stream/', body, { 'idempotency-key': key })).json()
    const first = await TestClient.start({ store })
    const ids = await Promise.all([create(first, 'a'), create(first, 'a'), create(first, 'b')])
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    await first.server.close()
    const second = await TestClient.start({ store })
    expect(await create(second, 'a')).toBe(ids[0])
  })

  it.each(['/tool-state/stream', '/metrology/stream', '/instrument-timeseries'])(
    'takes a scalar stream under %s',
    async (root) => {
      const client = await TestClient.start()
      const made = await client.json<{ data_id: string; processed_data_id: string }>(
        'POST',
        `${root}/initialize`,
        {
          stream_name: null,
          points_per_chunk: 100,
          project_id: null,
        },
      )
      expect(made).toEqual({
        data_id: expect.stringMatching(UUID),
        processed_data_id: expect.stringMatching(UUID),
      })
      const { data_id } = made
      const ok = { status: 'ok' }
      const T = { timestamps: [1, 2], values: [3, null], units: 'C' }
      expect(
        await client.json('POST', `${root}/chunk`, { data_id, chunk_index: 0, channel_name: 'T', ...T }),
      ).toEqual(ok)
      expect(
        await client.json('POST', `${root}/chunk/multi`, { data_id, chunk_index: 1, channels: { T, p: T } }),
      ).toEqual(ok)
      expect(await client.json('POST', `${root}/${data_id}/finalize`)).toEqual(ok)
      expect(await client.json('GET', `/framewire/v1/streams/${data_id}/chunks`)).toEqual({
        channels: [
          { name: 'T', units: 'C', chunks: [0, 1].map((index) => ({ index, points: 2 })) },
          { name: 'p', units: 'C', chunks: [{ index: 1, points: 2 }] },
        ],
      })
      expect(await client.json('GET', `/framewire/v1/streams/${data_id}`)).toMatchObject({
        kind: 'series',
        chunks: 2,
        stored: 6,
        endedAt: expect.any(String),
      })
    },
  )

  it('keeps samples, tags and projects, and links streams with them', async () => {
    const client = await TestClient.start()
    const id = await client.newStream()
    const named = async (path: string, name: string) =>
      (await client.json<{ id: string }>('POST', path, { name })).id
    const sample = await named('/physical_samples/', 'GaN-001')
    const tags = [await named('/tags/', 'a'), await named('/tags/', 'b')]
    expect(await client.json('GET', '/physical_samples/')).toEqual([{ id: sample, name: 'GaN-001' }])
    expect(await client.json('GET', '/tags/')).toHaveLength(2)
    expect(
      await client.json('POST', '/data_entries/physical_sample', {
        data_ids: [id],
        physical_sample_id: sample,
      }),
    ).toEqual({})
    const links = { data_ids: [id], tag_ids: [tags[0], tags[0], tags[1]] }
    expect(await client.json('POST', '/tags/data-items/', links)).toEqual({})
    const path = `/projects/${UNKNOWN}/configuration/tracking_samples`
    expect(await client.json('POST', path, { physical_sample_id: sample, set_active: true })).toEqual({})
    expect(await client.json('GET', `/framewire/v1/streams/${id}`)).toMatchObject({
      sampleId: sample,
      tagIds: tags,
    })
    const catalog = JSON.parse(readFileSync(join(client.store, '.framewire/catalog.json'), 'utf8'))
    expect(catalog.projects).toEqual({ [UNKNOWN]: { tracked: [sample], active: sample } })
  })

  it('has no results yet, and no stream that it does not know', async () => {
    const client = await TestClient.start()
    const id = await client.newStream()
    const none = await told(await client.send('GET', `/rheed/timeseries/${id}/?last_n=5`))
    expect(none).toMatchObject({ status: 404, code: 'results/none' })
    const sample = await client.json<{ id: string }>('POST', '/physical_samples/', { name: 's' })
    const T = { timestamps: [], values: [] }
    for (const [method, path, body] of [
      ['POST', `/rheed/stream/${UNKNOWN}/end`],
      ['POST', `/tool-state/stream/${id}/finalize`],
      ['POST', '/tool-state/stream/chunk', { data_id: id, chunk_index: 0, channel_name: 'T', ...T }],
      ['POST', '/data_entries/physical_sample', { data_ids: [UNKNOWN], physical_sample_id: sample.id }],
      ['POST', '/data_entries/physical_sample', { data_ids: [id], physical_sample_id: UNKNOWN }],
      ['POST', '/tags/data-items/', { data_ids: [id], tag_ids: [UNKNOWN] }],
      ['GET', `/framewire/v1/streams/${UNKNOWN}`],
      ['GET', '/framewire/v1/streams/..%2F..%2Fetc/chunks'],
    ] as const) {
      expect((await client.send(method, path, body)).status, path).toBe(404)
    }
    expect((await client.askUrl('../../etc')).status).toBe(404)
  })

  it('names the field that is wrong', async () => {
    const client = await TestClient.start()
    const id = await client.newStream()
    const { data_id } = await client.json<{ data_id: string }>('POST', '/tool-state/stream/initialize', {
      points_per_chunk: 1,
    })
    const chunk = { data_id, chunk_index: 0, channel_name: 'T', timestamps: [1], values: [1] }
    const cases: [path: string, body: object, field: string][] = [
      [
        '/rheed/stream/',
        { rotational_period: 1, rotations_per_min: 1, fps_capture_rate: 1 },
        'data_item_name',
      ],
      [
        '/rheed/stream/',
        { data_item_name: 'x', rotational_period: 1, rotations_per_min: 1, fps_capture_rate: '4' },
        'fps_capture_rate',
      ],
      ['/tool-state/stream/initialize', { points_per_chunk: 0 }, 'points_per_chunk'],
      ['/tool-state/stream/chunk', { ...chunk, chunk_index: -1 }, 'chunk_index'],
      ['/tool-state/stream/chunk', { ...chunk, chunk_index: 0.5 }, 'chunk_index'],
      ['/tool-state/stream/chunk', { ...chunk, values: [1, 'a'] }, 'values.1'],
      ['/tool-state/stream/chunk', { ...chunk, channel_name: '\ud800' }, 'channel_name'],
      [
        '/tool-state/stream/chunk/multi',
        { ...chunk, channels: { T: { timestamps: [1], values: [] } } },
        'channels.T',
      ],
      ['/tags/', { name: '' }, 'name'],
      ['/tags/', { name: 7 }, 'name'],
      ['/tags/data-items/', { data_ids: id, tag_ids: [] }, 'data_ids'],
    ]
    for (const [path, body, field] of cases) {
      expect(await told(await client.send('POST', path, body)), field).toMatchObject({
        status: 422,
        code: 'request/invalid',
        field,
        detail: expect.stringContaining(field),
      })
    }
    expect(
      await told(await client.send('POST', '/tool-state/stream/chunk', { ...chunk, values: [] })),
    ).toMatchObject({
      status: 422,
      detail: 'timestamps and values must have the same length',
    })
    expect((await client.send('POST', '/tags/', '{"name":')).status).toBe(400)
    expect((await client.send('POST', '/tags/', '{"__proto__":{"name":"x"}}')).status).toBe(400)
    expect((await client.send('POST', '/tags/', 'name=x', { 'content-type': 'text/xml' })).status).toBe(415)
  })

  it.each([
    ['original_filename', { index: -1 }],
    ['original_filename', { index: 2 ** 40 }],
    ['original_filename', { index: 1.5 }],
    ['original_filename', { index: '0/../../../../etc/x' as unknown as number }],
    ['dims', { dims: '8,32' }],
    ['dims', { dims: '0,32,48' }],
    ['dims', { dims: '8,-32,48' }],
    ['dims', { dims: '8,1e3,48' }],
    ['dims', { dims: '1,99999,99999' }],
    ['chunk_size', { chunkSize: 0 }],
    ['chunk_size', { chunkSize: 1e9 }],
    ['chunk_size', { chunkSize: Number.NaN }],
  ])('gives no upload URL for a %s that makes no sense: %j', async (field, claim) => {
    const client = await TestClient.start()
    const answer = await told(await client.askUrl(await client.newStream(), claim))
    expect(answer).toMatchObject({ status: 422, field })
  })

  it('has what it had after a restart', async () => {
    const first = await TestClient.start()
    const id = await first.newStream()
    const shard = makeShard(pattern(2, 4, 5, 0), 2, 4, 5)
    const stored = await first.put(id, shard, { chunkSize: 2, dims: '2,4,5' })
    expect(stored.status).toBe(200)
    await first.json('POST', '/tags/', { name: 'a' })
    const url = await first.url(id, { index: 1, chunkSize: 2, dims: '2,4,5' })
    const paths = ['/framewire/v1/streams', `/framewire/v1/streams/${id}/chunks`, '/tags/']
    const before = await Promise.all(paths.map((path) => first.json('GET', path)))
    await first.server.close()

    const second = await TestClient.start({ store: first.store })
    expect(await Promise.all(paths.map((path) => second.json('GET', path)))).toEqual(before)
    // An upload URL of the former run is good for this one.
    const { pathname, search } = new URL(url)
    const late = await fetch(second.server.url + pathname + search, {
      method: 'PUT',
      body: shard as Uint8Array<ArrayBuffer>,
    })
    expect(late.status).toBe(200)
    expect(await second.chunks(id)).toHaveLength(2)
    expect(statSync(join(first.store, '.framewire/secret')).mode & 0o777).toBe(0o600)
  })

  it('answers a key of any length the same', async () => {
    const client = await TestClient.start()
    const answer = await client.send('GET', '/tags/', undefined, { 'x-api-key': `${KEY}${'x'.repeat(5000)}` })
    expect(answer.status).toBe(401)
  })
})
