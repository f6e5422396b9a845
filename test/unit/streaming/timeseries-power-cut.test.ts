import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import type { JournalPlace } from '../../../ts/journal/place.js'
import { TimeseriesStreamer } from '../../../ts/streaming/timeseries.js'
import type { HttpTransport } from '../../../ts/upload/http.js'
import { ForgetfulDisk } from '../../disk/forgetful-disk.js'
import { placeOn, scaled } from '../../journal/journals.js'

const SEEDS = [undefined, ...Array.from({ length: scaled(3, 30) }, (_, seed) => seed)]
const [A, B, C] = ['a', 'b', 'c']
/** What is pushed: its index, and its channels. */
const CHUNKS: [index: number, channels: string[]][] = [
  [0, [A]],
  [0, [B, C]],
  [1, [A]],
  [2, [A]],
  [1, [B, C]],
]

const pointsOf = (index: number, channel: string) => ({
  timestamps: [index, index + 0.5],
  values: [index * 10 + channel.charCodeAt(0), index + 0.25],
})

/** A service in this process: what it holds by channel and index. */
class Service {
  readonly held = new Map<string, string>()
  /** Keys that came again with other points. */
  readonly changed: string[] = []
  ended = 0
  #streams = 0

  /** The network of a process that lives until it loses power: then nothing comes out of it, or back. */
  transport(isOn: () => boolean): HttpTransport {
    return async ({ method, url, body }) => {
      if (!isOn()) await new Promise(() => undefined)
      if (url.endsWith('/initialize')) return answer({ data_id: `stream-${this.#streams++}` })
      if (url.endsWith('/finalize')) this.ended++
      else this.#put(JSON.parse(body as string))
      if (!isOn()) throw new FramewireError('upload/unreachable', 'gone', { method, url })
      return answer({})
    }
  }

  #put({ data_id, chunk_index, channel_name, channels, ...points }: Record<string, unknown>): void {
    const all = (channels ?? { [channel_name as string]: points }) as Record<string, unknown>
    for (const [name, given] of Object.entries(all)) {
      const key = `${data_id} ${name}${chunk_index}`
      const text = JSON.stringify(given)
      if ((this.held.get(key) ?? text) !== text) this.changed.push(key)
      this.held.set(key, text)
    }
  }
}

const answer = (value: unknown) => ({ status: 200, headers: {}, text: JSON.stringify(value) })

function streamerOn(journal: JournalPlace, transport: HttpTransport): TimeseriesStreamer {
  const endpoint = 'http://service'
  return new TimeseriesStreamer({ apiKey: 'k', endpoint, journal, transport, clockSync: false, verbosity: 0 })
}

/** Push chunks and end the stream; tells of each when it is journaled. */
async function work(
  made: TimeseriesStreamer,
  dataId: string,
  chunks: typeof CHUNKS,
  onJournaled: (chunk: (typeof CHUNKS)[number]) => void = () => {},
): Promise<void> {
  const kept: Promise<void>[] = []
  for (const chunk of chunks) {
    const [chunkIndex, names] = chunk
    const channels = Object.fromEntries(names.map((name) => [name, pointsOf(chunkIndex, name)]))
    const { journaled, stored } =
      names.length > 1
        ? made.pushMulti(dataId, { chunkIndex, channels })
        : made.push(dataId, { chunkIndex, channelName: names[0]!, ...channels[names[0]!]! })
    const told = journaled.then(() => onJournaled(chunk))
    told.catch(() => undefined)
    kept.push(told)
    // Some come while others are written, and some when all is quiet.
    if (chunkIndex === 0 && names.length > 1) await stored
  }
  await Promise.all(kept)
  await made.finalize(dataId)
}

/** Lose power at an operation of the disk, go on with what is left of it; answers the operations of the first process. */
async function powerCut(crashAt: number, seed: number | undefined): Promise<number> {
  const service = new Service()
  const disk = new ForgetfulDisk().crashAt(crashAt)
  const journaled = new Set<(typeof CHUNKS)[number]>()
  let dataId: string | undefined
  const first = streamerOn(
    placeOn(disk),
    service.transport(() => disk.operations < crashAt),
  )
  // It works until it is done, or does nothing more.
  const working = (async () => {
    dataId = await first.initialize()
    await work(first, dataId, CHUNKS, (chunk) => journaled.add(chunk))
  })().then(
    () => true,
    () => false,
  )
  const isOff = async () => {
    while (disk.operations < crashAt) await new Promise((resolve) => setImmediate(resolve))
    // What was confirmed before the cut is told.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    return false
  }
  await Promise.race([working, isOff()])

  const place = placeOn(disk.afterCrash({ seed }))
  const [found] = await place.list()
  const second = streamerOn(
    place,
    service.transport(() => true),
  )
  if (found?.error?.code === 'journal/unbegun') await place.remove(found.dataId)
  else if (found) {
    dataId = found.dataId
    await second.resume(dataId)
    const rest = CHUNKS.filter((chunk) => !journaled.has(chunk))
    await work(second, dataId, rest)
  }
  // With no journal nothing was journaled, or all is stored.
  if (!found || found.error) expect([0, CHUNKS.length]).toContain(journaled.size)
  await second.close()
  for (const [index, names] of found?.error ? [] : journaled) {
    for (const name of names) {
      const { timestamps, values } = JSON.parse(service.held.get(`${dataId} ${name}${index}`) ?? '{}')
      expect({ timestamps, values }).toEqual(pointsOf(index, name))
    }
  }
  if (journaled.size > 0) expect(service.ended).toBeGreaterThan(0)
  expect(service.changed).toEqual([])
  return disk.operations
}

describe('a power cut', () => {
  it('takes nothing that was journaled, at every operation of the disk', async () => {
    const operations = await powerCut(Number.POSITIVE_INFINITY, undefined)
    expect(operations).toBeGreaterThan(20)
    for (let crashAt = 0; crashAt < operations; crashAt++) {
      for (const seed of SEEDS) {
        await powerCut(crashAt, seed).catch((cause: unknown) => {
          throw new Error(`power cut at operation ${crashAt}, seed ${seed}`, { cause })
        })
      }
    }
  })
})
