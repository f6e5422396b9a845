import { Inflate } from 'fflate'
import { isFramewireError } from '../errors.js'
import { crc32 } from './checksum.js'
import { damaged, tooLarge, truncated } from './file-error.js'
import { INFLATE_STEP_BYTES } from './inflate.js'
import type { ByteSource } from './source.js'

/**
 * A deflated file seen as its unpacked bytes, unpacked as far as it is read. Going forward costs each byte once;
 * going back starts again from the beginning. Holds what one step unpacks to, whatever the size of the file.
 *
 * Reading throws `frames/file-format` (damaged, or the CRC differs: known at the end), `frames/file-truncated` (unpacks
 * to less than declared), `frames/file-too-large` (to more).
 */
export class InflatedSource implements ByteSource {
  readonly name: string
  readonly size: number
  readonly #compressed: ByteSource
  readonly #crc: number
  /** Reads stand in line: there is one stream. */
  #line: Promise<unknown> = Promise.resolve()

  // The stream, and where it stands.
  #inflate!: Inflate
  #compressedAt = 0
  #pieces: Uint8Array[] = []
  /** Unpacked bytes before the first piece; in all so far; their CRC. */
  #position = 0
  #unpacked = 0
  #unpackedCrc = 0

  /** @param size the unpacked length that is declared; @param crc the declared CRC-32 of the unpacked bytes */
  constructor(name: string, compressed: ByteSource, size: number, crc: number) {
    this.name = name
    this.size = size
    this.#compressed = compressed
    this.#crc = crc
    this.#restart()
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const read = this.#line.then(() => this.#read(offset, length))
    this.#line = read.catch(() => {})
    return read
  }

  close(): Promise<void> {
    return this.#compressed.close()
  }

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset + length > this.size) throw truncated(this.name, offset + length, this.size)
    if (offset < this.#position) this.#restart()
    await this.#skip(offset - this.#position)
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const piece = await this.#take(length - filled)
      bytes.set(piece, filled)
      filled += piece.length
    }
    // The end proves the whole: nothing comes after it, and the CRC fits.
    if (this.#position === this.size) while (await this.#unpackMore()) {}
    return bytes
  }

  #restart(): void {
    this.#inflate = new Inflate((piece) => {
      this.#unpacked += piece.length
      if (this.#unpacked > this.size) {
        throw tooLarge(
          this.name,
          this.size,
          `unpacks to more than the ${this.size} bytes that it declares. It is damaged or made to harm; it is read no further.`,
        )
      }
      this.#unpackedCrc = crc32(piece, this.#unpackedCrc)
      if (piece.length > 0) this.#pieces.push(piece)
    })
    this.#compressedAt = 0
    this.#pieces = []
    this.#position = 0
    this.#unpacked = 0
    this.#unpackedCrc = 0
  }

  async #skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.#take(left)).length
  }

  /** The next bytes, at least one and at most `most`. */
  async #take(most: number): Promise<Uint8Array> {
    while (this.#pieces.length === 0) {
      if (!(await this.#unpackMore())) throw truncated(this.name, this.size, this.#unpacked)
    }
    const first = this.#pieces[0]!
    const taken = first.subarray(0, most)
    if (taken.length < first.length) this.#pieces[0] = first.subarray(most)
    else this.#pieces.shift()
    this.#position += taken.length
    return taken
  }

  /** Unpack one step; answers whether there was one. */
  async #unpackMore(): Promise<boolean> {
    const { size } = this.#compressed
    if (this.#compressedAt >= size) return false
    const length = Math.min(INFLATE_STEP_BYTES, size - this.#compressedAt)
    const step = await this.#compressed.read(this.#compressedAt, length)
    this.#compressedAt += length
    const isLast = this.#compressedAt === size
    try {
      this.#inflate.push(step, isLast)
      if (isLast && this.#unpacked === this.size && this.#unpackedCrc !== this.#crc) {
        throw damaged(this.name, 'unpacks to other bytes than were packed: its CRC-32 differs.')
      }
    } catch (cause) {
      // Whatever is asked next begins anew, and fails at the same place.
      this.#restart()
      if (isFramewireError(cause)) throw cause
      throw damaged(this.name, 'cannot be unpacked: its compressed bytes are damaged.', { cause })
    }
    return true
  }
}
