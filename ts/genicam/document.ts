import { isFramewireError } from '../errors.js'
import { blobSource } from '../frames/blob.js'
import type { ByteSource } from '../frames/source.js'
import { readZipDirectory, zipMemberSource } from '../frames/zip.js'
import { descriptionError } from './faults.js'

/** Largest description that is read, unpacked. */
const MAX_BYTES = 32 * 2 ** 20

/**
 * The text of a camera's description as cameras and vendors keep it: XML in any encoding that it states, or a zip with
 * such a file. Throws `genicam/description`.
 */
export async function readDocument(document: string | Uint8Array, source: string): Promise<string> {
  if (document.length > MAX_BYTES) throw tooLong(source, document.length)
  if (typeof document === 'string') return document
  const bytes = isZip(document) ? await unpacked(document, source) : document
  return decoded(bytes, source)
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4
}

async function unpacked(document: Uint8Array, source: string): Promise<Uint8Array> {
  const zip = blobSource(new Blob([document as Uint8Array<ArrayBuffer>]), source)
  try {
    const members = await readZipDirectory(zip)
    const xml = members.find(({ name }) => /\.xml$/i.test(name)) ?? members[0]
    if (!xml) throw descriptionError(source, 'the zip is empty')
    if (xml.bytes > MAX_BYTES) throw tooLong(source, xml.bytes)
    const member: ByteSource = await zipMemberSource(zip, xml)
    return await member.read(0, member.size)
  } catch (error) {
    if (isFramewireError(error) && error.code.startsWith('genicam/')) throw error
    throw descriptionError(source, 'the zip is damaged', error)
  }
}

/** Letters that are none in the stated encoding cost a tooltip, not the camera. */
function decoded(bytes: Uint8Array, source: string): string {
  const start = String.fromCharCode(...bytes.subarray(0, 200))
  const stated = /^\xff\xfe/.test(start)
    ? 'utf-16le'
    : /^\xfe\xff/.test(start)
      ? 'utf-16be'
      : (/^[^>]*\sencoding\s*=\s*["']([\w-]+)["']/.exec(start)?.[1] ?? 'utf-8')
  try {
    // What a camera reserves for its description may be longer than it is.
    return new TextDecoder(stated).decode(bytes).replace(/\0+$/, '')
  } catch (error) {
    throw descriptionError(source, `its encoding ${stated} is not known`, error)
  }
}

function tooLong(source: string, bytes: number): Error {
  return descriptionError(source, `it has ${bytes} bytes; at most ${MAX_BYTES} are read`)
}
