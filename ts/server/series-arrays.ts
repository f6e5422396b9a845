import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, type Staging, syncFolder } from './staging.js'
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

const ARRAYS = ['timestamps', 'values'] as const

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
  async write(position: number, points: PointArrays, { name, units }: ChannelTraits): Promise<void> {
    const length = position + points.values.length
    const first = Math.floor(position / POINTS_PER_FILE)
    const traits = units === undefined ? {} : { units }
    for (const array of ARRAYS) {
      const folder = join(this.#path, array)
      await makeFolder(join(folder, 'c'))
      for (let file = first; file * POINTS_PER_FILE < length; file++) {
        const start = file * POINTS_PER_FILE
        const path = join(folder, 'c', String(file))
        // Points before the position stay as they are.
        const bytes = start < position ? await readFile(path) : Buffer.alloc(8 * POINTS_PER_FILE)
        for (let at = Math.max(start, position); at < start + POINTS_PER_FILE; at++) {
          bytes.writeDoubleLE(points[array][at - position] ?? Number.NaN, 8 * (at - start))
        }
        await this.#replace(path, bytes)
      }
      await this.#document(folder, seriesDocument(length, array === 'timestamps' ? TIMESTAMP_TRAITS : traits))
    }
    await this.#document(this.#path, groupDocument({ channel_name: name, ...traits }))
  }

  /** Put on disk what was written since the last time. */
  async sync(): Promise<void> {
    const paths = [...this.#unsynced]
    await Promise.all(paths.map(syncFile))
    await Promise.all([...new Set(paths.map((path) => dirname(path)))].map(syncFolder))
    for (const path of paths) this.#unsynced.delete(path)
  }

  async #document(folder: string, document: string): Promise<void> {
    const path = join(folder, ZARR_JSON)
    if (this.#documents.get(path) === document) return
    await this.#replace(path, document)
    this.#documents.set(path, document)
  }

  async #replace(path: string, data: string | Uint8Array): Promise<void> {
    const staged = await this.#staging.write(data, { sync: false })
    try {
      await rename(staged, path)
    } catch (error) {
      await this.#staging.discard(staged)
      throw error
    }
    this.#unsynced.add(path)
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

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
