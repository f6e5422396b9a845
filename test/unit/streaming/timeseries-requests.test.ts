import { afterEach, describe, expect, it, vi } from 'vitest'
import { json } from '../upload/loopback.js'
import { chunksOf, failure, ID, opened, PROJECT, SAMPLE, service, streamer, TAG } from './series-service.js'

afterEach(() => void vi.unstubAllEnvs())

describe('what a scalar stream sends', () => {
  it('sends what the service expects: the scenario timeseries-all-options', async () => {
    const server = await service()
    const made = streamer(server, { pointsPerChunk: 50 })
    const dataId = await made.initialize({
      streamName: 'MBE growth - temperature log',
      synthSourceId: 42,
      physicalSample: 'GAN-001',
      projectId: PROJECT,
      tags: ['sapphire', 'Fresh'],
    })
    expect(dataId).toBe(ID)
    const channel = { channelName: 'temperature', units: 'C' }
    made.push(dataId, {
      chunkIndex: 0,
      ...channel,
      timestamps: [1700000000, 1700000000.1],
      values: [25, 25.1],
    })
    made.push(dataId, {
      chunkIndex: 1,
      channelName: 'temperature',
      timestamps: [1700000001, 1700000002],
      values: [25, 26.5],
    })
    made.pushMulti(dataId, {
      chunkIndex: 2,
      channels: {
        temperature: { timestamps: [1700000003, 1700000003.1], values: [25, 25.1], units: 'C' },
        pressure: { timestamps: new Float64Array([1700000003, 1700000003.1]), values: [1e-9, 1.1] },
      },
    })
    made.pushMulti(dataId, {
      chunkIndex: 4,
      channels: { a: { timestamps: [1, 2], values: new Float32Array([3, 4]) } },
    })
    await made.pushMulti(dataId, { chunkIndex: 5, channels: {} }).stored
    made.push(dataId, { chunkIndex: 6, channelName: 'e', timestamps: [], values: [] })
    made.push(dataId, { chunkIndex: 7, channelName: 'n', timestamps: [1, 2], values: [Number.NaN, Infinity] })
    made.push(dataId, {
      chunkIndex: 8,
      channelName: 'n',
      timestamps: new Int32Array([1, 2]),
      values: new Uint8Array([1, 2]),
    })
    await made.run(dataId, {
      channelName: 'flux',
      units: 'nm',
      data: [
        [
          [1, 2],
          [3, 4],
        ],
        [[5], [6]],
      ],
    })
    const receipt = await made.finalize(dataId)

    const id = `"data_id":"${ID}"`
    const sent = server.seen.map(({ method, target, body }) => `${method} ${target} ${body}`)
    expect(sent.toSorted()).toEqual(
      [
        'GET /tags/ ',
        'GET /physical_samples/ ',
        'POST /tags/ {"name":"Fresh"}',
        `POST /tool-state/stream/initialize {"stream_name":"MBE growth - temperature log","synth_source_id":42,"points_per_chunk":50,"project_id":"${PROJECT}"}`,
        `POST /data_entries/physical_sample {"data_ids":["${ID}"],"physical_sample_id":"${SAMPLE}"}`,
        `POST /tags/data-items/ {"data_ids":["${ID}"],"tag_ids":["${TAG}","7a7a7a7a-0000-4000-8000-000000000001"]}`,
        `POST /projects/${PROJECT}/configuration/tracking_samples {"physical_sample_id":"${SAMPLE}","set_active":true}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":0,"channel_name":"temperature","timestamps":[1700000000.0,1700000000.1],"values":[25.0,25.1],"units":"C"}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":1,"channel_name":"temperature","timestamps":[1700000001.0,1700000002.0],"values":[25.0,26.5]}`,
        `POST /tool-state/stream/chunk/multi {${id},"chunk_index":2,"channels":{"pressure":{"timestamps":[1700000003.0,1700000003.1],"values":[1e-9,1.1]},"temperature":{"timestamps":[1700000003.0,1700000003.1],"values":[25.0,25.1],"units":"C"}}}`,
        `POST /tool-state/stream/chunk/multi {${id},"chunk_index":4,"channels":{"a":{"timestamps":[1.0,2.0],"values":[3.0,4.0]}}}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":6,"channel_name":"e","timestamps":[],"values":[]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":7,"channel_name":"n","timestamps":[1.0,2.0],"values":[null,null]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":8,"channel_name":"n","timestamps":[1.0,2.0],"values":[1.0,2.0]}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":0,"channel_name":"flux","timestamps":[1.0,2.0],"values":[3.0,4.0],"units":"nm"}`,
        `POST /tool-state/stream/chunk {${id},"chunk_index":1,"channel_name":"flux","timestamps":[5.0],"values":[6.0],"units":"nm"}`,
        `POST /tool-state/stream/${ID}/finalize `,
      ].toSorted(),
    )
    for (const { headers } of server.seen) expect(headers['x-api-key']).toBe('golden-key')
    expect(server.targets.at(-1)).toBe(`POST /tool-state/stream/${ID}/finalize`)

    expect(receipt.totals).toEqual({ chunks: 9, stored: 9, points: 17, pointsStored: 17 })
    expect(receipt.finalized).toBe(true)
    expect(
      receipt.channels.map(({ name, units, chunks, points, skipped }) => [
        name,
        units,
        chunks,
        points,
        skipped,
      ]),
    ).toEqual([
      ['temperature', 'C', 3, 6, []],
      ['pressure', undefined, 1, 2, [{ from: 0, to: 1 }]],
      ['a', undefined, 1, 2, [{ from: 0, to: 3 }]],
      ['e', undefined, 1, 0, [{ from: 0, to: 5 }]],
      ['n', undefined, 2, 4, [{ from: 0, to: 6 }]],
      ['flux', 'nm', 2, 3, []],
    ])
    expect(receipt.chunks[2]).toEqual({
      index: 2,
      channels: ['temperature', 'pressure'],
      points: 4,
      state: 'stored',
      journaledAtMs: expect.any(Number),
      storedAtMs: expect.any(Number),
      tries: 1,
    })
    expect(receipt.losses).toEqual({ camera: 0, wire: 0, kernel: 0, app: 0, upload: 0 })
  })

  it('sends nothing for what is not given: the scenario timeseries-defaults', async () => {
    const server = await service()
    const made = streamer(server)
    await made.initialize()
    await made.initialize({ streamName: '  ', projectId: ' ', physicalSample: '', tags: [] })
    await made.initialize({ projectId: PROJECT })
    expect(server.seen.map(({ body }) => body)).toEqual([
      '{"stream_name":null,"points_per_chunk":100,"project_id":null}',
      '{"stream_name":"  ","points_per_chunk":100,"project_id":null}',
      `{"stream_name":null,"points_per_chunk":100,"project_id":"${PROJECT}"}`,
    ])
  })

  it("moves time stamps to the service's clock: the scenario rheed-clock-corrected", async () => {
    const server = await service(({ target }) => {
      if (target !== '/gateway/time') return undefined
      const now = Date.now() + 5_000
      return json({ receivedAtUnixMs: now, transmittedAtUnixMs: now })
    })
    const made = streamer(server, { clockSync: true })
    const dataId = await made.initialize()
    expect(server.targets.slice(0, 2)).toEqual(['GET /gateway/time', 'POST /tool-state/stream/initialize'])
    expect(server.seen[0]!.headers['x-api-key']).toBeUndefined()
    const chunk = { chunkIndex: 0, channelName: 'T', timestamps: [1700000000, 1700000000.25], values: [1, 2] }
    await made.push(dataId, chunk).stored
    // The same points again, even where the clock is known better by now.
    await made.push(dataId, chunk).stored
    expect(chunksOf(server)).toHaveLength(1)
    const { timestamps } = JSON.parse(chunksOf(server)[0]!) as { timestamps: number[] }
    expect(timestamps[0]).toBeGreaterThan(1700000004.9)
    expect(timestamps[0]).toBeLessThan(1700000005.1)
    expect(timestamps[1]! - timestamps[0]!).toBeCloseTo(0.25, 6)
  })

  it('holds its own copy of the points', async () => {
    const { made, dataId, chunks } = await opened()
    const values = new Float64Array([1, 2])
    made.push(dataId, { chunkIndex: 0, channelName: 'a', timestamps: [0, 1], values })
    values.fill(9)
    await made.finalize(dataId)
    expect(chunks()[0]).toContain('"values":[1.0,2.0]')
  })

  it('says that the service cannot be reached, within the time it was given', async () => {
    const server = await service()
    await server.stop()
    expect(await failure(streamer(server, { retryMs: 20 }).initialize())).toMatchObject({
      code: 'upload/unreachable',
    })
  })

  it('takes the endpoint from the environment', async () => {
    const server = await service()
    vi.stubEnv('AS_API_ENDPOINT', server.root)
    expect(await streamer(server, { endpoint: undefined }).initialize()).toBe(ID)
  })
})
