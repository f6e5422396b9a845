import type { Disk } from '../disk/disk.js'
import { FramewireError } from '../errors.js'
import { checkedContent, soundContent, withChecksum } from './checksum.js'
import type { SeriesChunk } from './store.js'

/** Where a chunk's line lies in the log. */
export interface LogPlace {
  offset: number
  length: number
}

/** A chunk and where it lies. */
export interface LogLine {
  chunk: SeriesChunk
  place: LogPlace
}

/** What the bytes of a log say. */
export interface LogContent {
  /** The sound ones, in order of arrival. */
  lines: LogLine[]
  /** Where damaged lines begin that have something behind them, so that no crash can have cut them short. */
  damaged: number[]
  /** Where a last line begins that is not sound, or the length of the log. */
  end: number
}

const NEWLINE = 10

/** Read a log line by line. */
export function parseLog(bytes: Uint8Array): LogContent {
  const content: LogContent = { lines: [], damaged: [], end: bytes.byteLength }
  for (let offset = 0; offset < bytes.byteLength; ) {
    const found = bytes.indexOf(NEWLINE, offset)
    const end = found < 0 ? bytes.byteLength : found
    const chunk = found < 0 ? undefined : soundContent<SeriesChunk>(bytes.subarray(offset, end))
    if (chunk) content.lines.push({ chunk, place: { offset, length: end - offset } })
    else if (end + 1 < bytes.byteLength) content.damaged.push(offset)
    else content.end = offset
    offset = end + 1
  }
  return content
}

/**
 * The scalar chunks of one stream as they came, a line of JSON with its checksum each: the truth that the arrays are
 * made from.
 */
export class SeriesLog {
  readonly #disk: Disk
  readonly #path: string
  #bytes = 0

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Length in bytes, as far as it was read or written. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Read all chunks, in order of arrival. A last line that a crash cut short was never answered, and is cut off; what
   * is left is on disk. The first `settled` bytes were: there, and before another line, damage is `server/store`.
   */
  async open(settled: number): Promise<LogLine[]> {
    const bytes = await this.#disk.read(this.#path)
    const { lines, damaged, end } = parseLog(bytes)
    if (damaged.length > 0 || end < settled) throw this.#damage(damaged[0] ?? end)
    if (bytes.byteLength > settled) await this.#keep(end)
    this.#bytes = end
    return lines
  }

  /** Length of its file, in bytes. */
  async size(): Promise<number> {
    const file = await this.#disk.open(this.#path)
    try {
      return await file.size()
    } finally {
      await file.close()
    }
  }

  /** Add a chunk; it is on disk when this resolves, and not in the log where it throws. */
  async append(chunk: SeriesChunk): Promise<LogPlace> {
    const line = Buffer.from(`${withChecksum(chunk)}\n`)
    const place = { offset: this.#bytes, length: line.byteLength - 1 }
    const file = await this.#disk.open(this.#path)
    try {
      await file.write(line, this.#bytes)
      await file.sync()
    } catch (error) {
      await file.truncate(this.#bytes)
      throw error
    } finally {
      await file.close()
    }
    this.#bytes += line.byteLength
    return place
  }

  /** The chunk of a line. */
  async read({ offset, length }: LogPlace): Promise<SeriesChunk> {
    const file = await this.#disk.open(this.#path)
    try {
      return checkedContent<SeriesChunk>(await file.read(offset, length), this.#path)
    } finally {
      await file.close()
    }
  }

  #damage(offset: number): FramewireError {
    return new FramewireError(
      'server/store',
      `The log of a stream is damaged at byte ${offset}: ${this.#path}. Restore it, or move the stream's folder out of the store.`,
      { path: this.#path, reason: 'damaged' },
    )
  }

  /** Cut the log to its first bytes, and put those on disk: a process that was killed may not have. */
  async #keep(bytes: number): Promise<void> {
    const file = await this.#disk.open(this.#path)
    try {
      await file.truncate(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
