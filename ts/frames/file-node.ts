import type { FileHandle } from 'node:fs/promises'
import { FramewireError } from '../errors.js'
import { damaged, truncated, unsupported } from './file-error.js'
import { openRecording, type RecordingOptions } from './open.js'
import type { ByteSource, FrameSource } from './source.js'

/** The system reads less than 2 GiB at once. */
const MOST_AT_ONCE = 2 ** 30

/**
 * Open a recording by its path: a file, or a folder of PNG and TIFF files. Node only.
 * Throws `frames/file-missing` (not there, or not allowed), `frames/file-unsupported` (a device, a pipe), and as
 * {@link openRecording}. Nothing stays open where it throws.
 */
export async function openPath(path: string, options?: RecordingOptions): Promise<FrameSource> {
  const { stat, readdir } = promises()
  const found = await stat(path).catch((cause) => {
    throw missing(path, cause)
  })
  if (found.isDirectory()) {
    const names = await readdir(path).catch((cause) => {
      throw missing(path, cause)
    })
    const { join } = process.getBuiltinModule('node:path')
    const files = names.map((name) => ({ name, open: () => fileSource(join(path, name)) }))
    return openRecording({ name: path, files })
  }
  if (!found.isFile()) throw unsupported(path, 'is neither a file nor a folder.')
  const bytes = await fileSource(path)
  try {
    return await openRecording(bytes, options)
  } catch (error) {
    await bytes.close()
    throw error
  }
}

/** The bytes of a file on disk, read as they are asked for. Node only. Throws `frames/file-missing`. */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await promises()
    .open(path, 'r')
    .catch((cause) => {
      throw missing(path, cause)
    })
  const { size } = await handle.stat()
  return {
    name: path,
    size,
    async read(offset, length) {
      if (offset + length > size) throw truncated(path, offset + length, size)
      const bytes = new Uint8Array(length)
      for (let filled = 0; filled < length; ) {
        const read = await readPiece(handle, bytes, filled, offset, path)
        // The file became shorter since it was opened.
        if (read === 0) throw truncated(path, offset + length, offset + filled)
        filled += read
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

async function readPiece(
  handle: FileHandle,
  into: Uint8Array,
  at: number,
  offset: number,
  path: string,
): Promise<number> {
  try {
    return (await handle.read(into, at, Math.min(into.length - at, MOST_AT_ONCE), offset + at)).bytesRead
  } catch (cause) {
    throw damaged(path, 'cannot be read. See the cause; is the disk still there?', {
      offset: offset + at,
      cause,
    })
  }
}

function promises() {
  return process.getBuiltinModule('node:fs').promises
}

function missing(path: string, cause: unknown): FramewireError<'frames/file-missing'> {
  const reason =
    (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'there is no such file or folder'
      : 'it cannot be opened'
  return new FramewireError(
    'frames/file-missing',
    `${path}: ${reason}. Check the path and your permission to read it.`,
    { path },
    { cause },
  )
}
