import type { Disk, DiskFile } from '../../ts/disk/disk.js'

/** What can be made to fail. */
export type FileCall = 'write' | 'sync' | 'truncate'

/**
 * A disk on which the calls fail that `fails` chooses: the write of a file with `half` when half of it is in the file
 * already, with `whole` when all of it is; others before they do anything.
 */
export function faultyDisk(
  disk: Disk,
  fails: (call: FileCall, path: string) => 'half' | 'whole' | undefined,
): Disk {
  const faulty = (path: string, file: DiskFile): DiskFile => ({
    size: () => file.size(),
    read: (position, length) => file.read(position, length),
    close: () => file.close(),
    write: async (parts, position) => {
      const fault = fails('write', path)
      const all = Buffer.concat(parts instanceof Uint8Array ? [parts] : parts)
      await file.write(fault === 'half' ? all.subarray(0, all.length / 2) : all, position)
      if (fault) throw planted('ENOSPC')
    },
    sync: async () => {
      if (fails('sync', path)) throw planted('EIO')
      await file.sync()
    },
    truncate: async (length) => {
      if (fails('truncate', path)) throw planted('EIO')
      await file.truncate(length)
    },
  })
  return {
    create: async (path, mode) => faulty(path, await disk.create(path, mode)),
    open: async (path) => faulty(path, await disk.open(path)),
    read: (path) => disk.read(path),
    list: (folder) => disk.list(folder),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    makeFolder: (path) => disk.makeFolder(path),
    syncFolder: (path) => disk.syncFolder(path),
  }
}

/** The disk on which write or sync number `at`, counted from 0, fails. */
export function failingAt(disk: Disk, at: number): Disk {
  let calls = 0
  return faultyDisk(disk, (call) => {
    if (call === 'truncate' || calls++ !== at) return undefined
    return at % 2 ? 'half' : 'whole'
  })
}

function planted(code: string): Error {
  return Object.assign(new Error(`${code}: planted`), { code })
}
