import { freeBuffers } from '../core/free.js'
import type { Disk } from '../disk/disk.js'
import { chunkBody, type Hasher, writeChunk } from './chunk-file.js'
import type { DiskBudget } from './disk-budget.js'
import { defect, onDisk } from './faults.js'
import type { ShardBody } from './journal.js'
import type { Log } from './log.js'
import type { LogPlace } from './log-frame.js'
import type { KeptBody, StreamJournal } from './place.js'
import { readPoints } from './points.js'
import {
  type ChunkEntry,
  type FileNote,
  isRecord,
  type JournalNote,
  type JournalRecord,
  type SpillEntry,
} from './records.js'
import { readSpill, spilledBytes, writeSpill } from './spill-file.js'
import {
  apply,
  heldChunk,
  heldPoints,
  heldSpill,
  isHeld,
  type JournalState,
  keeps,
  misfit,
  unstoredChunks,
} from './state.js'

/** What a journal in a folder is made of. */
export interface DirectoryJournalParts {
  disk: Disk
  folder: string
  log: Log
  /** What the log says. */
  state: JournalState
  /** By id: where the requests of points lie in the log. */
  points: Map<number, LogPlace>
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
  /** Make a local store of the folder. */
  keep(): Promise<void>
}

/** A file that a journal holds, and how much of the disk it takes. */
interface Held {
  file: string
  bytes: number
}

/** The journal of one stream in a folder: its log, and beside it a file for each chunk that is not stored. */
export class DirectoryJournal implements StreamJournal {
  readonly state: JournalState
  readonly #parts: DirectoryJournalParts
  #serial: number
  /** Bytes of points in the log: it is never cut, so they stay. */
  #pointsBytes = 0
  /** Files on their way into it. */
  readonly #underWay = new Set<Promise<void>>()
  #closing: Promise<void> | undefined

