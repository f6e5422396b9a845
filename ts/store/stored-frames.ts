import { type FileHandle, open, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import type { Core } from '../core/core.js'
import { loadCore } from '../core/load.js'
import { FramewireError } from '../errors.js'
import { indexBytes } from './checker.js'
import { Present } from './frame-arrays.js'
import { FRAMES_ZARR } from './frame-folder.js'
import { ZARR_JSON } from './zarr.js'

const axes = z.tuple([z.int(), z.int(), z.int()])
const shards = z.object({
  name: z.literal('sharding_indexed'),
  configuration: z.object({ chunk_shape: axes, index_location: z.literal('end') }),
})
const framesArray = z.object({
  data_type: z.literal('uint8'),
  shape: axes,
  chunk_grid: z.object({ configuration: z.object({ chunk_shape: axes }) }),
  codecs: z.tuple([shards]),
})

/** Where to find the WebAssembly core, when it was moved away from the library. */
export interface ReadOptions {
  wasmUrl?: string
}

/**
 * Read frames `start .. start + count - 1` of a stored stream back, as 8-bit pixels, `count * height * width` bytes.
 * @param path folder of the stream, `<store>/<data id>`
 * Throws `server/verify` (no such stream or frame, a frame that never came), `shard/*`, `core/load`.
 */
export async function readFrames(
  path: string,
  start: number,
  count: number,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  const stored = await StoredFrames.open(path, await loadCore(options.wasmUrl))
  return stored.read(start, count)
}

/** The frames of a stream as they lie in its folder, read as any Zarr reader does: by the array's own metadata. */
export class StoredFrames {
  readonly dataId: string
  /** Length of the array: frames, those that never came among them. */
  readonly length: number
  readonly height: number
  readonly width: number
  readonly chunkSize: number
  readonly #zarr: string
  readonly #core: Core

  private constructor(path: string, core: Core, length: number, chunk: readonly [number, number, number]) {
    this.dataId = basename(path)
    this.length = length
    this.chunkSize = chunk[0]
    this.height = chunk[1]
    this.width = chunk[2]
    this.#zarr = join(path, FRAMES_ZARR)
    this.#core = core
  }

  /** @param path folder of the stream, `<store>/<data id>`. Throws `server/verify` where it holds no frames of ours. */
  static async open(path: string, core: Core): Promise<StoredFrames> {
    const folder = resolve(path)
    const file = join(folder, FRAMES_ZARR, 'frames', ZARR_JSON)
    try {
      const { shape, chunk_grid } = framesArray.parse(JSON.parse(await readFile(file, 'utf8')))
      return new StoredFrames(folder, core, shape[0], chunk_grid.configuration.chunk_shape)
    } catch (cause) {
      throw new FramewireError(
        'server/verify',
        `${folder} holds no frames that can be read. Give the folder of a stream of frames: the store's, then the data id.`,
        { dataId: basename(folder), reason: 'no frames' },
        { cause },
      )
    }
  }

  /** The 8-bit pixels of frames `start .. start + count - 1`. Throws `server/verify` for one that never came, `shard/*`. */
  async read(start: number, count: number): Promise<Uint8Array> {
    const pixels = new Uint8Array(count * this.height * this.width)
    for (let at = start; at < start + count; ) {
      const index = Math.floor(at / this.chunkSize)
      const first = index * this.chunkSize
      const frames = Math.min(start + count, first + this.chunkSize) - at
      const missing = (await this.presence(index)).indexOf(Present.missing, at - first)
      if (missing >= 0 && missing < at - first + frames) throw this.#missing(first + missing)
      const into = pixels.subarray((at - start) * this.height * this.width)
      await this.#readShard(index, at - first, frames, into)
      at += frames
    }
    return pixels
  }

  /** The chunk of the array `present`, by frame; all missing where the chunk never came. */
  async presence(index: number): Promise<Uint8Array> {
    try {
      return await readFile(join(this.#zarr, 'present', 'c', String(index)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return new Uint8Array(this.chunkSize).fill(Present.missing)
    }
  }

  /** The bytes of a chunk of the array `time_unix_ms`. */
  times(index: number): Promise<Uint8Array> {
    return readFile(join(this.#zarr, 'time_unix_ms', 'c', String(index)))
  }

  /** File of a chunk's shard. */
  shardPath(index: number): string {
    return join(this.#zarr, 'frames', 'c', String(index), '0', '0')
  }

  /** Frames `from .. from + count - 1` of a shard. One that its sender left out is zeros, as `into` is already. */
  async #readShard(index: number, from: number, count: number, into: Uint8Array): Promise<void> {
    const file = await open(this.shardPath(index), 'r')
    try {
      const { size } = await file.stat()
      const tail = Math.min(size, indexBytes(this.chunkSize))
      const entries = this.#core.readIndex(await readAt(file, size - tail, tail), this.chunkSize, size)
      for (let frame = 0; frame < count; frame++) {
        const entry = entries[from + frame]
        if (!entry) continue
        const packed = await readAt(file, entry.offset, entry.length)
        const pixels = this.#core.unpack(packed, from + frame, this.height, this.width)
        into.set(pixels, frame * this.height * this.width)
      }
    } finally {
      await file.close()
    }
  }

  #missing(frame: number): FramewireError {
    const { dataId } = this
    return new FramewireError(
      'server/verify',
      `Frame ${frame} of ${dataId} was never received. Read the frames that the array "present" names.`,
      { dataId, reason: 'missing', chunk: Math.floor(frame / this.chunkSize), frame },
    )
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer } = await file.read(new Uint8Array(length), 0, length, offset)
  return buffer
}
