import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { usage } from './outcome.js'

/** Rejects with a usage error where something is at this path, or the folder that it would be written into is not. */
export async function mustBeNew(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) throw usage(`${path} exists already.`)
  const place = dirname(resolve(path))
  const isPlace = (await stat(place).catch(() => undefined))?.isDirectory()
  if (!isPlace) throw usage(`--out is written into a folder that is there; ${place} is none.`)
}
