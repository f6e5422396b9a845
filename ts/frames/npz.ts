import { type ErrorCode, FramewireError, hasCode } from '../errors.js'
import { unsupported } from './file-error.js'
import { openNpy } from './npy.js'
import type { ByteSource, FrameSource } from './source.js'
import { readZipDirectory, zipMemberSource } from './zip.js'

/** What an array says that is sound, but no recording: another one of the file may be it. */
const NO_FRAMES: readonly ErrorCode[] = ['frames/dtype', 'frames/rank', 'frames/empty']

/**
 * Open the recording in an .npz file (`np.savez`, `np.savez_compressed`): the array called `member`, or where none is
 * named the only array that can be frames. A stored array is read at random; a compressed one is unpacked going
 * forward, in bounded memory.
 *
 * Throws as {@link openNpy}; `frames/file-missing` (no such member), `frames/file-unsupported` (no array, or several,
 * fit), and while reading `frames/file-format` and `frames/file-too-large` (unpacks to more than it declares).
 */
export async function openNpz(bytes: ByteSource, member?: string): Promise<FrameSource> {
  const arrays = (await readZipDirectory(bytes)).filter(({ name }) => name.endsWith('.npy'))
  const names = arrays.map(({ name }) => name.slice(0, -'.npy'.length))
  if (member !== undefined) {
    const array = arrays.find(({ name }) => name === member || name === `${member}.npy`)
    if (array) return openNpy(await zipMemberSource(bytes, array))
    const path = `${bytes.name}:${member}`
    throw new FramewireError('frames/file-missing', `${path}: no such array. ${listed(names)}`, { path })
  }

  const fitting: FrameSource[] = []
  const refusals: unknown[] = []
  for (const array of arrays) {
    try {
      fitting.push(await openNpy(await zipMemberSource(bytes, array)))
    } catch (error) {
      if (!NO_FRAMES.some((code) => hasCode(error, code))) throw error
      refusals.push(error)
    }
  }
  if (fitting.length === 1) return fitting[0]!
  if (arrays.length === 1) throw refusals[0]
  throw unsupported(
    bytes.name,
    fitting.length === 0
      ? `holds no array of frames (uint8 or uint16). ${listed(names)}`
      : `holds several arrays that can be frames. Name one: ${fitting.map(({ name }) => name.slice(bytes.name.length + 1, -'.npy'.length)).join(', ')}.`,
  )
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'It holds no array at all.' : `It holds: ${names.join(', ')}.`
}
