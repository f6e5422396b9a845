import { afterEach, describe, expect, it } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import {
  defaultStreamName,
  endRheedStream,
  type RheedStreamFields,
  requestUploadUrl,
  rheedDataId,
  rheedStreamBody,
  type ShardFields,
  shardBody,
} from '../../../ts/upload/rheed-requests.js'
import { seriesChunkBody, seriesMultiBody, seriesStreamBody } from '../../../ts/upload/series-requests.js'
import { HastyClock } from './hasty-clock.js'
import { hangUp, json, Loopback, type Reply } from './loopback.js'

const ID = 'd0d0d0d0-0000-4000-8000-000000000001'
const SERIES = '7e7e7e7e-0000-4000-8000-000000000002'
const PROJECT = '99999999-2222-4333-8444-555555555555'
const CLOCK = { offsetMs: 5000.295166015625, uncertaintyMs: 0.535400390625 }

const servers: Loopback[] = []
async function service(reply: Loopback['reply']) {
  const server = await new Loopback(reply).start()
  servers.push(server)
  return { server, api: new IngestApi({ apiKey: 'k', endpoint: `${server.root}/`, clock: new HastyClock() }) }
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

// The bodies below are recorded traffic of the service's own client; the scenario is named with each.
describe('bodies of the frame stream', () => {
  const at = (hours: number, minutes: number) => new Date(2026, 10, 21, hours, minutes)

  it.each<[string, RheedStreamFields, Date, string]>([
    [
      'rheed-all-options',
      { streamName: 'Growth run 42', fps: 4, rotationsPerMin: 15, projectId: PROJECT },
      at(0, 0),
      `{"data_item_name":"Growth run 42","rotational_period":16.0,"rotations_per_min":15.0,"fps_capture_rate":4.0,"project_id":"${PROJECT}"}`,
    ],
    [
      'rheed-stationary-defaults',
      { fps: 2, rotationsPerMin: 0, azimuth: '100' },
      at(3, 38),
      '{"data_item_name":"RHEED Stream @ 3:38AM","rotational_period":null,"rotations_per_min":0.0,"fps_capture_rate":2.0,"azimuth_label":"100"}',
    ],
    [
      'rheed-blank-values, 1',
      { streamName: '   ', fps: 2.5, rotationsPerMin: 7, projectId: '  ' },
      at(3, 38),
      '{"data_item_name":"RHEED Stream @ 3:38AM","rotational_period":21.428571428571427,"rotations_per_min":7.0,"fps_capture_rate":2.5}',
    ],
    [
      'rheed-blank-values, 3',
      { streamName: ' padded name ', fps: 29.97, rotationsPerMin: 0.1, projectId: ` ${PROJECT} ` },
      at(0, 0),
      `{"data_item_name":" padded name ","rotational_period":17981.999999999996,"rotations_per_min":0.1,"fps_capture_rate":29.97,"project_id":"${PROJECT}"}`,
    ],
  ])('create a stream as in %s', (_, fields, now, body) => {
    expect(rheedStreamBody(fields, now)).toBe(body)
  })

  it.each([
    [0, 5, 'RHEED Stream @ 12:05AM'],
    [9, 59, 'RHEED Stream @ 9:59AM'],
    [12, 0, 'RHEED Stream @ 12:00PM'],
    [13, 23, 'RHEED Stream @ 1:23PM'],
  ])('name a stream begun at %s:%s "%s"', (hours, minutes, name) => {
    expect(defaultStreamName(at(hours, minutes))).toBe(name)
  })

  const shard: ShardFields = {
    dataId: ID,
    index: 0,
    fps: 4,
    rotationsPerMin: 15,
    chunkSize: 8,
    frames: 8,
    height: 32,
    width: 48,
    startUnixMs: 1700000000000,
  }
  it.each<[string, Partial<ShardFields>, string]>([
    [
      'rheed-all-options, a short chunk',
      { frames: 3, startUnixMs: 1700000004000 },
      `{"data_id":"${ID}","data_stream":"rheed","is_stream":"1","is_rotating":"1","raw_frame_rate":"4.0","avg_frame_rate":"4.0","chunk_size":"8","dims":"3,32,48","start_unix_ms_utc":"1700000004000","end_unix_ms_utc":"1700000004750"}`,
    ],
    [
      'rheed-clock-corrected',
      { rotationsPerMin: 0, clock: CLOCK },
      `{"data_id":"${ID}","data_stream":"rheed","is_stream":"1","is_rotating":"0","raw_frame_rate":"4.0","avg_frame_rate":"4.0","chunk_size":"8","dims":"8,32,48","start_unix_ms_utc":"1700000005000","end_unix_ms_utc":"1700000007000","clock_offset_ms":"5000","clock_uncertainty_ms":"0.5"}`,
    ],
    [
      'rheed-blank-values, 2',
      { fps: 120, chunkSize: 240, frames: 7, height: 16, width: 16 },
      `{"data_id":"${ID}","data_stream":"rheed","is_stream":"1","is_rotating":"1","raw_frame_rate":"120.0","avg_frame_rate":"120.0","chunk_size":"240","dims":"7,16,16","start_unix_ms_utc":"1700000000000","end_unix_ms_utc":"1700000000058"}`,
    ],
    [
      'rheed-blank-values, 3',
      { fps: 29.97, chunkSize: 60, frames: 59, height: 4, width: 4 },
      `{"data_id":"${ID}","data_stream":"rheed","is_stream":"1","is_rotating":"1","raw_frame_rate":"29.97","avg_frame_rate":"29.97","chunk_size":"60","dims":"59,4,4","start_unix_ms_utc":"1700000000000","end_unix_ms_utc":"1700000001968"}`,
    ],
  ])('ask for an upload URL as in %s', (_, fields, body) => {
    expect(shardBody({ ...shard, ...fields })).toBe(body)
  })

  it('write a clock that is hardly off without a negative zero', () => {
    const body = JSON.parse(
      shardBody({ ...shard, clock: { offsetMs: -0.2, uncertaintyMs: 0.04 } }),
    ) as Record<string, string>
    expect([body.clock_offset_ms, body.clock_uncertainty_ms, body.start_unix_ms_utc]).toEqual([
      '0',
      '0.0',
      '1700000000000',
    ])
  })
})

describe('bodies of the scalar stream', () => {
  it('create a stream as in timeseries-all-options and timeseries-defaults', () => {
    expect(
      seriesStreamBody({
        streamName: 'MBE growth - temperature log',
        synthSourceId: 42,
        pointsPerChunk: 50,
        projectId: PROJECT,
      }),
    ).toBe(
      `{"stream_name":"MBE growth - temperature log","synth_source_id":42,"points_per_chunk":50,"project_id":"${PROJECT}"}`,
    )
    expect(seriesStreamBody({ streamName: '  ', pointsPerChunk: 100, projectId: ' ' })).toBe(
      '{"stream_name":"  ","points_per_chunk":100,"project_id":null}',
    )
  })

  // timeseries-all-options
  it.each([
    [
      0,
      'temperature',
      { timestamps: [1700000000, 1700000000.1], values: [25, 25.1], units: 'C' },
      `{"data_id":"${SERIES}","chunk_index":0,"channel_name":"temperature","timestamps":[1700000000.0,1700000000.1],"values":[25.0,25.1],"units":"C"}`,
    ],
    [
      6,
      'e',
      { timestamps: [], values: [] },
      `{"data_id":"${SERIES}","chunk_index":6,"channel_name":"e","timestamps":[],"values":[]}`,
    ],
    [
      7,
      'n',
      { timestamps: [1, 2], values: [Number.NaN, Infinity] },
      `{"data_id":"${SERIES}","chunk_index":7,"channel_name":"n","timestamps":[1.0,2.0],"values":[null,null]}`,
    ],
  ])('send chunk %s of %s', (index, channel, points, body) => {
    expect(seriesChunkBody(SERIES, index, channel, points)).toBe(body)
  })

  it('send several channels in order of their names', () => {
    const channels = new Map([
      ['temperature', { timestamps: [1700000003, 1700000003.1], values: [25, 25.1], units: 'C' }],
      ['pressure', { timestamps: [1700000003, 1700000003.1], values: [1e-9, 1.1] }],
    ])
    expect(seriesMultiBody(SERIES, 2, channels)).toBe(
      `{"data_id":"${SERIES}","chunk_index":2,"channels":{"pressure":{"timestamps":[1700000003.0,1700000003.1],"values":[1e-9,1.1]},"temperature":{"timestamps":[1700000003.0,1700000003.1],"values":[25.0,25.1],"units":"C"}}}`,
    )
  })
})

describe('requests of the frame stream', () => {
  // rheed-all-options
  const TARGET =
    '/data_entries/raw_data/staged/upload_urls/?original_filename=frames.zarr%2Fframes%2Fc%2F12%2F0%2F0&num_parts=1&staging_type=stream'

  it.each([
    ['a list', [{ url: 'https://store.example/k?X-Sig=a%2Fb%3D&n=1', key: 'x' }]],
    ['an object', { url: 'https://store.example/k?X-Sig=a%2Fb%3D&n=1' }],
  ])('take the upload URL from %s, as it is', async (_, answer) => {
    const { server, api } = await service(() => json(answer))
    expect(await requestUploadUrl(api, 12, '{"data_id":"x"}')).toBe(
      'https://store.example/k?X-Sig=a%2Fb%3D&n=1',
    )
    const { method, target, body, headers } = server.seen[0]!
    expect([method, target, body]).toEqual(['POST', TARGET, '{"data_id":"x"}'])
    expect(headers['content-type']).toBe('application/json')
  })

  it.each<[string, Reply]>([
    ['no JSON', { body: '<html>' }],
    ['an empty list', json([])],
    ['no url', json({ URL: 'x' })],
    ['no http URL', json({ url: 'file:///etc/passwd?secret' })],
    ['half a URL', json({ url: '/bucket/k?secret' })],
    ['nothing', json(null)],
  ])('say upload/answer for %s', async (_, reply) => {
    const { api } = await service(() => reply)
    const error = await failure(requestUploadUrl(api, 0, '{}'))
    expect(error.code).toBe('upload/answer')
    expect(error.message + JSON.stringify(error.details)).not.toContain('secret')
  })

  it('read the data id', () => {
    const api = new IngestApi({ apiKey: 'k', endpoint: 'http://x' })
    expect(rheedDataId(api, `"${ID}"`)).toBe(ID)
    for (const text of ['{}', '""', 'null', `${ID}`, '5']) {
      expect(() => rheedDataId(api, text)).toThrowError(expect.objectContaining({ code: 'upload/answer' }))
    }
  })

  it('end a stream without body and content type, again where the answer was lost', async () => {
    const { server, api } = await service((_, count) => (count === 1 ? hangUp : json({ status: 'ok' })))
    await endRheedStream(api, ID)
    expect(server.targets).toEqual(Array(2).fill(`POST /rheed/stream/${ID}/end`))
    expect(server.seen[1]!.headers['content-type']).toBeUndefined()
    expect(server.seen[1]!.body).toBe('')
  })

  it('keep an id in its place in the path', async () => {
    const { server, api } = await service(() => json({}))
    await endRheedStream(api, '../../tags?')
    expect(server.targets).toEqual(['POST /rheed/stream/..%2F..%2Ftags%3F/end'])
  })
})
