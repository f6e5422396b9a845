import { type Disk, type DiskEntry, isMissing, makeDurableFolder } from '../disk/disk.js'
import { FramewireError, isFramewireError } from '../errors.js'
import { type Hasher, readChunk } from './chunk-file.js'
import { DirectoryJournal } from './directory-journal.js'
import { DiskBudget } from './disk-budget.js'
import { damaged, defect, fromSystem, onDisk } from './faults.js'
import { Log } from './log.js'
import { type LogContent, readLog } from './log-frame.js'
import type { ChunkFault, JournalPlace, JournalSummary, JournalView, StreamJournal } from './place.js'
import { pointsIn, requestIn } from './points.js'
import { CHUNK_FILE, isRecord, type Session } from './records.js'
import { replay } from './replay.js'
import { readSpill } from './spill-file.js'
import {
  type ChunkItem,
  heldChunk,
  heldChunks,
  heldPoints,
  heldSpill,
  type JournalState,
  type SpillItem,
} from './state.js'

/** What journals in a folder need of the platform, and of their user. */
export interface DirectoryPlaceParts {
  disk: Disk
  /** The folder; made when the first stream is begun. */
  path: string
  /**
   * Claim a folder for this process, until the answer is called or the process ends. Throws an error with the `pid` of
   * the process that has it.
   */
  lock(folder: string): Promise<() => Promise<void>>
  hasher(): Hasher
  /** Makes local stores of journals. */
  keeper: Keeper
  /** How much of the disk the chunks of open journals may take together. Default: all. */
  budgetBytes?: number
  /** Told what a start has mended, and what is left over. */
  warn(message: string): void
  /** Unix ms. */
  wall(): number
}

/** Makes a local store of a journal's folder. */
export interface Keeper {
  /** Name of the file in a folder that says that it is such a store. */
  mark: string
  /**
   * Make a store of what is in the folder, on disk when this resolves; the log stays. Called again where a crash cut it
   * short.
   */
  keep(folder: string, state: JournalState): Promise<void>
}

const LOG = 'log'
/** A folder that is being taken away; no stream's folder has a dot in its name. */
const REMOVED = '.removed'

/** Journals in a folder of the disk, a folder for each stream. */
export class DirectoryPlace implements JournalPlace {
  readonly durable = true
  readonly keeps = true
  readonly #parts: DirectoryPlaceParts
  readonly #budget: DiskBudget

  constructor(parts: DirectoryPlaceParts) {
    this.#parts = parts
    this.#budget = new DiskBudget(parts.budgetBytes ?? Number.POSITIVE_INFINITY)
  }

