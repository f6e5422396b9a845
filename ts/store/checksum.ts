import { createHash } from 'node:crypto'
import { FramewireError } from '../errors.js'

const CHECKSUMMED = /^(.*),"checksum":"([0-9a-f]{64})"\}$/s

/** An object as JSON whose last member is the SHA-256 of the others' text, so that any changed bit is found. */
export function withChecksum(content: object): string {
  const text = JSON.stringify(content)
  return `${text.slice(0, -1)},"checksum":"${sha256(text)}"}`
}

/** The object in such a text. Throws `server/store` where one bit of it has changed; `path` is for the message. */
export function checkedContent<T extends object>(bytes: Uint8Array, path: string): T {
  const content = soundContent<T>(bytes)
  if (content) return content
  throw new FramewireError(
    'server/store',
    `A file of the store is damaged, or from before files had checksums: ${path}. Restore it, or give another folder.`,
    { path, reason: 'damaged' },
  )
}

/** The object in such a text, where it is sound. */
export function soundContent<T extends object>(bytes: Uint8Array): T | undefined {
  const [, start, checksum] = CHECKSUMMED.exec(new TextDecoder().decode(bytes)) ?? []
  const text = `${start}}`
  return checksum === sha256(text) ? (JSON.parse(text) as T) : undefined
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
