import { type Disk, type DiskFile, isMissing } from '../../disk/disk.js'
import { npyHeader } from '../../frames/npy-header.js'
import {
  type Destination,
  type DownloadShape,
  type FrameValues,
  missingFrame,
  type PlacedFrame,
} from './destination.js'

/**
 * Frames in a .npy file, `[frames, height, width]`, each written to its place. Of those that never came counts are 0 and
 * physical values NaN.
 */
export class NpyFile implements Destination {
  readonly #disk: Disk
  readonly #path: string
  readonly #mayExist: boolean
  #file: DiskFile | undefined
  #headerBytes = 0
  #shape: DownloadShape | undefined

  /** `mayExist`: the file may have frames of an earlier download, which stay. */
  constructor(disk: Disk, path: string, mayExist: boolean) {
    this.#disk = disk
    this.#path = path
    this.#mayExist = mayExist
  }

  async begin(shape: DownloadShape): Promise<void> {
    const { frames, height, width, dtype } = shape
    this.#shape = shape
    const header = npyHeader(dtype === 'uint16' ? '<u2' : '<f4', [frames, height, width])
    this.#headerBytes = header.length
    this.#file = await this.#open()
    // Also of one that is there: a power cut may have left nothing but its name.
    await this.#file.write(header, 0)
    await this.#file.truncate(header.length + frames * height * width * (dtype === 'uint16' ? 2 : 4))
  }

  place(frame: number, { values }: PlacedFrame): Promise<void> {
    return this.#write(frame, values)
  }

  leaveOut(frame: number): Promise<void> {
    return this.#write(frame, missingFrame(this.#shape!))
  }

  /** Put what was taken where a power cut leaves it. */
  async sync(): Promise<void> {
    await this.#file?.sync()
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  #write(frame: number, values: FrameValues): Promise<void> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    return this.#file!.write(bytes, this.#headerBytes + frame * bytes.length)
  }

  async #open(): Promise<DiskFile> {
    if (!this.#mayExist) return this.#disk.create(this.#path)
    try {
      return await this.#disk.open(this.#path)
    } catch (error) {
      if (!isMissing(error)) throw error
      return this.#disk.create(this.#path)
    }
  }
}
