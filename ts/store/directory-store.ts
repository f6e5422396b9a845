import { randomUUID } from 'node:crypto'
import { type Disk, makeDurableFolder } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { Catalog } from './catalog.js'
import type { Checker } from './checker.js'
import { withChecksum } from './checksum.js'
import { FrameFolder, framesLayout, recoverStaging } from './frame-folder.js'
import { Serial } from './serial.js'
import { SeriesFolder, seriesLayout } from './series-folder.js'
import { OWN, Staging, storing } from './staging.js'
import type { FrameStore, LinkKind, Named, NewStream, SeriesStore, Store, StreamRecord } from './store.js'
import { groupAttributes, makeStreamFolder, readStream, recordPath } from './stream-folder.js'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

type Entry = { record: StreamRecord; writes: Serial } & (
  | { kind: 'frames'; folder: FrameFolder }
  | { kind: 'series'; folder: SeriesFolder }
)

/** A store in a folder of a disk; one at a time. */
export class DirectoryStore implements Store {
  readonly #path: string
  readonly #staging: Staging
  readonly #checker: Checker
  readonly #catalog: Catalog
  readonly #entries = new Map<string, Entry>()
  readonly #creations = new Serial()

  private constructor(path: string, staging: Staging, checker: Checker, catalog: Catalog) {
    this.#path = path
    this.#staging = staging
    this.#checker = checker
    this.#catalog = catalog
  }

  /**
   * Open a store, or make an empty one. What a crash left unfinished is finished where it can be, and removed where it
   * was never answered. Throws `server/store`, `server/full`.
   */
  static open(path: string, checker: Checker, disk: Disk = nodeDisk): Promise<DirectoryStore> {
    return storing(path, async () => {
      const staging = new Staging(disk, path)
      // With it go the names of the catalog and the streams: a process that was killed may not have synced them.
      await makeDurableFolder(disk, staging.folder)
      const catalog = await Catalog.open(`${path}/${OWN}/catalog.json`, staging)
      const store = new DirectoryStore(path, staging, checker, catalog)
      await store.#readStreams()
      await store.#recover()
      return store
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
        await this.#make(record)
        this.#entries.set(record.id, this.#entry(record))
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
    for (const { folder } of this.#entries.values()) await folder.close()
  }

  #known(id: string): Entry {
    const entry = this.#entries.get(id)
    if (!entry) throw new Error(`no stream ${id}`)
    return entry
  }

  #entry(record: StreamRecord): Entry {
    const path = `${this.#path}/${record.id}`
    const writes = new Serial()
    return record.kind === 'frames'
      ? { record, writes, kind: 'frames', folder: new FrameFolder(path, this.#staging, this.#checker) }
      : { record, writes, kind: 'series', folder: new SeriesFolder(path, this.#staging) }
  }

  /** A stream is there whole or not at all: its folder is made in staging. */
  async #make(record: StreamRecord): Promise<void> {
    const { disk, folder } = this.#staging
    const [staged, path] = [`${folder}/${record.id}`, `${this.#path}/${record.id}`]
    const layout = record.kind === 'frames' ? framesLayout : seriesLayout
    try {
      await makeStreamFolder(disk, staged, record, layout(groupAttributes(record)))
      await disk.rename(staged, path)
      await disk.syncFolder(this.#path)
    } catch (error) {
      await this.#staging.discard(staged, path)
      throw error
    }
  }

  #amend(id: string, change: (record: StreamRecord) => StreamRecord): Promise<void> {
    const entry = this.#known(id)
    return entry.writes.run(async () => {
      const changed = change(entry.record)
      await storing(this.#path, () =>
        this.#staging.replace(recordPath(`${this.#path}/${id}`), withChecksum(changed)),
      )
      entry.record = changed
    })
  }

  async #readStreams(): Promise<void> {
    const { disk } = this.#staging
    const records: StreamRecord[] = []
    for (const { name, isFolder } of await disk.list(this.#path)) {
      if (isFolder && UUID.test(name)) records.push(await readStream(disk, `${this.#path}/${name}`))
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
