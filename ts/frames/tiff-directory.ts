import { damaged } from './file-error.js'
import type { ByteSource } from './source.js'

/** A TIFF's header: byte order, and whether offsets have 64 bit (BigTIFF). */
export interface TiffFile {
  bytes: ByteSource
  littleEndian: boolean
  isBig: boolean
  /** Where the first directory lies. */
  first: number
}

/** The tags that are read, by the names of the specification. */
export const Tag = {
  NewSubfileType: 254,
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  Photometric: 262,
  FillOrder: 266,
  ImageDescription: 270,
  StripOffsets: 273,
  SamplesPerPixel: 277,
  RowsPerStrip: 278,
  StripByteCounts: 279,
  PlanarConfiguration: 284,
  Predictor: 317,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  SampleFormat: 339,
} as const

/** One field of a directory: where its values lie. */
interface Field {
  type: number
  count: number
  offset: number
}

/** Bytes of one value, by the number of its type. */
const typeBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 }

/** More fields than any writer uses. */
const MAX_FIELDS = 4096

/** Most bytes of values in one field: strips of a row each, of two million rows. */
const MAX_FIELD_BYTES = 16 * 2 ** 20

/** Read with a directory at once: its fields and, as writers lay them, most of their values. */
const BLOCK_BYTES = 2048

/** Read the header. Throws `frames/file-format`. */
export async function readTiffHeader(bytes: ByteSource): Promise<TiffFile> {
  const head = await bytes.read(0, Math.min(16, bytes.size))
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const order = head.length >= 8 ? view.getUint16(0) : 0
  const littleEndian = order === 0x4949
  const version = littleEndian || order === 0x4d4d ? view.getUint16(2, littleEndian) : 0
  const isBig = version === 43
  const isWhole = isBig && head.length === 16 && view.getUint16(4, littleEndian) === 8
  if (version !== 42 && !isWhole) throw damaged(bytes.name, 'is no TIFF file.', { offset: 0 })
  const first = isBig ? Number(view.getBigUint64(8, littleEndian)) : view.getUint32(4, littleEndian)
  return { bytes, littleEndian, isBig, first }
}

/** The directory of one page. */
export class TiffDirectory {
  /** Where it lies, and the next one; 0 after the last. */
  readonly offset: number
  readonly next: number
  readonly #file: TiffFile
  readonly #fields: ReadonlyMap<number, Field>
  readonly #block: DataView

  private constructor(
    file: TiffFile,
    offset: number,
    next: number,
    fields: Map<number, Field>,
    block: DataView,
  ) {
    this.#file = file
    this.offset = offset
    this.next = next
    this.#fields = fields
    this.#block = block
  }

  /** Read the directory at `offset`. Throws `frames/file-format` where there is none, or it leaves the file. */
  static async read(file: TiffFile, offset: number): Promise<TiffDirectory> {
    const { bytes, littleEndian, isBig } = file
    const [countBytes, fieldBytes, wordBytes] = isBig ? [8, 20, 8] : [2, 12, 4]
    const wrong = (what: string) =>
      damaged(bytes.name, `has a page directory at byte ${offset} that ${what}. Its offsets are wrong.`, {
        offset,
      })
    if (offset < 8 || offset + countBytes > bytes.size) throw wrong('is outside of the file')

    let block = viewOf(await bytes.read(offset, Math.min(BLOCK_BYTES, bytes.size - offset)))
    const count = isBig ? Number(block.getBigUint64(0, littleEndian)) : block.getUint16(0, littleEndian)
    if (count === 0 || count > MAX_FIELDS) throw wrong(`claims ${count} fields`)
    const size = countBytes + count * fieldBytes + wordBytes
    if (offset + size > bytes.size) throw wrong('leaves the file')
    if (size > block.byteLength) block = viewOf(await bytes.read(offset, size))

    const word = (at: number) =>
      isBig ? Number(block.getBigUint64(at, littleEndian)) : block.getUint32(at, littleEndian)
    const fields = new Map<number, Field>()
    for (let k = 0; k < count; k++) {
      const at = countBytes + k * fieldBytes
      const type = block.getUint16(at + 2, littleEndian)
      const values = word(at + 4)
      const valuesAt = at + 4 + wordBytes
      // Values that fit into the word of the offset stand there themselves.
      const isInside = values * (typeBytes[type] ?? wordBytes + 1) <= wordBytes
      fields.set(block.getUint16(at, littleEndian), {
        type,
        count: values,
        offset: isInside ? offset + valuesAt : word(valuesAt),
      })
    }
    return new TiffDirectory(file, offset, word(size - wordBytes), fields, block)
  }

  /** The whole numbers of a field; `undefined` where there is no such field. Throws `frames/file-format`. */
  async numbers(tag: number): Promise<number[] | undefined> {
    const field = this.#fields.get(tag)
    if (!field) return undefined
    const { littleEndian } = this.#file
    const width = typeBytes[field.type]
    if (!width || field.type === 2) throw this.#wrong(tag, `is of type ${field.type}`)
    const view = await this.#values(tag, field, width)
    return Array.from({ length: field.count }, (_, k) => {
      if (width === 1) return view.getUint8(k)
      if (width === 2) return view.getUint16(2 * k, littleEndian)
      if (width === 4) return view.getUint32(4 * k, littleEndian)
      return Number(view.getBigUint64(8 * k, littleEndian))
    })
  }

  /** The first whole number of a field, or `absent`. Throws `frames/file-format`. */
  async number(tag: number, absent: number): Promise<number> {
    return (await this.numbers(tag))?.[0] ?? absent
  }

  /** A text; empty where there is no such field. Throws `frames/file-format`. */
  async text(tag: number): Promise<string> {
    const field = this.#fields.get(tag)
    if (field?.type !== 2) return ''
    const { buffer, byteOffset, byteLength } = await this.#values(tag, field, 1)
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength))
  }

  async #values(tag: number, { count, offset }: Field, width: number): Promise<DataView> {
    const length = count * width
    const { bytes } = this.#file
    if (length > MAX_FIELD_BYTES) throw this.#wrong(tag, `claims ${count} values`)
    if (offset + length > bytes.size) throw this.#wrong(tag, 'has its values outside of the file')
    const inBlock = offset - this.offset
    if (inBlock >= 0 && inBlock + length <= this.#block.byteLength) {
      return new DataView(this.#block.buffer, this.#block.byteOffset + inBlock, length)
    }
    return viewOf(await bytes.read(offset, length))
  }

  #wrong(tag: number, what: string) {
    return damaged(
      this.#file.bytes.name,
      `has a page directory at byte ${this.offset} whose field ${tag} ${what}.`,
      { offset: this.offset },
    )
  }
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
