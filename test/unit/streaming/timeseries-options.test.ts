import { describe, expect, it } from 'vitest'
import type {
  TimeseriesStreamerOptions,
  TimeseriesStreamOptions,
} from '../../../ts/streaming/series-options.js'
import { TimeseriesStreamer } from '../../../ts/streaming/timeseries.js'
import { failure, service, streamer, thrown } from './series-service.js'

describe('options of a scalar stream', () => {
  it.each<[string, Partial<TimeseriesStreamerOptions>]>([
    ['apiKey', { apiKey: '' }],
    ['endpoint', { endpoint: 'nowhere' }],
    ['pointsPerChunk', { pointsPerChunk: 0 }],
    ['maxUploads', { maxUploads: 1.5 }],
    ['memoryBudgetBytes', { memoryBudgetBytes: -1 }],
    ['retryMs', { retryMs: Number.NaN }],
    ['verbosity', { verbosity: 5 as never }],
  ])('refuses a bad %s', (option, options) => {
    const make = () => new TimeseriesStreamer({ apiKey: 'k', endpoint: 'http://x', verbosity: 0, ...options })
    expect(thrown(make)).toMatchObject({ code: 'stream/option', details: { option } })
  })

  it.each<[string, TimeseriesStreamOptions]>([
    ['synthSourceId', { synthSourceId: 1.5 }],
    ['streamName', { streamName: 5 as never }],
    ['physicalSample', { physicalSample: 5 as never }],
    ['tags', { tags: 'one' as never }],
    ['tags', { tags: [1] as never }],
    ['origin', { origin: Number.NaN }],
    ['origin', { origin: { when: new Date() as never } }],
    ['origin', { origin: [undefined as never] }],
    ['origin', { origin: (() => 1) as never }],
  ])('refuses a bad %s before anything is sent', async (option, options) => {
    const server = await service()
    expect(await failure(streamer(server).initialize(options))).toMatchObject({
      code: 'stream/option',
      details: { option },
    })
    expect(server.seen).toEqual([])
  })
})
