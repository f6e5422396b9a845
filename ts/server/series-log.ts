import { open, readFile, truncate } from 'node:fs/promises'
import type { SeriesChunk } from './store.js'

/** Where a chunk's line lies in the log. */
export interface LogPlace {
  offset: number
  length: number
}

/** The scalar chunks of one stream as they came, a line of JSON each: the truth that the arrays are made from. */
export class SeriesLog {
  readonly #path: string
  #bytes = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Length in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Read all chunks, in order of arrival. A line that a crash cut short was never answered, and is cut off. */
  async open(): Promise<{ chunk: SeriesChunk; place: LogPlace }[]> {
    const text = await readFile(this.#path)
    const lines: { chunk: SeriesChunk; place: LogPlace }[] = []
    let offset = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', offset)) {
      const chunk = JSON.parse(text.toString('utf8', offset, end)) as SeriesChunk
      lines.push({ chunk, place: { offset, length: end - offset } })
      offset = end + 1
    }
    if (offset < text.byteLength) await truncate(this.#path, offset)
    this.#bytes = offset
    return lines
  }

  /** Add a chunk; it is on disk when this resolves, and not in the log where it throws. */
  async append(chunk: SeriesChunk): Promise<LogPlace> {
    const line = Buffer.from(`${JSON.stringify(chunk)}\n`)
    const place = { offset: this.#bytes, length: line.byteLength - 1 }
    const file = await open(this.#path, 'a')
    try {
      await file.writeFile(line)
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
    const file = await open(this.#path, 'r')
    try {
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset)
      return JSON.parse(buffer.toString('utf8')) as SeriesChunk
    } finally {
      await file.close()
    }
  }
}
