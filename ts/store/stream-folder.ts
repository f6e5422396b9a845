import { type Disk, folderOf, writeFile } from '../disk/disk.js'
import { checkedContent, withChecksum } from './checksum.js'
import type { StreamRecord } from './store.js'

/** Name of the file with a stream's record. */
export const STREAM_JSON = 'stream.json'

/** What lies in the folder of a stream from the beginning, by path in it. */
export interface Layout {
  folders: readonly string[]
  files: Readonly<Record<string, string>>
}

/** The file of a stream's record in its folder. */
export function recordPath(folder: string): string {
  return `${folder}/${STREAM_JSON}`
}

/** Make the folder of a stream with all that is in it on disk. Its own name is not synced. */
export async function makeStreamFolder(
  disk: Disk,
  path: string,
  record: StreamRecord,
  { folders, files }: Layout,
): Promise<void> {
  for (const folder of folders) await disk.makeFolder(`${path}/${folder}`)
  const all = Object.entries({ ...files, [STREAM_JSON]: withChecksum(record) })
  for (const [name, text] of all) {
    await writeFile(disk, `${path}/${name}`, Buffer.from(text), { sync: text !== '' })
  }
  for (const folder of new Set(all.map(([name]) => folderOf(`${path}/${name}`))))
    await disk.syncFolder(folder)
}

/** The record of the stream in a folder. Throws `server/store` for a damaged one. */
export async function readStream(disk: Disk, folder: string): Promise<StreamRecord> {
  const path = recordPath(folder)
  return checkedContent<StreamRecord>(await disk.read(path), path)
}

/** What a stream's Zarr group says of it. */
export function groupAttributes(record: StreamRecord): object {
  const { id, name, createdAt, projectId } = record
  const common = { data_id: id, name, created_at: createdAt, project_id: projectId }
  if (record.kind === 'series') return common
  const { fps, rotationsPerMin, rotationalPeriod, azimuth } = record
  return {
    ...common,
    fps,
    rotations_per_min: rotationsPerMin,
    rotational_period: rotationalPeriod,
    azimuth_label: azimuth,
  }
}
