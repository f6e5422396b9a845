import { createHash } from 'node:crypto'

/** Longest folder name that we make; file systems stop at 255 bytes. */
const LONGEST = 200

/**
 * The folder of a channel: its name with every byte but letters, digits, `_`, `-` and `.` as `%XX`, and a leading `.` or
 * `_` as well (the first would be hidden or leave the folder, the second belongs to Zarr). No two names share a folder.
 */
export function channelFolder(name: string): string {
  const escaped = [...Buffer.from(name, 'utf8')]
    .map((byte, at) => (isPlain(byte, at) ? String.fromCharCode(byte) : hex(byte)))
    .join('')
  // `%` before anything but two hex digits occurs in no escaped name.
  if (escaped === '') return '%'
  if (escaped.length <= LONGEST) return escaped
  return `${escaped.slice(0, LONGEST / 2)}%~${createHash('sha256').update(name).digest('hex')}`
}

function isPlain(byte: number, at: number): boolean {
  const plain = at === 0 ? /[A-Za-z0-9-]/ : /[A-Za-z0-9_.-]/
  return plain.test(String.fromCharCode(byte))
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
