import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import type { Disk, DiskFile } from './disk.js'

/** The file system of this computer. */
export const nodeDisk: Disk = {
  async create(path, mode) {
    return new NodeFile(await open(path, 'wx+', mode))
  },
  async open(path) {
    return new NodeFile(await open(path, 'r+'))
  },
  read: (path) => readFile(path),
  async list(folder) {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  async makeFolder(path) {
    await mkdir(path, { recursive: true })
  },
  async syncFolder(path) {
    // Windows opens no folders, and writes names through.
    if (process.platform === 'win32') return
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
}

class NodeFile implements DiskFile {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size
  }

  async write(parts: Uint8Array | readonly Uint8Array[], position: number): Promise<void> {
    let left = parts instanceof Uint8Array ? [parts] : parts
    for (let at = position; left.length > 0; ) {
      // The system may take less than it was given: on a disk that is nearly full, or of more than 2 GiB.
      const { bytesWritten } = await this.#file.writev(left, at)
      at += bytesWritten
      left = behind(left, bytesWritten)
    }
  }

  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** What is left of the parts behind their first `done` bytes. */
function behind(parts: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  let skip = done
  let whole = 0
  while (whole < parts.length && parts[whole]!.byteLength <= skip) skip -= parts[whole++]!.byteLength
  return skip === 0 ? parts.slice(whole) : [parts[whole]!.subarray(skip), ...parts.slice(whole + 1)]
}
