import type { Conversion } from '../core/core.js'
import { FramewireError, isFramewireError } from '../errors.js'
import { conversionFor, type StatedConversion, type UnmeasuredConversion } from '../frames/conversion.js'
import { openPath } from '../frames/file-node.js'
import type { FrameSource } from '../frames/source.js'
import { frameRun } from '../frames/stack.js'
import { usage } from './outcome.js'

/** Memory for frames of a recording and their shards, in bytes: a file waits, so less is held than for a live camera. */
export const RECORDING_BUDGET_BYTES = 96 * 2 ** 20

/** What the command line says of how a file is to be read. */
export interface FileOptions {
  shape?: number[]
  dtype?: string
  offset?: number
  member?: string
}

/** Open a recording as the command line says. Throws a usage error, and as `openPath`. */
export async function openFile(path: string, options: FileOptions): Promise<FrameSource> {
  const { shape, dtype, offset, member } = options
  if ((shape === undefined) !== (dtype === undefined) || (offset !== undefined && shape === undefined)) {
    throw usage('raw pixels need both --shape and --dtype; --offset goes with them.')
  }
  return openPath(path, { member, raw: shape && dtype ? { shape, dtype, offset } : undefined })
}

/** A recording, and how its pixels become 8-bit gray. */
export interface Streamable {
  source: FrameSource
  conversion: Conversion | UnmeasuredConversion
}

/**
 * Open a recording that can be streamed as stated, going by its first frame. Throws as {@link openFile}, and what
 * `conversionFor` throws, with the file's name.
 */
export async function openStreamable(
  path: string,
  options: FileOptions & StatedConversion,
): Promise<Streamable> {
  const source = await openFile(path, options)
  try {
    return { source, conversion: conversionFor(frameRun(await source.read(0, 1)), options) }
  } catch (error) {
    await source.close()
    if (!isFramewireError(error) || error.message.startsWith(path)) throw error
    throw new FramewireError(error.code, `${path}: ${error.message}`, error.details, { cause: error })
  }
}

/** A recording in a line: `26 frames of 320 x 448, uint8`. */
export function described({ frames, height, width, dtype, bits, channels }: FrameSource): string {
  const depth = bits === 8 || bits === 16 ? dtype : `${dtype} (${bits} bit)`
  const colour = channels === 1 ? '' : ` ${channels === 3 ? 'RGB' : 'RGBA'}`
  return `${frames} ${frames === 1 ? 'frame' : 'frames'} of ${height} x ${width}${colour}, ${depth}`
}