  async create(session: Session): Promise<StreamJournal> {
    const { disk, wall, keeper } = this.#parts
    const folder = this.#folder(session.dataId)
    const first = { ...session, atMs: wall() }
    if (!isRecord(first)) throw defect('a session record of an unknown form')
    await onDisk(folder, () => makeDurableFolder(disk, folder))
    return this.#locked(folder, async (unlock) => {
      const path = `${folder}/${LOG}`
      const names = (await disk.list(folder)).map(({ name }) => name)
      if (names.some((name) => name === LOG || name === keeper.mark || CHUNK_FILE.test(name))) {
        throw new FramewireError(
          'journal/exists',
          `${folder} is the journal of another stream with this id. Resume it, or remove it.`,
          { path: folder },
        )
      }
      try {
        await this.#sweepRemoved()
        await Log.begin(disk, path, first)
        return await this.#journal(folder, await this.#read(session.dataId), 0, unlock)
      } catch (error) {
        await disk.remove(folder).catch(() => {})
        throw error
      }
    })
  }

  async open(dataId: string): Promise<StreamJournal> {
    const { disk, warn } = this.#parts
    const folder = this.#folder(dataId)
    return this.#locked(folder, async (unlock) => {
      const read = await this.#read(dataId)
      const files = (await disk.list(folder)).map(({ name }) => name).filter((name) => CHUNK_FILE.test(name))
      const { chunks, spills } = read.state
      // Also of files that are not there: a keep that a crash cut short has moved them, and the log names them still.
      const taken = [...files, ...[...chunks.values(), ...spills.values()].map(({ file }) => file)]
      const nextSerial = taken.reduce(
        (next, name) => Math.max(next, Number(CHUNK_FILE.exec(name)![2]) + 1),
        0,
      )
      const journal = await this.#journal(folder, read, nextSerial, unlock)
      const { torn } = read.content
      if (torn > 0) {
        warn(
          `${folder}: the last ${torn} bytes of the log were cut off. A crash came while they were written; nothing in them was ever confirmed.`,
        )
      } else await journal.sweep(files)
      return journal
    })
  }

  async look(dataId: string): Promise<JournalView> {
    const { disk, hasher } = this.#parts
    const folder = this.#folder(dataId)
    const { state, content } = await onDisk(folder, () => this.#read(dataId))
    const points = pointsIn(content.frames)
    return {
      state,
      body: async (index) => {
        const { entry, file } = heldChunk(state, index)
        return [await readChunk(disk, `${folder}/${file}`, entry, hasher)]
      },
      spilled: async (index) => {
        const { entry, file } = heldSpill(state, index)
        return readSpill(disk, `${folder}/${file}`, entry, hasher())
      },
      request: async (id) => requestIn(points.get(heldPoints(state, id).entry.id)!.records, id)!,
    }
  }

  async list(): Promise<JournalSummary[]> {
    const entries = await onDisk(this.#parts.path, () => this.#entries(this.#parts.path))
    const ids = entries.flatMap(({ name, isFolder }) => (isFolder ? (dataIdOf(name) ?? []) : []))
    return Promise.all(
      ids.sort().map(async (dataId) => {
        const summary = { dataId, path: this.#folder(dataId) }
        try {
          return { ...summary, state: (await this.look(dataId)).state }
        } catch (error) {
          return { ...summary, error: asFramewireError(error) }
        }
      }),
    )
  }

  async verify(dataId: string): Promise<ChunkFault[]> {
    const view = await this.look(dataId)
    const faults: ChunkFault[] = []
    for (const { entry, file, read } of [
      ...heldChunks(view.state).map((item) => ({ ...item, read: view.body })),
      ...[...view.state.spills.values()].map((item) => ({ ...item, read: view.spilled })),
    ]) {
      try {
        await read(entry.index)
      } catch (error) {
        // While this read, the stream may have gone on.
        const { state } = await this.look(dataId)
        const held = [...heldChunks(state), ...state.spills.values()].find((item) => item.file === file)
        if (held && !(await this.#isMoved(dataId, held)))
          faults.push({ chunk: entry.index, error: asFramewireError(error) })
      }
    }
    return faults
  }

  async remove(dataId: string): Promise<void> {
    const folder = this.#folder(dataId)
    await this.#locked(folder, async (unlock) => {
      await this.#erase(folder)
      await unlock()
    })
  }

  /** Whether a keep, under way or cut short, has put this file into the store already. */
  async #isMoved(dataId: string, item: ChunkItem | SpillItem): Promise<boolean> {
    const { disk, keeper } = this.#parts
    const names = (await disk.list(this.#folder(dataId))).map(({ name }) => name)
    return 'stored' in item && names.includes(keeper.mark) && !names.includes(item.file)
  }

  #folder(dataId: string): string {
    return `${this.#parts.path}/${folderName(dataId)}`
  }

  /** Do something with a folder that nobody else has; where that fails it is given back. */
  async #locked<T>(folder: string, work: (unlock: () => Promise<void>) => Promise<T>): Promise<T> {
    let unlock: () => Promise<void>
    try {
      unlock = await this.#parts.lock(folder)
    } catch (cause) {
      const { pid } = cause as { pid?: unknown }
      if (isMissing(cause)) throw missing(folder)
      if (typeof pid !== 'number') throw fromSystem(folder, cause)
      throw new FramewireError(
        'journal/locked',
        `${folder} is in use by process ${pid}. Wait until it is done, or end it first.`,
        { path: folder, pid },
        { cause },
      )
    }
    try {
      return await onDisk(folder, () => work(unlock))
    } catch (error) {
      await unlock()
      throw error
    }
  }

  /** What a stream's log says. */
  async #read(dataId: string): Promise<{ content: LogContent; state: JournalState }> {
    const { disk, path: place } = this.#parts
    const folder = this.#folder(dataId)
    const path = `${folder}/${LOG}`
    let bytes: Uint8Array
    try {
      bytes = await disk.read(path)
    } catch (error) {
      throw isMissing(error) ? await this.#withoutLog(place, folder) : error
    }
    const content = readLog(path, bytes)
    const state = replay(path, content.frames)
    if (state.session.dataId !== dataId)
      throw damaged(path, `it is of another stream, ${state.session.dataId}`)
    return { content, state }
  }

  /** Why there is no log: a log has its name before anything is accepted, so that chunks without one are damage. */
  async #withoutLog(place: string, folder: string): Promise<FramewireError> {
    const { disk, keeper } = this.#parts
    if (!(await this.#entries(place)).some(({ name }) => `${place}/${name}` === folder))
      return missing(folder)
    const names = (await disk.list(folder)).map(({ name }) => name)
    if (names.some((name) => CHUNK_FILE.test(name))) return damaged(folder, 'there are chunks and no log')
    if (names.includes(keeper.mark)) {
      return new FramewireError(
        'journal/kept',
        `${folder} is a local store now: its stream was stored whole. There is nothing to resume.`,
        { path: folder },
      )
    }
    return new FramewireError(
      'journal/unbegun',
      `${folder} was never begun: a crash came first, and nothing was accepted into it. It can be removed.`,
      { path: folder },
    )
  }

  async #journal(
    folder: string,
    { content, state }: { content: LogContent; state: JournalState },
    nextSerial: number,
    unlock: () => Promise<void>,
  ): Promise<DirectoryJournal> {
    const { disk, hasher, warn, wall, keeper } = this.#parts
    const log = await Log.open(disk, `${folder}/${LOG}`, content)
    return new DirectoryJournal({
      disk,
      folder,
      log,
      state,
      points: new Map([...pointsIn(content.frames)].map(([id, { place }]) => [id, place])),
      nextSerial,
      budget: this.#budget,
      hasher,
      warn,
      wall,
      unlock,
      erase: () => onDisk(folder, () => this.#erase(folder)).finally(unlock),
      keep: () =>
        onDisk(folder, async () => {
          await keeper.keep(folder, state)
          // Its chunks are the store's, on disk: from here on it is no journal any more.
          await disk.remove(`${folder}/${LOG}`)
          await disk.syncFolder(folder)
        }).finally(unlock),
    })
  }

  /** Take a folder away: first by its name, so that no crash leaves half of one. */
  async #erase(folder: string): Promise<void> {
    const { disk, path } = this.#parts
    await disk.rename(folder, folder + REMOVED)
    await disk.syncFolder(path)
    await disk.remove(folder + REMOVED)
  }

  /** Finish removals that a crash cut short. */
  async #sweepRemoved(): Promise<void> {
    const { disk, path } = this.#parts
    for (const { name } of await disk.list(path)) {
      if (name.endsWith(REMOVED)) await disk.remove(`${path}/${name}`)
    }
  }

  async #entries(folder: string): Promise<DiskEntry[]> {
    try {
      return await this.#parts.disk.list(folder)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }
}

/** A data id as a folder's name, whatever is in it: it comes from the service. */
function folderName(dataId: string): string {
  if (dataId === '') throw defect('a stream without an id')
  return encodeURIComponent(dataId).replace(
    /[.*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The data id of a folder; none for a folder of something else. */
export function dataIdOf(name: string): string | undefined {
  try {
    const dataId = decodeURIComponent(name)
    return folderName(dataId) === name ? dataId : undefined
  } catch {
    return undefined
  }
}

function missing(folder: string): FramewireError<'journal/missing'> {
  return new FramewireError('journal/missing', `There is no journal ${folder}.`, { path: folder })
}

function asFramewireError(error: unknown): FramewireError {
  return isFramewireError(error) ? error : defect(String(error))
}
