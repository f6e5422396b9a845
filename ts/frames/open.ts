import { damaged, unsupported } from './file-error.js'
import { type NamedFile, openFolder } from './folder.js'
import { openNpy } from './npy.js'
import { openNpz } from './npz.js'
import { openPng } from './png.js'
import { openRaw, type RawOptions } from './raw.js'
import type { ByteSource, FrameSource } from './source.js'
import { openTiff } from './tiff.js'

/** What a recording may need to be told. */
export interface RecordingOptions {
  /** The array to take from an .npz file that holds several. */
  member?: string
  /** Read the file as bare pixels, whatever it looks like. */
  raw?: RawOptions
}

/** First bytes of the kinds that are read. `?` is any byte. */
const kinds: readonly [
  magic: string,
  open: (bytes: ByteSource, options: RecordingOptions) => Promise<FrameSource>,
][] = [
  ['\x93NUMPY', openNpy],
  ['PK\x03\x04', (bytes, { member }) => openNpz(bytes, member)],
  ['PK\x05\x06', (bytes, { member }) => openNpz(bytes, member)],
  ['\x89PNG\r\n\x1a\n', openPng],
  ['II*\0', openTiff],
  ['MM\0*', openTiff],
  ['II+\0', openTiff],
  ['MM\0+', openTiff],
]

/**
 * Open a recording: one file (.npy, .npz, TIFF, PNG, or anything with `raw` stated), known by its first bytes and not
 * by its name; or a folder's files, see `openFolder`.
 *
 * The source that comes back closes the file. Where opening throws, closing it stays with the caller.
 * Throws `frames/file-unsupported` (no kind that is known), `frames/file-format` (not what its name says), and what the
 * readers throw.
 */
export async function openRecording(
  recording: ByteSource | { name: string; files: readonly NamedFile[] },
  options: RecordingOptions = {},
): Promise<FrameSource> {
  if ('files' in recording) return openFolder(recording.name, recording.files)
  const { name, size } = recording
  if (options.raw) return openRaw(recording, options.raw)
  if (size === 0) throw damaged(name, 'is empty.', { offset: 0 })
  const start = String.fromCharCode(...(await recording.read(0, Math.min(8, size))))
  const kind = kinds.find(([magic]) => start.startsWith(magic))
  if (kind) return kind[1](recording, options)
  if (/\.(npy|npz|tiff?|png)$/i.test(name)) {
    throw damaged(
      name,
      'is not what its name says: its first bytes are of no kind that is read. It is damaged, or was saved with the wrong name.',
      { offset: 0 },
    )
  }
  throw unsupported(
    name,
    'is no .npy, .npz, TIFF or PNG file. To read it as bare pixels state shape and dtype (`--shape 1038,1388 --dtype ">u2"`).',
  )
}
