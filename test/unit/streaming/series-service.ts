import { onTestFinished } from 'vitest'
import type { TimeseriesStreamerOptions } from '../../../ts/streaming/series-options.js'
import type { SeriesReceipt } from '../../../ts/streaming/series-receipt.js'
import { TimeseriesStreamer } from '../../../ts/streaming/timeseries.js'
import { json, Loopback, type Reply, type Seen } from '../upload/loopback.js'

export const SAMPLE = '11111111-2222-4333-8444-555555555555'
export const PROJECT = '99999999-2222-4333-8444-555555555555'
export const TAG = 'aaaaaaaa-2222-4333-8444-555555555555'
/** The stream that is created first; those after it count on. */
export const ID = '7e7e7e7e-0000-4000-8000-000000000002'

/** Answers a request first, where it has something to say. */
export type Replies = (seen: Seen, count: number) => Reply | undefined

export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

export const thrown = (call: () => unknown) => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

/** The service as recorded, until the test ends. */
export async function service(reply: Replies = () => undefined): Promise<Loopback> {
  let streams = 0
  const server = await new Loopback((seen, count) => {
    const said = reply(seen, count)
    if (said) return said
    switch (`${seen.method} ${seen.target}`) {
      case 'GET /physical_samples/':
        return json([{ id: SAMPLE, name: 'GaN-001' }])
      case 'GET /tags/':
        return json([{ id: TAG, name: 'Sapphire' }])
      case 'POST /tags/':
        return json({ id: '7a7a7a7a-0000-4000-8000-000000000001' })
      case 'POST /tool-state/stream/initialize':
        return json({
          data_id: ID.replace('2', `${2 + streams++}`),
          processed_data_id: '9a9a9a9a-0000-4000-8000-000000000003',
        })
      default:
        return json({ status: 'ok' })
    }
  }).start()
  onTestFinished(() => server.stop())
  return server
}

/** A streamer of that service, until the test ends. */
export function streamer(
  server: Loopback,
  options: Partial<TimeseriesStreamerOptions> = {},
): TimeseriesStreamer {
  const made = new TimeseriesStreamer({
    apiKey: 'golden-key',
    endpoint: `${server.root}/`,
    clockSync: false,
    verbosity: 0,
    ...options,
  })
  onTestFinished(() => made.close())
  return made
}

/** A stream of a streamer of a service. */
export async function opened(reply?: Replies, options: Partial<TimeseriesStreamerOptions> = {}) {
  const server = await service(reply)
  const made = streamer(server, options)
  const dataId = await made.initialize()
  return { server, made, dataId, push: pushing(made, dataId), chunks: () => chunksOf(server) }
}

/** Pushes to one stream, values at 0, 1, 2 ... seconds. */
export const pushing =
  (made: TimeseriesStreamer, dataId: string) =>
  (chunkIndex: number, channelName: string, values: number[] = [chunkIndex]) =>
    made.push(dataId, { chunkIndex, channelName, timestamps: values.map((_, i) => i), values })

/** The bodies of all chunks that arrived. */
export const chunksOf = (server: Loopback) =>
  server.seen.filter(({ target }) => target.startsWith('/tool-state/stream/chunk')).map(({ body }) => body)

/** Channel and index of every chunk that arrived. */
export const arrivals = (server: Loopback) =>
  chunksOf(server).map((body) => {
    const { channel_name, chunk_index } = JSON.parse(body) as { channel_name: string; chunk_index: number }
    return `${channel_name}${chunk_index}`
  })

/** Index and state of each chunk. */
export const statesOf = ({ chunks }: SeriesReceipt) => chunks.map(({ index, state }) => [index, state])
