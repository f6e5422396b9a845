/**
 * What the journal and the server's store do with files: the seam to the disk, so that a test disk can forget every
 * write that was not synced. Paths are joined by `/`. What the system refuses is thrown as Node throws it, an error
 * with `code` (`ENOENT`, `EEXIST`, `ENOSPC` ...).
 *
 * The law of durability that implementations share: the bytes of a file are on disk after its `sync`; that a name
 * stands for a file (made, renamed, removed) after the `syncFolder` of its folder. Nothing else is, whatever the order
 * it was done in.
 */
export interface Disk {
  /** Make a file that does not exist (`EEXIST`) and open it. `mode`: permissions, default those of the process. */
  create(path: string, mode?: number): Promise<DiskFile>
  /** Open a file that exists (`ENOENT`), to read and write. */
  open(path: string): Promise<DiskFile>
  /** A whole file (`ENOENT`). */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>
  /** What lies in a folder, by name (`ENOENT`). */
  list(folder: string): Promise<DiskEntry[]>
  /** Give a file or folder another name; a file that has it is replaced. */
  rename(from: string, to: string): Promise<void>
  /** Remove a file, or a folder with all that is in it; what is not there is removed already. */
  remove(path: string): Promise<void>
  /** Make a folder and the missing ones above it; one that is there stays as it is. */
  makeFolder(path: string): Promise<void>
  /** Put a folder's names on disk. */
  syncFolder(path: string): Promise<void>
}

/** A name in a folder. */
export interface DiskEntry {
  name: string
  isFolder: boolean
}

/** An open file. */
export interface DiskFile {
  size(): Promise<number>
  /** Write all of these bytes, one part after the other, from `position` on. */
  write(parts: Uint8Array | readonly Uint8Array[], position: number): Promise<void>
  /** Read up to `length` bytes from `position`; fewer at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  truncate(length: number): Promise<void>
  /** Put the file's bytes and its length on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Make a folder and the missing ones above it, on disk when this resolves: also those that a process made which was
 * killed before it synced them. `within`: a folder above it that is on disk already; default the root.
 */
export async function makeDurableFolder(disk: Disk, path: string, within?: string): Promise<void> {
  await disk.makeFolder(path)
  const above: string[] = []
  for (let at = path; at !== within && at !== folderOf(at); at = folderOf(at)) above.push(folderOf(at))
  await Promise.all(
    above.map((folder) =>
      disk.syncFolder(folder).catch((error: { code?: string }) => {
        // A folder that we may not read is none that we made one in just now.
        if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error
      }),
    ),
  )
}

/**
 * Write a file of this name whole, its bytes on disk (unless `sync` is false); nothing is left where that fails. Its
 * name is not synced.
 */
export async function writeFile(
  disk: Disk,
  path: string,
  parts: Uint8Array | readonly Uint8Array[],
  { mode, sync = true }: { mode?: number; sync?: boolean } = {},
): Promise<void> {
  const file = await disk.create(path, mode)
  try {
    try {
      await file.write(parts, 0)
      if (sync) await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await disk.remove(path).catch(() => {})
    throw error
  }
}

/** Put the bytes of a file on disk. */
export async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whether an error says that there is no file or folder of a name. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}

/** The folder that a path lies in. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at > 0 ? path.slice(0, at) : at === 0 ? '/' : '.'
}
