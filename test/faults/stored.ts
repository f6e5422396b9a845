import { join } from 'node:path'
import { readFrames } from 'framewire/server'
import type { TestServer } from '../interop/server.js'
import { readWithZarrita } from '../interop/zarrita.js'
import { CHUNK, framesOf, type Job, pointsOf, sampleName, streamName, tagName } from './job.js'

/** A stream as the server holds it. */
export interface StoredStream {
  dataId: string
  ended: boolean
  /** Indexes of the chunks that are there, byte for byte, once. */
  chunks: number[]
  /** How often a chunk of frames took the place of other bytes. */
  replaced: number
  /** Linked with the sample and the tag of its job, of which there is one each. */
  sample: boolean
  tag: boolean
}

interface StreamRecord {
  id: string
  name: string
  endedAt?: unknown
  sampleId?: string
  tagIds?: string[]
}

interface Inventory {
  chunks: { replaced: number }[]
}

interface Named {
  id: string
  name: string
}

/** For each stream of a job: what the server has under its name. */
export async function storedStreams(server: TestServer, job: Job): Promise<StoredStream[][]> {
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(server.url + path, { headers: { 'x-api-key': server.apiKey } })
    return (await answer.json()) as T
  }
  const only = async (path: string, name: string) => {
    const found = (await ask<Named[]>(path)).filter((one) => one.name === name)
    return found.length === 1 ? found[0]!.id : undefined
  }
  const [all, sample, tag] = await Promise.all([
    ask<StreamRecord[]>('/framewire/v1/streams'),
    only('/physical_samples/', sampleName(job)),
    only('/tags/', tagName(job)),
  ])
  const stored = async ({ id, endedAt, sampleId, tagIds = [] }: StreamRecord, stream: number) => ({
    dataId: id,
    ended: endedAt !== undefined,
    chunks: await chunksOf(join(server.store, id), job, stream),
    replaced: job.kind === 'frames' ? sum(await ask<Inventory>(`/framewire/v1/streams/${id}/chunks`)) : 0,
    sample: sample !== undefined && sampleId === sample,
    tag: tagIds.length === 1 && tagIds[0] === tag,
  })
  return Promise.all(
    Array.from({ length: job.streams }, (_, stream) => {
      const own = all.filter(({ name }) => name === streamName(job, stream))
      return Promise.all(own.map((record) => stored(record, stream)))
    }),
  )
}

async function chunksOf(path: string, job: Job, stream: number): Promise<number[]> {
  const indexes = Array.from({ length: job.chunks }, (_, chunk) => chunk)
  if (job.kind === 'series') {
    const held = await Promise.all(
      job.channels.map(async (channel) => {
        const values = await readWithZarrita(join(path, 'series.zarr'), `${channel}/values`).then(
          ({ data }) => Array.from(data),
          () => [],
        )
        return { channel, values }
      }),
    )
    return indexes.filter((chunk) =>
      held.every(({ channel, values }) =>
        pointsOf(channel, chunk).values.every((value) => values.filter((one) => one === value).length === 1),
      ),
    )
  }
  const sound = await Promise.all(
    indexes.map((chunk) =>
      readFrames(path, chunk * CHUNK, CHUNK).then(
        (pixels) => Buffer.compare(pixels, framesOf(job, stream, chunk).data) === 0,
        () => false,
      ),
    ),
  )
  return indexes.filter((chunk) => sound[chunk])
}

function sum({ chunks }: Inventory): number {
  return chunks.reduce((total, { replaced }) => total + replaced, 0)
}
