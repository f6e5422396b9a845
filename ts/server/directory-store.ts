import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FramewireError } from '../errors.js'
import { Catalog } from './catalog.js'
import type { Checker } from './checker.js'
import { FrameFolder, recoverStaging } from './frame-folder.js'
import { lockStore } from './lock.js'
import { Serial } from './serial.js'
import { SeriesFolder } from './series-folder.js'
import { makeFolder, Staging, storing } from './staging.js'
import type { FrameStore, LinkKind, Named, NewStream, SeriesStore, Store, StreamRecord } from './store.js'

/** What the store keeps for itself, beside a folder for each stream. */
const OWN = '.framewire'
const STREAM_JSON = 'stream.json'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

type Entry = { record: StreamRecord; writes: Serial } & (
  | { kind: 'frames'; folder: FrameFolder }
  | { kind: 'series'; folder: SeriesFolder }
)

/** A store in a folder of the file system; one process at a time. */
export class DirectoryStore implements Store {
  readonly #path: string
  readonly #staging: Staging
  readonly #checker: Checker
  readonly #catalog: Catalog
  readonly #unlock: () => Promise<void>
  readonly #entries = new Map<string, Entry>()
  readonly #creations = new Serial()

  private constructor(
    path: string,
    staging: Staging,
    checker: Checker,
    catalog: Catalog,
    unlock: () => Promise<void>,
  ) {
    this.#path = path
    this.#staging = staging
    this.#checker = checker
    this.#catalog = catalog
    this.#unlock = unlock
  }

  /**
   * Open a store, or make an empty one. What a crash left unfinished is finished where it can be, and removed where it
   * was never answered. Throws `server/store`, `server/full`.
   */
  static open(path: string, checker: Checker): Promise<DirectoryStore> {
    return storing(path, async () => {
      const staging = new Staging(join(path, OWN, 'incoming'))
      await makeFolder(staging.folder)
      const unlock = await lockStore(join(path, OWN, 'lock'))
      try {
        const catalog = await Catalog.open(join(path, OWN, 'catalog.json'), staging)
        const store = new DirectoryStore(path, staging, checker, catalog, unlock)
        await store.#readStreams()
        await store.#recover()
        return store
      } catch (error) {
        await unlock()
        throw error
      }
    })
  }

  create(stream: NewStream): Promise<StreamRecord> {
    return this.#creations.run(() =>
      storing(this.#path, async () => {
        const { idempotencyKey } = stream
        const known =
          idempotencyKey && this.streams().find((record) => record.idempotencyKey === idempotencyKey)
        if (known) return known
        const common = { id: randomUUID(), createdAt: new Date().toISOString(), tagIds: [] }
        const record: StreamRecord =
          stream.kind === 'frames'
            ? { ...stream, ...common }
            : { ...stream, ...common, processedDataId: randomUUID() }
        const entry = this.#entry(record)
        const folder = join(this.#path, record.id)
        try {
          await makeFolder(folder)
          await entry.folder.create(attributes(record))
          // The record last: a folder without one is no stream yet.
          await this.#save(entry, record)
        } catch (error) {
          await rm(folder, { recursive: true, force: true })
          throw error
        }
        this.#entries.set(record.id, entry)
        return record
      }),
    )
  }

  stream(id: string): StreamRecord | undefined {
    return this.#entries.get(id)?.record
  }

  streams(): StreamRecord[] {
    return [...this.#entries.values()].map(({ record }) => record)
  }

  async end(id: string): Promise<void> {
    const { kind, folder } = this.#known(id)
    if (kind === 'series') await folder.settle()
    await this.#amend(id, (record) => ({ ...record, endedAt: record.endedAt ?? new Date().toISOString() }))
  }

  linkSample(id: string, sampleId: string): Promise<void> {
    return this.#amend(id, (record) => ({ ...record, sampleId }))
  }

  linkTags(id: string, tagIds: readonly string[]): Promise<void> {
    return this.#amend(id, (record) => ({ ...record, tagIds: [...new Set([...record.tagIds, ...tagIds])] }))
  }

  frames(id: string): FrameStore {
    const { kind, folder } = this.#known(id)
    if (kind !== 'frames') throw new Error(`stream ${id} has no frames`)
    return folder
  }

  series(id: string): SeriesStore {
    const { kind, folder } = this.#known(id)
    if (kind !== 'series') throw new Error(`stream ${id} has no channels`)
    return folder
  }

  named(kind: LinkKind): readonly Named[] {
    return this.#catalog.named(kind)
  }

  addNamed(kind: LinkKind, name: string): Promise<Named> {
    return this.#catalog.addNamed(kind, name)
  }

  track(projectId: string, sampleId: string, active: boolean): Promise<void> {
    return this.#catalog.track(projectId, sampleId, active)
  }

  async close(): Promise<void> {
    try {
      for (const { folder } of this.#entries.values()) await folder.close()
    } finally {
      await this.#unlock()
    }
  }

  #known(id: string): Entry {
    const entry = this.#entries.get(id)
    if (!entry) throw new Error(`no stream ${id}`)
    return entry
  }

  #entry(record: StreamRecord): Entry {
    const path = join(this.#path, record.id)
    const writes = new Serial()
    return record.kind === 'frames'
      ? { record, writes, kind: 'frames', folder: new FrameFolder(path, this.#staging, this.#checker) }
      : { record, writes, kind: 'series', folder: new SeriesFolder(path, this.#staging) }
  }

  #amend(id: string, change: (record: StreamRecord) => StreamRecord): Promise<void> {
    const entry = this.#known(id)
    return entry.writes.run(async () => {
      const changed = change(entry.record)
      await storing(this.#path, () => this.#save(entry, changed))
    })
  }

  async #save(entry: Entry, record: StreamRecord): Promise<void> {
    await this.#staging.replace(join(this.#path, record.id, STREAM_JSON), JSON.stringify(record, null, 2))
    entry.record = record
  }

  async #readStreams(): Promise<void> {
    const records: StreamRecord[] = []
    for (const folder of await readdir(this.#path, { withFileTypes: true })) {
      if (!folder.isDirectory() || !UUID.test(folder.name)) continue
      const record = await readStream(join(this.#path, folder.name, STREAM_JSON))
      if (record) records.push(record)
    }
    records.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
    for (const record of records) this.#entries.set(record.id, this.#entry(record))
  }

  async #recover(): Promise<void> {
    await recoverStaging(this.#staging, (id) => {
      const entry = this.#entries.get(id)
      return entry?.kind === 'frames' ? entry.folder : undefined
    })
    for (const { kind, folder } of this.#entries.values()) if (kind === 'series') await folder.recover()
  }
}

/** A stream's record; none where the folder's making was cut short. Throws `server/store` for a damaged one. */
async function readStream(path: string): Promise<StreamRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as StreamRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
    throw new FramewireError(
      'server/store',
      `The record of a stream is damaged: ${path}. Restore it, or move the stream's folder out of the store.`,
      { path, reason: 'damaged record' },
      { cause: error },
    )
  }
}

/** What a stream's Zarr group says of it. */
function attributes(record: StreamRecord): object {
  const { id, name, createdAt, projectId } = record
  const common = { data_id: id, name, created_at: createdAt, project_id: projectId }
  if (record.kind === 'series') return common
  const { fps, rotationsPerMin, rotationalPeriod, azimuth } = record
  return {
    ...common,
    fps,
    rotations_per_min: rotationsPerMin,
    rotational_period: rotationalPeriod,
    azimuth_label: azimuth,
  }
}
