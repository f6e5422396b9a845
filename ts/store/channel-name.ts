import { createHash } from 'node:crypto'

/** Longest folder name that we make; file systems stop at 255 bytes. */
const LONGEST = 200

/**
 * The folder of a channel: its name with every byte but letters, digits, `-` and `_` as `~XX`, and a leading `_` as well
 * (names that begin so belong to Zarr). No two names share a folder, and none is a file of Zarr's own. Not `%XX`: readers
 * that take a folder for a part of a URL would undo it.
 */
export function channelFolder(name: string): string {
  const escaped = [...Buffer.from(name, 'utf8')].map(escapedByte).join('')
  // `~` before anything but two hex digits occurs in no escaped name.
  if (escaped === '') return '~'
  if (escaped.length <= LONGEST) return escaped
  return `${escaped.slice(0, LONGEST / 2)}~_${createHash('sha256').update(name).digest('hex')}`
}

function escapedByte(byte: number, at: number): string {
  const character = String.fromCharCode(byte)
  if (/[A-Za-z0-9-]/.test(character) || (character === '_' && at > 0)) return character
  return `~${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
