import { isMissing } from '../disk/disk.js'
import { channelFolder } from './channel-name.js'
import { soundContent, withChecksum } from './checksum.js'
import { Serial } from './serial.js'
import { type PointArrays, SeriesArrays } from './series-arrays.js'
import { type LogPlace, SeriesLog } from './series-log.js'
import { type Staging, storing } from './staging.js'
import type { ChannelRecord, Points, SeriesChunk, SeriesStore } from './store.js'
import type { Layout } from './stream-folder.js'
import { groupDocument, ZARR_JSON } from './zarr.js'

/** Where the channels of a stream lie in its folder. */
export const SERIES_ZARR = 'series.zarr'
/** The log of a stream in its folder. */
export const SERIES_LOG = 'series.jsonl'
/** Says how much of the log the arrays on disk stand for. It may be lost in a crash: the arrays are made again then. */
export const SERIES_MARK = 'series.mark'

interface Channel {
  name: string
  units?: string
  /** By index. */
  chunks: { index: number; points: number; place: LogPlace }[]
  points: number
  arrays: SeriesArrays
}

/** A stream without channels. */
export function seriesLayout(attributes: object): Layout {
  return {
    folders: [SERIES_ZARR],
    files: { [`${SERIES_ZARR}/${ZARR_JSON}`]: groupDocument(attributes), [SERIES_LOG]: '' },
  }
}

/**
 * The channels of one stream in its folder. A chunk is kept as soon as it is in the log; the Zarr arrays, a group a
 * channel, are written from there and can be made again.
 */
export class SeriesFolder implements SeriesStore {
  readonly #path: string
  readonly #staging: Staging
  readonly #log: SeriesLog
  readonly #writes = new Serial()
  #channels: Map<string, Channel> | undefined

  constructor(path: string, staging: Staging) {
    this.#path = path
    this.#staging = staging
    this.#log = new SeriesLog(staging.disk, `${path}/${SERIES_LOG}`)
  }

  put(chunk: SeriesChunk): Promise<void> {
    return this.#exclusive(async (channels) => {
      if (await this.#isRepeated(channels, chunk)) return
      const place = await this.#log.append(chunk)
      for (const [name, points] of Object.entries(chunk.channels)) {
        await this.#place(channels, name, points, chunk.index, place)
      }
    })
  }

  channels(): Promise<ChannelRecord[]> {
    return this.#exclusive(async (channels) =>
      [...channels.values()].map(({ name, units, chunks }) => ({
        name,
        units,
        chunks: chunks.map(({ index, points }) => ({ index, points })),
      })),
    )
  }

  /** Put the arrays on disk, and note that they stand for the whole log. */
  settle(): Promise<void> {
    return this.#exclusive(async (channels) => {
      if (await this.#isSettled()) return
      for (const { arrays } of channels.values()) await arrays.sync()
      await this.#staging.disk.syncFolder(`${this.#path}/${SERIES_ZARR}`)
      const mark = withChecksum({ bytes: this.#log.bytes })
      await this.#staging.replace(`${this.#path}/${SERIES_MARK}`, mark, { sync: false })
    })
  }

  /** Make the arrays whole again where a crash left them behind the log. */
  async recover(): Promise<void> {
    if (await this.#isSettled()) return
    await this.settle()
    this.#channels = undefined
  }

  /** Ends when the writes under way have ended. What cannot be settled, on a full disk say, is at the next start. */
  async close(): Promise<void> {
    if (this.#channels) await this.settle().catch(() => {})
  }

  /** Whether the arrays on disk stand for the whole log. */
  async #isSettled(): Promise<boolean> {
    return (await this.#settledBytes()) === (await this.#log.size())
  }

  /** How much of the log the arrays on disk stand for. */
  async #settledBytes(): Promise<number> {
    try {
      const mark = await this.#staging.disk.read(`${this.#path}/${SERIES_MARK}`)
      return soundContent<{ bytes: number }>(mark)?.bytes ?? 0
    } catch (error) {
      if (isMissing(error)) return 0
      throw error
    }
  }

  #exclusive<T>(work: (channels: Map<string, Channel>) => Promise<T>): Promise<T> {
    return this.#writes.run(() =>
      storing(this.#path, async () => {
        try {
          this.#channels ??= await this.#load()
          return await work(this.#channels)
        } catch (error) {
          // The arrays may be half written: next time they are made again from the log.
          this.#channels = undefined
          throw error
        }
      }),
    )
  }

  async #load(): Promise<Map<string, Channel>> {
    const settled = await this.#isSettled()
    const channels = new Map<string, Channel>()
    for (const { chunk, place } of await this.#log.open(await this.#settledBytes())) {
      for (const [name, points] of Object.entries(chunk.channels)) {
        insert(this.#channel(channels, name), points, chunk.index, place)
      }
    }
    if (!settled) {
      for (const channel of channels.values())
        await channel.arrays.write(0, await this.#points(channel, 0), channel)
    }
    return channels
  }

  /** Whether the log holds just these points of these channels already. */
  async #isRepeated(channels: Map<string, Channel>, chunk: SeriesChunk): Promise<boolean> {
    for (const [name, points] of Object.entries(chunk.channels)) {
      const held = channels.get(name)?.chunks.find(({ index }) => index === chunk.index)
      if (!held) return false
      const logged = await this.#log.read(held.place)
      if (JSON.stringify(logged.channels[name]) !== JSON.stringify(points)) return false
    }
    return true
  }

  /** Put a chunk among those of its channel; the points behind it move where it is not the last. */
  async #place(
    channels: Map<string, Channel>,
    name: string,
    points: Points,
    index: number,
    place: LogPlace,
  ): Promise<void> {
    const channel = this.#channel(channels, name)
    const at = insert(channel, points, index, place)
    const isLast = at === channel.chunks.length - 1
    const position = isLast
      ? channel.points - points.values.length
      : channel.chunks.slice(0, at).reduce((sum, chunk) => sum + chunk.points, 0)
    await channel.arrays.write(position, isLast ? points : await this.#points(channel, at), channel)
  }

  #channel(channels: Map<string, Channel>, name: string): Channel {
    const known = channels.get(name)
    if (known) return known
    const arrays = new SeriesArrays(`${this.#path}/${SERIES_ZARR}/${channelFolder(name)}`, this.#staging)
    const channel: Channel = { name, chunks: [], points: 0, arrays }
    channels.set(name, channel)
    return channel
  }

  /** The points of a channel from its chunk `from` (a place in order, not an index) to its end. */
  async #points({ name, chunks }: Channel, from: number): Promise<PointArrays> {
    const timestamps: (number | null)[] = []
    const values: (number | null)[] = []
    for (const { place } of chunks.slice(from)) {
      const points = (await this.#log.read(place)).channels[name]!
      for (const time of points.timestamps) timestamps.push(time)
      for (const value of points.values) values.push(value)
    }
    return { timestamps, values }
  }
}

/** Put a chunk in its place by index, or in the place of the one that has its index; answers the place. */
function insert(channel: Channel, { values, units }: Points, index: number, place: LogPlace): number {
  const { chunks } = channel
  const found = chunks.findLastIndex((chunk) => chunk.index <= index)
  const isSame = chunks[found]?.index === index
  const at = isSame ? found : found + 1
  const [former] = chunks.splice(at, isSame ? 1 : 0, { index, points: values.length, place })
  channel.points += values.length - (former?.points ?? 0)
  if (units !== undefined) channel.units = units
  return at
}
