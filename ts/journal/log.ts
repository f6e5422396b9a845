import { type Disk, type DiskFile, folderOf, isMissing, writeFile } from '../disk/disk.js'
import { FramewireError } from '../errors.js'
import { defect, fromSystem } from './faults.js'
import { type LogContent, type LogPlace, logFrame } from './log-frame.js'
import type { JournalRecord } from './records.js'

interface Waiting {
  record: JournalRecord
  resolve(place: LogPlace): void
  reject(error: unknown): void
}

/** How much of points' requests a frame takes: each is read back with the whole frame. */
const FRAME_BYTES = 2 ** 16

/**
 * The log of a journal: records are appended, and on disk when `append` resolves. What is appended while a write is under
 * way goes out together with the next one, under one sync.
 */
export class Log {
  readonly #disk: Disk
  readonly #path: string
  readonly #file: DiskFile
  #length: number
  #frames: number
  readonly #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #closed = false
  #broken: FramewireError | undefined

  private constructor(disk: Disk, path: string, file: DiskFile, { length, frames }: LogContent) {
    this.#disk = disk
    this.#path = path
    this.#file = file
    this.#length = length
    this.#frames = frames.length
  }

  /** Write the first record of a log, under another name until it is on disk: what bears the log's name is begun. */
  static async begin(disk: Disk, path: string, first: JournalRecord): Promise<void> {
    await disk.remove(unbegun(path))
    await writeFile(disk, unbegun(path), logFrame(0, [first]), { mode: 0o600 })
    await disk.rename(unbegun(path), path)
  }

  /** Go on with a log that was read, or begun. What a crash cut short is cut off. */
  static async open(disk: Disk, path: string, content: LogContent): Promise<Log> {
    const file = await disk.open(path)
    try {
      if (content.torn > 0) await file.truncate(content.length)
      await disk.remove(unbegun(path))
      // A killed process may have left frames, or the name, that are not on disk yet; now they are relied upon.
      await file.sync()
      await disk.syncFolder(folderOf(path))
      return new Log(disk, path, file, content)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get path(): string {
    return this.#path
  }

  /** Whether the log takes nothing more, and may hold records that were refused. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  /**
   * Add a record; answers the place of its frame. Where writing fails the record is not in the log, and later ones may
   * be added: `journal/full`, `journal/disk`. For good: `journal/broken`, `journal/vanished`.
   */
  append(record: JournalRecord): Promise<LogPlace> {
    if (this.#closed) return Promise.reject(defect('an append after close'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Close the file when all that was appended is written. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    // What is appended in the same turn goes out together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, frameLength(this.#waiting))
      try {
        if (this.#broken) throw this.#broken
        const records = group.map(({ record }) => record)
        const place = await this.#commit(logFrame(this.#frames, records))
        for (const { resolve } of group) resolve(place)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#writing = undefined
  }

  async #commit(frame: Uint8Array<ArrayBuffer>): Promise<LogPlace> {
    try {
      await this.#file.write(frame, this.#length)
      await this.#file.sync()
    } catch (error) {
      await this.#cut(error)
      throw fromSystem(this.#path, error)
    }
    const place = { offset: this.#length, length: frame.byteLength }
    this.#length += frame.byteLength
    this.#frames++
    await this.#stillThere()
    return place
  }

  /** Take away what a failed write has left. */
  async #cut(cause: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#length)
      await this.#file.sync()
    } catch {
      const { message } = fromSystem(this.#path, cause) as Error
      this.#broken = new FramewireError(
        'journal/broken',
        `${this.#path} takes nothing more: a write failed and could not be taken back (${message}). What was journaled stays: resume from it when the disk is well.`,
        { path: this.#path, reason: message },
        { cause },
      )
      throw this.#broken
    }
  }

  /** An open file takes writes for ever, also when its name is gone: then they are lost with it. */
  async #stillThere(): Promise<void> {
    try {
      await (await this.#disk.open(this.#path)).close()
    } catch (error) {
      // Anything else says nothing of the log, which is on disk.
      if (!isMissing(error)) return
      this.#broken = fromSystem(this.#path, error) as FramewireError
      throw this.#broken
    }
  }
}

/** How many of the records that wait go into one frame. */
function frameLength(waiting: readonly Waiting[]): number {
  let bytes = 0
  const end = waiting.findIndex(({ record }) => {
    bytes += record.type === 'points' ? record.entry.body.length : 0
    return bytes > FRAME_BYTES
  })
  return end < 0 ? waiting.length : Math.max(1, end)
}

/** What a log is called until it is begun; a power cut may leave it both names. */
function unbegun(path: string): string {
  return `${path}.new`
}
