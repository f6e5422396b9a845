import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FramewireError, isFramewireError } from '../errors.js'

/** A body as it was received: its file in the staging folder, not yet synced. */
export interface Received {
  path: string
  bytes: number
  /** Hex, lower case. */
  md5: string
  sha256: string
}

/**
 * The folder where files are written before they are renamed to where they belong, so that no reader ever sees half a
 * file. It lies in the store, as a rename is atomic only within one file system.
 */
export class Staging {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Write a body to a file of its own while hashing it. Nothing is left where the body breaks off or the disk is full. */
  async receive(body: AsyncIterable<Uint8Array>): Promise<Received> {
    const path = join(this.folder, `${randomUUID()}.part`)
    const md5 = createHash('md5')
    const sha256 = createHash('sha256')
    let bytes = 0
    async function* hashed() {
      for await (const piece of body) {
        md5.update(piece)
        sha256.update(piece)
        bytes += piece.byteLength
        yield piece
      }
    }
    const file = await open(path, 'wx')
    try {
      await writeFile(file, hashed())
    } catch (error) {
      await this.discard(path)
      throw error
    } finally {
      await file.close()
    }
    return { path, bytes, md5: md5.digest('hex'), sha256: sha256.digest('hex') }
  }

  /** Write a file and sync its bytes, unless told not to; the caller renames it. */
  async write(
    data: string | Uint8Array,
    {
      name = `${randomUUID()}.part`,
      sync = true,
      mode,
    }: { name?: string; sync?: boolean; mode?: number } = {},
  ): Promise<string> {
    const path = join(this.folder, name)
    const file = await open(path, 'wx', mode)
    try {
      await file.writeFile(data)
      if (sync) await file.sync()
    } catch (error) {
      await this.discard(path)
      throw error
    } finally {
      await file.close()
    }
    return path
  }

  /** Write `path` whole or not at all, on disk when this resolves. */
  async replace(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
    const staged = await this.write(data, { mode })
    await rename(staged, path)
    await syncFolder(dirname(path))
  }

  discard(...paths: readonly string[]): Promise<unknown> {
    return Promise.all(paths.map((path) => rm(path, { force: true })))
  }

  /** Names of the files that lie here. */
  list(): Promise<string[]> {
    return readdir(this.folder)
  }
}

/** Put a folder's entries on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Make a folder and the missing ones above it, on disk when this resolves. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Run work upon files under `path`; what the file system refuses becomes `server/full` or `server/store`. */
export async function storing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeFault(path, error)
  }
}

function storeFault(path: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException
  if (isFramewireError(error) || code === undefined || syscall === undefined) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FramewireError(
      'server/full',
      'The disk of the store is full. Nothing of this request was stored: free space and send it again.',
      { path },
      { cause: error },
    )
  }
  return new FramewireError(
    'server/store',
    `The store could not be read or written (${code}). Check the folder and its permissions: ${message}.`,
    { path, reason: code },
    { cause: error },
  )
}
