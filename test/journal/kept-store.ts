import type { Disk } from '../../ts/disk/disk.js'
import {
  captureTimes,
  framesDocument,
  presence,
  presenceDocument,
  timesDocument,
} from '../../ts/store/frame-arrays.js'
import { FRAMES_ZARR, RECORDS, readRecords } from '../../ts/store/frame-folder.js'
import { hashOf } from '../../ts/store/shard-file.js'
import { groupAttributes, readStream, STREAM_JSON } from '../../ts/store/stream-folder.js'
import { groupDocument, ZARR_JSON } from '../../ts/store/zarr.js'

/**
 * What the store that was made of a journal holds: the SHA-256 of its shards as they were sealed, by index. Throws where
 * its files do not agree with each other, or where one lies in its folder that is not the store's.
 */
export async function keptShards(disk: Disk, folder: string): Promise<Map<number, string>> {
  const names = (await disk.list(folder)).map(({ name }) => name)
  const spare = names.filter((name) => ![STREAM_JSON, FRAMES_ZARR, RECORDS].includes(name))
  if (spare.length > 0) throw new Error(`nobody needs ${spare.join()}`)
  const { records, last } = await readRecords(folder, disk)
  const zarr = `${folder}/${FRAMES_ZARR}`
  await says(disk, `${zarr}/${ZARR_JSON}`, groupDocument(groupAttributes(await readStream(disk, folder))))
  const final = records.get(last)
  if (final) {
    const length = last * final.chunkSize + final.frames
    await says(disk, `${zarr}/frames/${ZARR_JSON}`, framesDocument(length, final))
    await says(disk, `${zarr}/present/${ZARR_JSON}`, presenceDocument(length, final))
    await says(disk, `${zarr}/time_unix_ms/${ZARR_JSON}`, timesDocument(length, final))
  }
  for (const record of records.values()) {
    const { index, storedSha256 } = record
    await says(disk, `${zarr}/present/c/${index}`, presence(record))
    await says(disk, `${zarr}/time_unix_ms/c/${index}`, captureTimes(record))
    if ((await hashOf(disk, `${zarr}/frames/c/${index}/0/0`)) !== storedSha256)
      throw new Error(`shard ${index} is not as it was written`)
  }
  return new Map([...records.values()].map(({ index, sha256 }) => [index, sha256]))
}

async function says(disk: Disk, path: string, expected: string | Uint8Array): Promise<void> {
  const found = await disk.read(path)
  if (Buffer.compare(found, Buffer.from(expected as Uint8Array)) !== 0)
    throw new Error(`${path} does not say what was kept`)
}
