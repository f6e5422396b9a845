import { syncFile } from '../disk/disk.js'
import type { Staging } from './staging.js'
import { arrayDocument, groupDocument, ZARR_JSON } from './zarr.js'

/** Points of a Zarr chunk of a channel: 32 KiB, the most that is written again when a point is added. */
export const POINTS_PER_FILE = 4096

/** Points to write: times in seconds since the epoch, and values. */
export interface PointArrays {
  timestamps: readonly (number | null)[]
  values: readonly (number | null)[]
}

/** What a channel's group says of it. */
export interface ChannelTraits {
  name: string
  units?: string
}

/** The arrays of a channel. */
export const ARRAYS = ['timestamps', 'values'] as const

/** The two arrays of one channel. They can be made again from the log, so they are synced only when asked to be. */
export class SeriesArrays {
  readonly #path: string
  readonly #staging: Staging
  readonly #unsynced = new Set<string>()
  /** The documents as they were last written; those of an earlier run are not known. */
  readonly #documents = new Map<string, string>()

  /** @param path folder of the channel's group */
  constructor(path: string, staging: Staging) {
    this.#path = path
    this.#staging = staging
  }

  /** Put `points` at `position`; the arrays end behind them. Readers see the old length until all files are there. */
  async write(position: number, points: PointArrays, traits: ChannelTraits): Promise<void> {
    const length = position + points.values.length
    const first = Math.floor(position / POINTS_PER_FILE)
    const documents = channelDocuments(length, traits)
    for (const array of ARRAYS) {
      const folder = `${this.#path}/${array}`
      await this.#staging.disk.makeFolder(`${folder}/c`)
      for (let file = first; file * POINTS_PER_FILE < length; file++) {
        const start = file * POINTS_PER_FILE
        const path = `${folder}/c/${file}`
        // Points before the position stay as they are.
        const bytes = Buffer.from(
          start < position ? await this.#staging.disk.read(path) : new Uint8Array(8 * POINTS_PER_FILE),
        )
        const from = Math.max(start, position)
        fillPoints(bytes, from - start, points[array], from - position)
        await this.#replace(path, bytes)
      }
      await this.#document(folder, documents[array])
    }
    await this.#document(this.#path, documents.group)
  }

  /** Put on disk what was written since the last time, but for the name of the channel's folder. */
  async sync(): Promise<void> {
    const { disk } = this.#staging
    const paths = [...this.#unsynced]
    if (paths.length === 0) return
    await Promise.all(paths.map((path) => syncFile(disk, path)))
    const folders = ARRAYS.flatMap((array) => [`${this.#path}/${array}/c`, `${this.#path}/${array}`])
    await Promise.all([...folders, this.#path].map((folder) => disk.syncFolder(folder)))
    for (const path of paths) this.#unsynced.delete(path)
  }

  async #document(folder: string, document: string): Promise<void> {
    const path = `${folder}/${ZARR_JSON}`
    if (this.#documents.get(path) === document) return
    await this.#replace(path, document)
    this.#documents.set(path, document)
  }

  async #replace(path: string, data: string | Uint8Array): Promise<void> {
    await this.#staging.replace(path, data, { sync: false })
    this.#unsynced.add(path)
  }
}

/** What the group and the arrays of a channel of `length` points say of themselves. */
export function channelDocuments(
  length: number,
  { name, units }: ChannelTraits,
): Record<'group' | (typeof ARRAYS)[number], string> {
  const traits = units === undefined ? {} : { units }
  return {
    group: groupDocument({ channel_name: name, ...traits }),
    timestamps: seriesDocument(length, TIMESTAMP_TRAITS),
    values: seriesDocument(length, traits),
  }
}

/** Put `list[from]` and what is behind it into a Zarr chunk of an array, from its point `slot` on; NaN to its end. */
export function fillPoints(
  bytes: Buffer,
  slot: number,
  list: readonly (number | null)[],
  from: number,
): void {
  for (let at = slot; at < POINTS_PER_FILE; at++) {
    bytes.writeDoubleLE(list[from + at - slot] ?? Number.NaN, 8 * at)
  }
}

const TIMESTAMP_TRAITS = { units: 'seconds since 1970-01-01T00:00:00Z' }

function seriesDocument(length: number, attributes: object): string {
  return arrayDocument({
    shape: [length],
    chunkShape: [POINTS_PER_FILE],
    dataType: 'float64',
    fillValue: 'NaN',
    dimensionNames: ['point'],
    attributes,
  })
}
