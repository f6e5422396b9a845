import { type FileHandle, open, rm } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { FramewireError } from '../errors.js'
import { npyHeader } from '../frames/npy-header.js'
import { bytesOf, type Image, pictureOf } from './image.js'
import { mustBeNew } from './new-file.js'
import { usage } from './outcome.js'
import { pngFile } from './png-file.js'
import { tiffFile } from './tiff-file.js'

/** Where images go. */
export interface ImageFiles {
  /** All images are one array. */
  readonly isStack: boolean
  /**
   * Write the next image. It is the caller's again when this resolves. Rejects with `frames/file-write` where the system
   * refuses; of the image that was being written nothing is left then.
   */
  write(image: Image): Promise<void>
  /** No image follows. Answers the files that were written. */
  close(): Promise<string[]>
}

/**
 * Files for `count` images, by the ending of their name: `.npy` one array for all, of `(N, H, W)` where there may be
 * several; `.png`, `.tif` and `.csv` a file for each, `NAME-0.png` and on where there may be several. Nothing is written
 * over. Rejects with a usage error for another ending, a file that is there, a folder that is not; `write` rejects where
 * the format cannot hold the image.
 */
export async function imageFiles(path: string, count: number): Promise<ImageFiles> {
  const { dir, name, ext } = parse(path)
  const ending = ext.toLowerCase()
  const encode = ENCODERS[ending]
  if (ending !== '.npy' && !encode) {
    throw usage(`--out must end in .npy, .png, .tif or .csv; ${path} does not.`)
  }
  const digits = String(count - 1).length
  const isNumbered = encode !== undefined && count > 1
  const pathOf = (index: number) =>
    isNumbered ? join(dir, `${name}-${String(index).padStart(digits, '0')}${ext}`) : path
  await mustBeNew(pathOf(0))
  return encode ? new SingleFiles(pathOf, encode) : new NpyFile(path, count > 1)
}

/** How numpy calls values of so many bytes. */
const DESCRIPTIONS: Readonly<Record<number, '|u1' | '<u2' | '<f4'>> = { 1: '|u1', 2: '<u2', 4: '<f4' }

type Encode = (image: Image, path: string) => Promise<Buffer | string> | Buffer | string

const ENCODERS: Readonly<Record<string, Encode>> = {
  '.png': png,
  '.tif': (image, path) => tiffFile(image, picture(image, path)),
  '.tiff': (image, path) => tiffFile(image, picture(image, path)),
  '.csv': csv,
}

function picture(image: Image, path: string) {
  const picture = pictureOf(image)
  if (!picture) throw unfit(path, `it has the axes (${image.shape.join(', ')})`)
  return picture
}

function png(image: Image, path: string): Promise<Buffer> {
  const shown = picture(image, path)
  if (shown.bits === 32) throw unfit(path, 'its values are floats')
  return pngFile(image, shown)
}

/** A line for each row, its values with commas between. */
function csv(image: Image, path: string): string {
  const { height, width, channels } = picture(image, path)
  if (channels > 1) throw unfit(path, 'it has colours')
  const row = (y: number) => image.data.subarray(y * width, (y + 1) * width).join(',')
  return `${Array.from({ length: height }, (_, y) => row(y)).join('\n')}\n`
}

function unfit(path: string, reason: string) {
  return new FramewireError(
    'frames/file-unsupported',
    `${path} cannot hold the image: ${reason}. Write it to a .npy file.`,
    { path, reason },
  )
}

/** The system's refusal as an error that names the file; an error that is none of the system's stays as it is. */
async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code } = (cause ?? {}) as { code?: unknown }
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw cause
    const message = `${path}: the system refused to write it (${code}). Free some space, or give another file.`
    throw new FramewireError('frames/file-write', message, { path, reason: code }, { cause })
  }
}

class SingleFiles implements ImageFiles {
  readonly isStack = false
  readonly #pathOf: (index: number) => string
  readonly #encode: Encode
  readonly #written: string[] = []

  constructor(pathOf: (index: number) => string, encode: Encode) {
    this.#pathOf = pathOf
    this.#encode = encode
  }

  async write(image: Image): Promise<void> {
    const path = this.#pathOf(this.#written.length)
    const content = await this.#encode(image, path)
    const file = await told(path, () => open(path, 'wx'))
    try {
      await told(path, () => file.writeFile(content).finally(() => file.close()))
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
    this.#written.push(path)
  }

  async close(): Promise<string[]> {
    return this.#written
  }
}

/** One array. Its header is written at the end, when it is known how many images there are. */
class NpyFile implements ImageFiles {
  readonly #path: string
  readonly isStack: boolean
  #file: FileHandle | undefined
  #first: Image | undefined
  #images = 0
  /** Of whole images. */
  #bytes = 0

  constructor(path: string, isStack: boolean) {
    this.#path = path
    this.isStack = isStack
  }

  async write({ data, shape }: Image): Promise<void> {
    this.#first ??= { data: data.subarray(0, 0), shape }
    if (String(shape) !== String(this.#first.shape)) {
      throw new FramewireError(
        'frames/size-changed',
        `An image has the axes (${shape.join(', ')}), those before it in ${this.#path} (${this.#first.shape.join(', ')}). One array has one size.`,
        { expected: this.#first.shape, actual: shape },
      )
    }
    await told(this.#path, async () => {
      this.#file ??= await open(this.#path, 'wx')
      if (this.#images === 0) await this.#file.appendFile(this.#header())
      await this.#file.appendFile(bytesOf(data))
    })
    this.#images++
    this.#bytes += data.byteLength
  }

  async close(): Promise<string[]> {
    if (!this.#file) return []
    const file = this.#file
    if (this.#images === 0) {
      await file.close()
      await rm(this.#path, { force: true })
      return []
    }
    return told(this.#path, async () => {
      try {
        const header = this.#header()
        // Behind the last whole image there may be a part of one that the disk had no room for.
        await file.truncate(header.length + this.#bytes)
        await file.write(header, 0, undefined, 0)
        return [this.#path]
      } finally {
        await file.close()
      }
    })
  }

  #header(): Uint8Array {
    const { data, shape } = this.#first!
    return npyHeader(DESCRIPTIONS[data.BYTES_PER_ELEMENT]!, this.isStack ? [this.#images, ...shape] : shape)
  }
}
