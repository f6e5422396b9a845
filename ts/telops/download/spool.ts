import type { Disk, DiskFile } from '../../disk/disk.js'

/**
 * Frames that cannot leave yet, in a file with a place for each: what came of those that came in part, and whole ones
 * that wait for an earlier one. A spool that nothing is put into makes no file.
 */
export class Spool {
  readonly #disk: Disk
  readonly #path: string
  readonly #frameBytes: number
  #file: Promise<DiskFile> | undefined

  /** A new file at `path`, of frames of at most `frameBytes` bytes. */
  constructor(disk: Disk, path: string, frameBytes: number) {
    this.#disk = disk
    this.#path = path
    this.#frameBytes = frameBytes
  }

  async put(frame: number, bytes: Uint8Array): Promise<void> {
    this.#file ??= this.#create()
    await (await this.#file).write(bytes, frame * this.#frameBytes)
  }

  /** The first `bytes` bytes of what was put for this frame. */
  async get(frame: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#file!).read(frame * this.#frameBytes, bytes)
  }

  /** Take the file away. */
  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined)
    if (!file) return
    await file.close()
    await this.#disk.remove(this.#path)
  }

  async #create(): Promise<DiskFile> {
    const file = await this.#disk.create(this.#path)
    // Its name alone: a process that is killed leaves nothing behind. Where systems keep names of open files, close does.
    await this.#disk.remove(this.#path).catch(() => {})
    return file
  }
}
