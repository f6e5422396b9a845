import { join } from 'node:path'
import { nodeDisk } from '../disk/disk-node.js'
import { FramewireError } from '../errors.js'
import type { ChunkFault, JournalView } from '../journal/place.js'
import type { SeriesSession } from '../journal/records.js'
import { type PointsItem, unstoredPoints } from '../journal/state.js'
import { seriesChunk, seriesMultiChunk } from '../server/schemas.js'
import { SERIES_ZARR, SeriesFolder, seriesLayout } from '../store/series-folder.js'
import { Staging } from '../store/staging.js'
import type { Points, SeriesChunk, SeriesStream } from '../store/store.js'
import { groupAttributes, makeStreamFolder } from '../store/stream-folder.js'
import { SERIES_PATHS } from '../upload/series-requests.js'
import { usage } from './outcome.js'
import type { Recovered } from './recovered.js'

/** The channels that a journal holds, from the requests in it, put into a stream's folder as a server puts them. */
export async function recoverSeries(
  view: JournalView,
  session: SeriesSession,
  scratch: string,
): Promise<Recovered> {
  const held = unstoredPoints(view.state)
  if (held.length === 0)
    throw usage(`the journal of ${session.dataId} holds no points: all were stored, or none were journaled.`)
  const folder = join(scratch, 'stream')
  const record = storedSeries(session)
  await makeStreamFolder(nodeDisk, folder, record, seriesLayout(groupAttributes(record)))
  const staging = new Staging(nodeDisk, scratch)
  await nodeDisk.makeFolder(staging.folder)
  const series = new SeriesFolder(folder, staging)
  const damaged: ChunkFault[] = []
  for (const { entry } of held) {
    const { id, index } = entry
    const chunk = chunkOf(entry, JSON.parse(await view.request(id)))
    if (chunk) await series.put(chunk)
    else damaged.push({ chunk: index, error: unnamed(index) })
  }
  await series.settle()
  const channels = await series.channels()
  if (channels.length === 0) throw damaged[0]!.error
  const points = channels.flatMap(({ chunks }) => chunks).reduce((sum, chunk) => sum + chunk.points, 0)
  const names = channels.map(({ name }) => name)
  return {
    path: join(folder, SERIES_ZARR),
    figures: { points, channels: names },
    rows: [['Points', `${points} of ${names.join(', ')}`]],
    damaged,
    storedElsewhere: view.state.points.size - held.length,
  }
}

function storedSeries({ dataId, streamName, startedAtMs }: SeriesSession): SeriesStream {
  return {
    kind: 'series',
    id: dataId,
    name: streamName ?? null,
    createdAt: new Date(startedAtMs).toISOString(),
    tagIds: [],
    // What the service alone knows; the channels say nothing of it.
    processedDataId: dataId,
    pointsPerChunk: 0,
  }
}

/** The chunk that a request carries; none where it has a name that no store takes. */
function chunkOf({ path }: PointsItem['entry'], request: unknown): SeriesChunk | undefined {
  if (path === SERIES_PATHS.multi) {
    const { data } = seriesMultiChunk.safeParse(request)
    const channels = Object.entries(data?.channels ?? {}).map(([name, points]) => [name, pointsOf(points)])
    return data && { index: data.chunk_index, channels: Object.fromEntries(channels) }
  }
  const { data } = seriesChunk.safeParse(request)
  return data && { index: data.chunk_index, channels: { [data.channel_name]: pointsOf(data) } }
}

function pointsOf({ timestamps, values, units }: Omit<Points, 'units'> & { units?: string | null }): Points {
  return units == null ? { timestamps, values } : { timestamps, values, units }
}

function unnamed(chunk: number): FramewireError<'series/points'> {
  const reason = 'a channel has a name that a store cannot take'
  return new FramewireError('series/points', `chunk ${chunk}: ${reason}.`, { chunk, reason })
}
