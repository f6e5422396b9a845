import { damaged, truncated, unsupported } from './file-error.js'
import { DEFLATE_RATIO } from './inflate.js'
import { InflatedSource } from './inflated-source.js'
import type { ByteSource } from './source.js'

/** A file in a zip, as the central directory describes it. */
export interface ZipMember {
  name: string
  /** 0 is stored, 8 is deflated. */
  method: number
  isEncrypted: boolean
  crc: number
  compressedBytes: number
  /** Declared length once unpacked. */
  bytes: number
  /** Where its local header lies. */
  headerOffset: number
}

const END = 0x06054b50
const END64 = 0x06064b50
const END64_LOCATOR = 0x07064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
/** A 32-bit field of this value is to be found in the zip64 extra field. */
const IN_ZIP64 = 0xffffffff

/** Largest central directory that is read: about a million members. */
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20

/**
 * Read the central directory of a zip, zip64 too.
 * Throws `frames/file-format` where there is none, as in a file cut short.
 */
export async function readZipDirectory(zip: ByteSource): Promise<ZipMember[]> {
  const { entries, offset, bytes } = await findDirectory(zip)
  if (bytes > MAX_DIRECTORY_BYTES || offset + bytes > zip.size) {
    throw damaged(zip.name, 'has a directory that leaves the file.', { offset })
  }
  const directory = viewOf(await zip.read(offset, bytes))
  const members: ZipMember[] = []
  let at = 0
  while (members.length < entries) {
    if (at + 46 > bytes || directory.getUint32(at, true) !== CENTRAL) {
      throw damaged(zip.name, `has a directory of ${entries} members that ends after ${members.length}.`, {
        offset: offset + at,
      })
    }
    const nameBytes = directory.getUint16(at + 28, true)
    const extraBytes = directory.getUint16(at + 30, true)
    const end = at + 46 + nameBytes + extraBytes + directory.getUint16(at + 32, true)
    if (end > bytes) throw damaged(zip.name, 'has a damaged directory.', { offset: offset + at })
    members.push(readMember(directory, at, nameBytes, extraBytes))
    at = end
  }
  return members
}

/**
 * The unpacked bytes of a member: read at random where it is stored, forward where it is deflated.
 * Throws `frames/file-format`, `frames/file-truncated`, `frames/file-unsupported` (encrypted, other methods).
 */
export async function zipMemberSource(zip: ByteSource, member: ZipMember): Promise<ByteSource> {
  const name = `${zip.name}:${member.name}`
  const { headerOffset, compressedBytes, method } = member
  if (member.isEncrypted) throw unsupported(name, 'is encrypted. Save it again without a password.')
  if (method !== 0 && method !== 8) {
    throw unsupported(name, `is compressed by zip method ${method}. Save it again with numpy's \`np.savez\`.`)
  }
  if (headerOffset + 30 > zip.size) throw truncated(name, headerOffset + 30, zip.size)
  const local = viewOf(await zip.read(headerOffset, 30))
  if (local.getUint32(0, true) !== LOCAL) {
    throw damaged(name, 'is not where the directory says.', { offset: headerOffset })
  }
  const offset = headerOffset + 30 + local.getUint16(26, true) + local.getUint16(28, true)
  if (offset + compressedBytes > zip.size) throw truncated(name, offset + compressedBytes, zip.size)
  const window = windowOf(zip, name, offset, compressedBytes)
  if (method === 8 && member.bytes > (compressedBytes + 64) * DEFLATE_RATIO) {
    throw damaged(
      name,
      `declares ${member.bytes} bytes, more than its ${compressedBytes} compressed bytes can hold.`,
    )
  }
  if (method === 8) return new InflatedSource(name, window, member.bytes, member.crc)
  if (member.bytes !== compressedBytes) throw damaged(name, 'is stored, but declares two lengths.')
  return window
}

/** A part of a source, seen as a source. */
function windowOf(bytes: ByteSource, name: string, offset: number, size: number): ByteSource {
  return {
    name,
    size,
    async read(at, length) {
      if (at + length > size) throw truncated(name, at + length, size)
      return bytes.read(offset + at, length)
    },
    close: () => bytes.close(),
  }
}

/** The end record lies at the end of the file, before a comment of at most 65,535 bytes. */
async function findDirectory(zip: ByteSource): Promise<{ entries: number; offset: number; bytes: number }> {
  const tailBytes = Math.min(zip.size, 22 + 65535)
  const tailOffset = zip.size - tailBytes
  const tail = viewOf(await zip.read(tailOffset, tailBytes))
  let end = tailBytes - 22
  while (end >= 0 && tail.getUint32(end, true) !== END) end--
  if (end < 0) {
    throw damaged(
      zip.name,
      'is no whole zip: its directory is missing. It was cut short, or is still being written; copy it again.',
    )
  }
  if (end >= 20 && tail.getUint32(end - 20, true) === END64_LOCATOR) {
    const offset = u64(tail, end - 20 + 8)
    if (offset + 56 > zip.size)
      throw damaged(zip.name, 'has a zip64 directory outside of the file.', { offset })
    const end64 = viewOf(await zip.read(offset, 56))
    if (end64.getUint32(0, true) !== END64) {
      throw damaged(zip.name, 'has no zip64 directory where it says.', { offset })
    }
    return { entries: u64(end64, 32), bytes: u64(end64, 40), offset: u64(end64, 48) }
  }
  return {
    entries: tail.getUint16(end + 10, true),
    bytes: tail.getUint32(end + 12, true),
    offset: tail.getUint32(end + 16, true),
  }
}

function readMember(directory: DataView, at: number, nameBytes: number, extraBytes: number): ZipMember {
  const nameAt = at + 46
  const zip64 = zip64Fields(directory, nameAt + nameBytes, extraBytes)
  const size = (field: number) => {
    const value = directory.getUint32(at + field, true)
    // Present only for the fields that overflow, in this order.
    return value === IN_ZIP64 ? (zip64.shift() ?? value) : value
  }
  const bytes = size(24)
  const compressedBytes = size(20)
  const headerOffset = size(42)
  return {
    name: new TextDecoder().decode(
      new Uint8Array(directory.buffer, directory.byteOffset + nameAt, nameBytes),
    ),
    method: directory.getUint16(at + 10, true),
    isEncrypted: (directory.getUint16(at + 8, true) & 1) !== 0,
    crc: directory.getUint32(at + 16, true),
    compressedBytes,
    bytes,
    headerOffset,
  }
}

/** The 64-bit numbers of the extra field 1, if there is one. */
function zip64Fields(directory: DataView, at: number, length: number): number[] {
  const end = at + length
  let field = at
  while (field + 4 <= end) {
    const next = field + 4 + directory.getUint16(field + 2, true)
    if (directory.getUint16(field, true) === 1) {
      const numbers: number[] = []
      for (let k = field + 4; k + 8 <= Math.min(next, end); k += 8) numbers.push(u64(directory, k))
      return numbers
    }
    field = next
  }
  return []
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** As a number: one that a number cannot hold is far outside of any file, and refused there. */
function u64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true))
}
