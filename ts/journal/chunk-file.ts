import { type Disk, writeFile } from '../disk/disk.js'
import type { FramewireError } from '../errors.js'
import { damaged, defect, onDisk } from './faults.js'
import type { SealedChunk, ShardBody } from './journal.js'
import type { KeptBody } from './place.js'

/** A hash over bytes that come in pieces: of the platform, or of the core. Hex, lower case. */
export interface Hasher {
  update(data: Uint8Array): void
  finish(): { sha256: string }
}

/** How much of a chunk is in memory while it is sent. */
const PIECE = 2 ** 20

/** Write the file of a chunk, its bytes on disk. Its name is not synced. */
export async function writeChunk(
  disk: Disk,
  path: string,
  { index, bytes }: SealedChunk,
  body: ShardBody,
): Promise<void> {
  const parts = body instanceof Blob ? [new Uint8Array(await body.arrayBuffer())] : body
  const given = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  // A detached buffer is empty, and would be kept as such.
  if (given !== bytes) throw defect(`chunk ${index} has ${bytes} bytes, and ${given} were given`)
  await onDisk(path, () => writeFile(disk, path, parts, { mode: 0o600 }))
}

/** The bytes of a chunk's file, in pieces; the last one comes when the hash of all is right. */
export function chunkBody(disk: Disk, path: string, chunk: SealedChunk, hasher: () => Hasher): KeptBody {
  return {
    async *[Symbol.asyncIterator]() {
      const file = await onDisk(path, () => disk.open(path))
      try {
        checkSize(path, chunk, await file.size())
        const hash = hasher()
        for (let at = 0; at < chunk.bytes; ) {
          const piece = await onDisk(path, () => file.read(at, Math.min(PIECE, chunk.bytes - at)))
          // Cut while it is read.
          if (piece.byteLength === 0) checkSize(path, chunk, at)
          hash.update(piece)
          at += piece.byteLength
          if (at === chunk.bytes) checkHash(path, chunk, hash)
          yield piece
        }
      } finally {
        await file.close()
      }
    },
  }
}

/** The whole bytes of a chunk's file, the hash checked. */
export async function readChunk(
  disk: Disk,
  path: string,
  chunk: SealedChunk,
  hasher: () => Hasher,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await onDisk(path, () => disk.read(path))
  checkSize(path, chunk, bytes.byteLength)
  const hash = hasher()
  hash.update(bytes)
  checkHash(path, chunk, hash)
  return bytes
}

function checkSize(path: string, { index, bytes }: SealedChunk, size: number): void {
  if (size !== bytes) throw differs(path, index, `it has ${size} bytes, and the chunk ${bytes}`)
}

function checkHash(path: string, { index, sha256 }: SealedChunk, hash: Hasher): void {
  if (hash.finish().sha256 !== sha256) throw differs(path, index, 'its SHA-256 is not that of the chunk')
}

function differs(path: string, chunk: number, reason: string): FramewireError<'journal/damaged'> {
  return damaged(path, `not the bytes of chunk ${chunk}: ${reason}`, { chunk })
}
