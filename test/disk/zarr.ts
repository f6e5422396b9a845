import { get, open, root } from 'zarrita'
import { type Disk, isMissing } from '../../ts/disk/disk.js'
import type { ZarritaArray } from '../interop/zarrita.js'

type Range = { offset: number; length: number } | { suffixLength: number }

/** Read an array of a group on a disk as zarrita does. */
export async function readZarr(disk: Disk, group: string, name: string): Promise<ZarritaArray> {
  const file = (key: string): Promise<Uint8Array | undefined> =>
    disk.read(group + key).catch((error: unknown) => {
      if (!isMissing(error)) throw error
      return undefined
    })
  const files = {
    get: file,
    async getRange(key: string, range: Range) {
      const bytes = await file(key)
      if ('suffixLength' in range) return bytes?.slice(-range.suffixLength)
      return bytes?.slice(range.offset, range.offset + range.length)
    },
  }
  const array = await open(root(files).resolve(name), { kind: 'array' })
  const { data, shape } = await get(array)
  return { shape, data: data as ArrayLike<number> }
}
