import { type Disk, type DiskFile, isMissing } from '../../disk/disk.js'
import { FramewireError } from '../../errors.js'

/**
 * A disk as downloads use it: what the system refuses is `telops/write`. Only that something is not there, when it is
 * opened, read or listed, stays the system's own word. `name`: the file that was asked for, which errors name in place of
 * what lies beside or in it.
 */
export function downloadDisk(disk: Disk, name?: string): Disk {
  const named = (path: string) => name ?? path
  return {
    create: (path, mode) =>
      told(named(path), async () => toldFile(named(path), await disk.create(path, mode))),
    open: (path) => looked(named(path), async () => toldFile(named(path), await disk.open(path))),
    read: (path) => looked(named(path), () => disk.read(path)),
    list: (folder) => looked(named(folder), () => disk.list(folder)),
    rename: (from, to) => told(named(to), () => disk.rename(from, to)),
    remove: (path) => told(named(path), () => disk.remove(path)),
    makeFolder: (path) => told(named(path), () => disk.makeFolder(path)),
    syncFolder: (path) => told(named(path), () => disk.syncFolder(path)),
  }
}

function toldFile(path: string, file: DiskFile): DiskFile {
  return {
    size: () => told(path, () => file.size()),
    write: (parts, position) => told(path, () => file.write(parts, position)),
    read: (position, length) => told(path, () => file.read(position, length)),
    truncate: (length) => told(path, () => file.truncate(length)),
    sync: () => told(path, () => file.sync()),
    close: () => told(path, () => file.close()),
  }
}

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw writeFault(path, error)
  }
}

async function looked<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isMissing(error) ? error : writeFault(path, error)
  }
}

/** What the system's refusal means for a download; an error that is none of the system's stays as it is. */
function writeFault(path: string, cause: unknown): unknown {
  const { code } = (cause ?? {}) as { code?: unknown }
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return cause
  return new FramewireError('telops/write', `${path}: ${remedy(code)}`, { path, reason: code }, { cause })
}

function remedy(code: string): string {
  const kept =
    'The frames are still in the camera, and what is in the file stays: download again with resume: true.'
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return `the disk is full. Free some space, or give a file on another disk. ${kept}`
    case 'EEXIST':
      return 'it exists already. Give another file, or resume: true to go on with a download that broke off.'
    case 'ENOENT':
    case 'ENOTDIR':
      return 'its folder is not there. Make it, or give another file.'
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
      return `it cannot be written to (${code}). Give another file, or mend its permissions.`
    default:
      return `the system could not read or write it (${code}). Check the disk. ${kept}`
  }
}
