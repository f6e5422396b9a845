import { createHash, randomUUID } from 'node:crypto'
import { type Disk, folderOf, writeFile } from '../disk/disk.js'
import { FramewireError, isFramewireError } from '../errors.js'

/** Name of the folder for what the store keeps for itself, beside a folder for each stream. */
export const OWN = '.framewire'

/** Pieces of a body are gathered to so many bytes before they are written. */
const GATHERED_BYTES = 2 ** 20

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
  readonly disk: Disk
  /** What the store keeps for itself. */
  readonly own: string
  readonly folder: string

  constructor(disk: Disk, store: string) {
    this.disk = disk
    this.own = `${store}/${OWN}`
    this.folder = `${this.own}/incoming`
  }

  /** Write a body to a file of its own while hashing it. Nothing is left where the body breaks off or the disk is full. */
  async receive(body: AsyncIterable<Uint8Array>): Promise<Received> {
    const path = this.place()
    const md5 = createHash('md5')
    const sha256 = createHash('sha256')
    const file = await this.disk.create(path)
    let bytes = 0
    try {
      try {
        for await (const pieces of gathered(body)) {
          const start = bytes
          for (const piece of pieces) {
            md5.update(piece)
            sha256.update(piece)
            bytes += piece.byteLength
          }
          await file.write(pieces, start)
        }
      } finally {
        await file.close()
      }
    } catch (error) {
      await this.discard(path)
      throw error
    }
    return { path, bytes, md5: md5.digest('hex'), sha256: sha256.digest('hex') }
  }

  /** As `receive`, of a file of this disk, which stays. */
  async copy(path: string): Promise<Received> {
    const { disk } = this
    const file = await disk.open(path)
    try {
      return await this.receive(
        (async function* () {
          for (let at = 0; ; ) {
            const piece = await file.read(at, GATHERED_BYTES)
            if (piece.byteLength === 0) return
            yield piece
            at += piece.byteLength
          }
        })(),
      )
    } finally {
      await file.close()
    }
  }

  /** A path here that is not taken. */
  place(): string {
    return `${this.folder}/${randomUUID()}.part`
  }

  /** Write a file and sync its bytes, unless told not to; the caller renames it. */
  async write(data: string | Uint8Array, options?: { mode?: number; sync?: boolean }): Promise<string> {
    const path = this.place()
    await writeFile(this.disk, path, typeof data === 'string' ? Buffer.from(data) : data, options)
    return path
  }

  /** Write `path` whole or not at all; on disk when this resolves, unless told not to. */
  async replace(
    path: string,
    data: string | Uint8Array,
    { mode, sync = true }: { mode?: number; sync?: boolean } = {},
  ): Promise<void> {
    const staged = await this.write(data, { mode, sync })
    try {
      await this.disk.rename(staged, path)
    } catch (error) {
      await this.discard(staged)
      throw error
    }
    if (sync) await this.disk.syncFolder(folderOf(path))
  }

  /** Remove what may lie here still; what cannot be removed goes at the next start. */
  async discard(...paths: readonly string[]): Promise<void> {
    await Promise.allSettled(paths.map((path) => this.disk.remove(path)))
  }

  /** Paths of what lies here. */
  async list(): Promise<string[]> {
    return (await this.disk.list(this.folder)).map(({ name }) => `${this.folder}/${name}`)
  }
}

/** The pieces of a body, many at once where they are small. */
async function* gathered(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece)
    bytes += piece.byteLength
    if (bytes < GATHERED_BYTES) continue
    yield pieces
    pieces = []
    bytes = 0
  }
  yield pieces
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
