import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { framesOf, growthMovie } from '../interop/images.js'
import { readWithZarrita } from '../interop/zarrita.js'

/** Frames for these tests: the recorded movie, in chunks of 4 frames at 2 frames a second. */
const movie = growthMovie()
const [, HEIGHT, WIDTH] = movie.shape
export const CHUNK = 4
export const STREAM = { fps: 2, rotationsPerMin: 0, chunkSize: CHUNK }

/** Chunk `index` of the movie, in a buffer of its own. */
export function chunkOf(index: number, frames = CHUNK) {
  return framesOf(movie, index * CHUNK, index * CHUNK + frames)
}

/** What a store holds, and whether anything in it is half done. */
export interface StoreContent {
  /** Folders of streams. */
  streams: string[]
  /** Files that were begun and neither finished nor removed. */
  unfinished: string[]
}

/** Look into the folder of a store. */
export function contentOf(store: string): StoreContent {
  const all = readdirSync(store, { recursive: true, encoding: 'utf8' })
  const incoming = join('.framewire', 'incoming')
  return {
    streams: readdirSync(store).filter((name) => name !== '.framewire'),
    unfinished: all.filter(
      (path) => path.endsWith('.part') || (path.startsWith(incoming) && path !== incoming),
    ),
  }
}

/** Indexes of the chunks whose shards lie in the folder of a stream. */
export function shardsOf(store: string, dataId: string): number[] {
  const folder = join(store, dataId, 'frames.zarr', 'frames', 'c')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map(Number)
    .sort((a, b) => a - b)
}

/** Which chunks of a stream read back as the chunks of the movie; a full chunk each. Read by zarrita. */
export async function soundChunks(store: string, dataId: string): Promise<number[]> {
  const { data } = await readWithZarrita(join(store, dataId, 'frames.zarr'), 'frames')
  const { data: present } = await readWithZarrita(join(store, dataId, 'frames.zarr'), 'present')
  const size = CHUNK * HEIGHT * WIDTH
  return shardsOf(store, dataId).filter((index) => {
    const pixels = (data as Uint8Array).subarray(index * size, (index + 1) * size)
    const frames = Array.from({ length: CHUNK }, (_, i) => present[index * CHUNK + i])
    return Buffer.compare(pixels, chunkOf(index).data) === 0 && frames.every((state) => state === 1)
  })
}
