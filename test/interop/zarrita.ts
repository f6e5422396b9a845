import { open as openFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { get, open, root } from 'zarrita'

/** A folder as zarrita reads it. */
class Folder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return orMissing(readFile(join(this.#path, key)))
  }

  async getRange(
    key: string,
    range: { offset: number; length: number } | { suffixLength: number },
  ): Promise<Uint8Array | undefined> {
    return orMissing(
      (async () => {
        const file = await openFile(join(this.#path, key))
        try {
          const { size } = await file.stat()
          const [offset, length] =
            'suffixLength' in range
              ? [size - range.suffixLength, range.suffixLength]
              : [range.offset, range.length]
          const bytes = new Uint8Array(length)
          await file.read(bytes, 0, length, offset)
          return bytes
        } finally {
          await file.close()
        }
      })(),
    )
  }
}

/** A whole array as zarrita reads it. */
export interface ZarritaArray {
  shape: readonly number[]
  /** In C order. */
  data: ArrayLike<number>
}

/** Read an array of a group in a folder. */
export async function readWithZarrita(group: string, name: string): Promise<ZarritaArray> {
  const array = await open(root(new Folder(group)).resolve(name), { kind: 'array' })
  const { data, shape } = await get(array)
  return { shape, data: data as ArrayLike<number> }
}

/**
 * Decode a shard as it was uploaded, `frames` images of `height` x `width`, by the codecs that the service declares.
 * A damaged frame throws; the CRC of the index is not looked at by zarrita.
 */
export async function decodeShard(
  shard: Uint8Array,
  [frames, height, width]: readonly [number, number, number],
): Promise<Uint8Array> {
  const bytes = { name: 'bytes', configuration: { endian: 'little' } }
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [frames, height, width],
    data_type: 'uint8',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [frames, height, width] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: {
          chunk_shape: [1, height, width],
          codecs: [bytes, { name: 'zstd', configuration: { level: 3, checksum: true } }],
          index_codecs: [bytes, { name: 'crc32c' }],
          index_location: 'end',
        },
      },
    ],
    attributes: {},
  }
  const files = new Map([
    ['/zarr.json', new TextEncoder().encode(JSON.stringify(metadata))],
    ['/c/0/0/0', shard],
  ])
  const store = {
    get: (key: string) => files.get(key),
    getRange(key: string, range: { offset: number; length: number } | { suffixLength: number }) {
      const file = files.get(key)
      if ('suffixLength' in range) return file?.slice(-range.suffixLength)
      return file?.slice(range.offset, range.offset + range.length)
    },
  }
  const { data } = await get(await open(root(store), { kind: 'array' }))
  return data as Uint8Array
}

/** `undefined` for a file that is not there: that is how a chunk that never came reads. */
async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