  constructor(parts: DirectoryJournalParts) {
    this.#parts = parts
    this.state = parts.state
    this.#serial = parts.nextSerial
    for (const { length } of new Set(parts.points.values())) this.#pointsBytes += length
    parts.budget.count(this.#pointsBytes)
    for (const { bytes } of this.#held()) parts.budget.count(bytes)
  }

  /** Remove those of these files that no record needs: never confirmed, or stored. */
  async sweep(files: readonly string[]): Promise<void> {
    const needed = new Set(this.#held().map(({ file }) => file))
    for (const file of files) if (!needed.has(file)) await this.#discard(file)
  }

  async append(note: JournalNote): Promise<void> {
    if (this.#closing) throw defect('an append after close')
    if (note.type !== 'points') {
      await this.#record(note)
      return
    }
    const { budget, points } = this.#parts
    const bytes = JSON.stringify(note.entry).length
    budget.hold(bytes)
    try {
      points.set(note.entry.id, await this.#record(note))
      this.#pointsBytes += bytes
    } catch (error) {
      budget.release(bytes)
      throw error
    }
  }

  async put(chunk: ChunkEntry, body: ShardBody): Promise<void> {
    const { disk } = this.#parts
    await this.#takeIn(chunk.index, 'shard', chunk.bytes, async (path, file) => {
      await writeChunk(disk, path, chunk, body)
      return { type: 'chunk', chunk, file }
    })
    if (!(body instanceof Blob)) freeBuffers(body.map(({ buffer }) => buffer))
  }

  async spill(frames: Omit<SpillEntry, 'sha256'>, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const { disk, hasher } = this.#parts
    await this.#takeIn(frames.index, 'frames', spilledBytes(frames), async (path, file) => {
      const sha256 = await writeSpill(disk, path, frames, bytes, hasher())
      return { type: 'spilled', spill: { ...frames, sha256 }, file }
    })
  }

  async body(index: number): Promise<KeptBody> {
    const { disk, folder, hasher } = this.#parts
    const { entry, file } = heldChunk(this.state, index)
    return chunkBody(disk, `${folder}/${file}`, entry, hasher)
  }

  async spilled(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const { disk, folder, hasher } = this.#parts
    const { entry, file } = heldSpill(this.state, index)
    return readSpill(disk, `${folder}/${file}`, entry, hasher())
  }

  async request(id: number): Promise<string> {
    const { disk, log, points } = this.#parts
    heldPoints(this.state, id)
    return readPoints(disk, log.path, id, points.get(id)!)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(this.#parts.unlock)
    return this.#closing
  }

  async remove(): Promise<void> {
    if (this.#closing) throw defect('a removal after close')
    await this.#closeWith(this.#parts.erase)
  }

  async keep(): Promise<string> {
    if (this.#closing) throw defect('a keep after close')
    const waiting = unstoredChunks(this.state).length + this.state.spills.size + this.#underWay.size
    if (!keeps(this.state) || waiting > 0)
      throw defect('a journal to keep that is not whole, or was not begun to be kept')
    await this.#closeWith(this.#parts.keep)
    return this.#parts.folder
  }

  /** Close, and do something with the folder, which is given back also where that fails: closing again is no error. */
  async #closeWith(then: () => Promise<void>): Promise<void> {
    const closed = this.#close(then)
    this.#closing = closed.catch(() => {})
    await closed
  }

  async #close(then: () => Promise<void>): Promise<void> {
    const { log, budget } = this.#parts
    // A file of this journal must not appear in the folder when it is somebody else's.
    await Promise.allSettled(this.#underWay)
    try {
      await log.close()
    } finally {
      budget.release(this.#pointsBytes)
      for (const { bytes } of this.#held()) budget.release(bytes)
      await then()
    }
  }

  /** Take a file in, unless it is too late or too large. */
  async #takeIn(
    index: number,
    kind: 'shard' | 'frames',
    bytes: number,
    write: (path: string, file: string) => Promise<FileNote>,
  ): Promise<void> {
    if (this.#closing) throw defect('a put after close')
    const { budget } = this.#parts
    // Frames that wait are accepted: the chunk that takes their place is not refused.
    if (kind === 'shard' && this.state.spills.has(index)) budget.count(bytes)
    else budget.hold(bytes)
    const file = `${index}-${this.#serial++}.${kind}`
    const keeping = this.#keepFile(file, bytes, write)
    this.#underWay.add(keeping)
    await keeping.finally(() => this.#underWay.delete(keeping))
  }

  /** Write a file, and the record that makes it count; where that fails nothing of it stays. */
  async #keepFile(
    file: string,
    bytes: number,
    write: (path: string, file: string) => Promise<FileNote>,
  ): Promise<void> {
    const { disk, folder, budget, log } = this.#parts
    try {
      const note = await write(`${folder}/${file}`, file)
      await onDisk(folder, () => disk.syncFolder(folder))
      await this.#record(note)
    } catch (error) {
      budget.release(bytes)
      // A record that could not be taken back may be there at the next start, and then needs its file.
      if (!log.broken) await this.#discard(file)
      throw error
    }
  }

  async #record(note: JournalNote | FileNote): Promise<LogPlace> {
    const { log, budget, wall } = this.#parts
    const record: JournalRecord = { ...note, atMs: wall() }
    const why = isRecord(record) ? misfit(this.state, record) : `a ${note.type} record of an unknown form`
    if (why !== undefined) throw defect(why)
    const place = await log.append(record)
    const superseded = this.#superseded(record)
    apply(this.state, record)
    for (const { file, bytes } of superseded) {
      budget.release(bytes)
      await this.#discard(file)
    }
    return place
  }

  /** The files that are needed no longer when this record is kept. */
  #superseded(record: JournalRecord): Held[] {
    switch (record.type) {
      case 'chunk':
        return this.#heldOf(record.chunk.index)
      case 'spilled':
        return this.#heldOf(record.spill.index).filter(({ file }) => file.endsWith('.frames'))
      case 'stored':
        return keeps(this.state)
          ? []
          : this.#heldOf(record.item).filter(({ file }) => file.endsWith('.shard'))
      default:
        return []
    }
  }

  /** The files of all chunks. */
  #held(): Held[] {
    const { chunks, spills } = this.state
    return [...new Set([...chunks.keys(), ...spills.keys()])].flatMap((index) => this.#heldOf(index))
  }

  /** The files of one chunk: of its shard, and of frames that wait to be packed. */
  #heldOf(index: number): Held[] {
    const chunk = this.state.chunks.get(index)
    const spill = this.state.spills.get(index)
    return [
      ...(chunk && isHeld(this.state, chunk) ? [{ file: chunk.file, bytes: chunk.entry.bytes }] : []),
      ...(spill ? [{ file: spill.file, bytes: spilledBytes(spill.entry) }] : []),
    ]
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
