import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as z from 'zod/mini'
import { FramewireError } from '../errors.js'
import type { FrameSource } from '../frames/source.js'
import type { Json } from '../journal/records.js'
import { type FileOptions, openFile } from './recording.js'

const length = z.int().check(z.positive())

const origin = z.object({
  type: z.literal('recording'),
  /** Absolute. */
  path: z.string(),
  reading: z.object({
    shape: z.optional(z.array(length)),
    dtype: z.optional(z.string()),
    offset: z.optional(z.int().check(z.nonnegative())),
    member: z.optional(z.string()),
  }),
  frames: length,
  height: length,
  width: length,
  /** Tells a recording from another one at its path. */
  fingerprint: z.string(),
  /** Capture time of the first frame by this machine's clock, Unix ms. */
  captureStartMs: z.int(),
})

/** The recording that a stream's frames come from, as the stream's journal keeps it. */
export type Origin = z.infer<typeof origin>

/** What a journal is to say of a recording that was just opened. */
export async function originOf(
  path: string,
  { shape, dtype, offset, member }: FileOptions,
  { frames, height, width }: FrameSource,
  captureStartMs: number,
): Promise<Origin> {
  const given = Object.entries({ shape, dtype, offset, member }).filter(([, value]) => value !== undefined)
  return {
    type: 'recording',
    path: resolve(path),
    reading: Object.fromEntries(given),
    frames,
    height,
    width,
    fingerprint: await fingerprint(path),
    captureStartMs,
  }
}

/** What a journal says of a recording; nothing where its frames come from elsewhere. */
export function parseOrigin(kept: Json | undefined): Origin | undefined {
  return origin.safeParse(kept).data
}

/**
 * Open the recording once more. Throws `frames/file-missing`, `frames/file-format` where it is not the one that it was,
 * and as {@link openFile}.
 */
export async function reopened({ path, reading, ...was }: Origin): Promise<FrameSource> {
  const source = await openFile(path, reading)
  const isSame =
    (await fingerprint(path)) === was.fingerprint &&
    (['frames', 'height', 'width'] as const).every((axis) => source[axis] === was[axis])
  if (isSame) return source
  await source.close()
  const reason = 'it has changed since its stream began'
  throw new FramewireError('frames/file-format', `${path}: ${reason} (size, or time of the last change).`, {
    path,
    reason,
  })
}

/** The files of a folder that are read; what else lies in it may come and go. */
const PICTURE = /^[^.].*\.(png|tiff?)$/i

/** A hash of size and time of change, of a folder those of its pictures: to tell a change without reading all. */
async function fingerprint(path: string): Promise<string> {
  const isFolder = (await stat(path)).isDirectory()
  const names = isFolder ? (await readdir(path)).filter((name) => PICTURE.test(name)).sort() : ['']
  const hash = createHash('sha256')
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(path, name))
    hash.update(JSON.stringify([name, size, mtimeMs]))
  }
  return hash.digest('hex')
}
