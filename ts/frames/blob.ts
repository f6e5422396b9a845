import { damaged, truncated } from './file-error.js'
import type { NamedFile } from './folder.js'
import type { ByteSource } from './source.js'

/**
 * The bytes of a `File` or `Blob`, read slice by slice. Its name is the file's, or `blob`.
 * Reading throws `frames/file-truncated`, and `frames/file-format` where the file was moved or changed since.
 */
export function blobSource(blob: Blob, name = nameOf(blob)): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      if (offset + length > blob.size) throw truncated(name, offset + length, blob.size)
      const slice = blob.slice(offset, offset + length)
      const bytes = new Uint8Array(
        await slice.arrayBuffer().catch((cause) => {
          throw damaged(name, 'can no longer be read. Was it moved or changed? Choose it again.', {
            offset,
            cause,
          })
        }),
      )
      if (bytes.length < length) throw truncated(name, offset + length, offset + bytes.length)
      return bytes
    },
    close: async () => {},
  }
}

/** `File`s that were chosen or dropped together, as a recording for `openRecording`. */
export function blobFolder(files: Iterable<File>, name = 'the files'): { name: string; files: NamedFile[] } {
  return {
    name,
    files: Array.from(files, (file) => ({ name: file.name, open: async () => blobSource(file) })),
  }
}

function nameOf(blob: Blob): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'blob'
}
