import { freeBuffers } from '../core/free.js'
import type { Disk } from '../disk/disk.js'
import { chunkBody, type Hasher, writeChunk } from './chunk-file.js'
import type { DiskBudget } from './disk-budget.js'
import { defect, onDisk } from './faults.js'
import type { ShardBody } from './journal.js'
import type { Log } from './log.js'
import type { KeptBody, StreamJournal } from './place.js'
import {
  apply,
  type ChunkEntry,
  type ChunkItem,
  heldChunk,
  heldChunks,
  type JournalNote,
  type JournalRecord,
  type JournalState,
  misfit,
} from './records.js'
import { isRecord } from './shape.js'

/** What a journal in a folder is made of. */
export interface DirectoryJournalParts {
  disk: Disk
  folder: string
  log: Log
  /** What the log says. */
  state: JournalState
  /** Every serial of a chunk file is below this one. */
  nextSerial: number
  budget: DiskBudget
  hasher(): Hasher
  warn(message: string): void
  wall(): number
  /** Give the folder back. */
  unlock(): Promise<void>
  /** Take the folder away. */
  erase(): Promise<void>
}

/** The journal of one stream in a folder: its log, and beside it a file for each chunk that is not stored. */
export class DirectoryJournal implements StreamJournal {
  readonly state: JournalState
  readonly #parts: DirectoryJournalParts
  #serial: number
  #closing: Promise<void> | undefined

  constructor(parts: DirectoryJournalParts) {
    this.#parts = parts
    this.state = parts.state
    this.#serial = parts.nextSerial
    for (const { entry } of heldChunks(parts.state)) parts.budget.count(entry.bytes)
  }

  /** Remove those of these chunk files that no record needs: never confirmed, or stored. */
  async sweep(files: readonly string[]): Promise<void> {
    const needed = new Set(heldChunks(this.state).map(({ file }) => file))
    for (const file of files) if (!needed.has(file)) await this.#discard(file)
  }

  async append(note: JournalNote): Promise<void> {
    await this.#record(note)
  }

  async put(chunk: ChunkEntry, body: ShardBody): Promise<void> {
    const { disk, folder, budget, log } = this.#parts
    if (this.#closing) throw defect('a put after close')
    budget.hold(chunk.bytes)
    const file = `${chunk.index}-${this.#serial++}.shard`
    const path = `${folder}/${file}`
    try {
      await writeChunk(disk, path, chunk, body)
      await onDisk(folder, () => disk.syncFolder(folder))
      await this.#record({ type: 'chunk', chunk, file })
    } catch (error) {
      budget.release(chunk.bytes)
      // A record that could not be taken back may be there at the next start, and then needs its file.
      if (!log.broken) await this.#discard(file)
      throw error
    }
    if (!(body instanceof Blob)) freeBuffers(body.map(({ buffer }) => buffer))
  }

  async body(index: number): Promise<KeptBody> {
    const { disk, folder, hasher } = this.#parts
    const { entry, file } = heldChunk(this.state, index)
    return chunkBody(disk, `${folder}/${file}`, entry, hasher)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(this.#parts.unlock)
    return this.#closing
  }

  async remove(): Promise<void> {
    if (this.#closing) throw defect('a removal after close')
    this.#closing = this.#close(this.#parts.erase)
    await this.#closing
  }

  async #close(then: () => Promise<void>): Promise<void> {
    const { log, budget } = this.#parts
    try {
      await log.close()
    } finally {
      for (const { entry } of heldChunks(this.state)) budget.release(entry.bytes)
      await then()
    }
  }

  async #record(note: JournalNote | { type: 'chunk'; chunk: ChunkEntry; file: string }): Promise<void> {
    const { log, budget, wall } = this.#parts
    const record: JournalRecord = { ...note, atMs: wall() }
    const why = isRecord(record) ? misfit(this.state, record) : `a ${note.type} record of an unknown form`
    if (why !== undefined) throw defect(why)
    await log.append(record)
    const superseded = this.#superseded(record)
    apply(this.state, record)
    if (!superseded) return
    budget.release(superseded.entry.bytes)
    await this.#discard(superseded.file)
  }

  /** The chunk that needs its bytes no longer when this record is kept. */
  #superseded(record: JournalRecord): ChunkItem | undefined {
    const index =
      record.type === 'chunk' ? record.chunk.index : record.type === 'stored' ? record.item : undefined
    const item = index === undefined ? undefined : this.state.chunks.get(index)
    return item?.stored ? undefined : item
  }

  /** Where a file that is not needed stays after all, the next start removes it. */
  async #discard(file: string): Promise<void> {
    const { disk, folder, warn } = this.#parts
    try {
      await onDisk(`${folder}/${file}`, () => disk.remove(`${folder}/${file}`))
    } catch (error) {
      warn(`A file that is not needed stays until the next start: ${(error as Error).message}`)
    }
  }
}
