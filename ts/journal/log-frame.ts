import { crc32 } from '../frames/checksum.js'
import { damaged } from './faults.js'

/**
 * What one write puts at the end of a log: a line of text, `<seq> <length> <crc32> <JSON array of records>\n`. The numbers
 * are 8 hex digits each: frames from 0; bytes of the JSON; the checksum of all that is before it and after it.
 * Text has no zero bytes and JSON no line breaks, so that what a crash left can be told from damage.
 */
export interface LogFrame {
  place: LogPlace
  records: unknown[]
}

/** Where a frame lies in its log, in bytes. */
export interface LogPlace {
  offset: number
  length: number
}

/** What a log holds. */
export interface LogContent {
  frames: LogFrame[]
  /** Bytes of the whole frames. */
  length: number
  /** Bytes behind them, of a frame that a crash cut short. */
  torn: number
}

const HEADER = 27
/** `<seq> <length> `: what of the header the checksum covers. */
const COVERED = 18
const NEWLINE = 0x0a
/** What a disk writes whole or not at all: after a crash, a sector that it did not reach reads as zeros. */
const SECTOR = 512

const text = new TextEncoder()
const reader = new TextDecoder('utf-8', { fatal: true })

/** The bytes of one frame. */
export function logFrame(seq: number, records: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const json = text.encode(JSON.stringify(records))
  const frame = new Uint8Array(HEADER + json.byteLength + 1)
  frame.set(json, HEADER)
  frame.set(text.encode(`${hex(seq)} ${hex(json.byteLength)} `))
  frame.set(text.encode(`${hex(checksum(frame))} `), COVERED)
  frame[frame.length - 1] = NEWLINE
  return frame
}

/**
 * Take a log apart. Only the last frame can be torn, as each is on disk before the next is written; anything else that
 * is not as it was written is `journal/damaged`.
 * @param path for the error
 */
export function readLog(path: string, bytes: Uint8Array): LogContent {
  const frames: LogFrame[] = []
  let offset = 0
  while (offset < bytes.length) {
    const end = frameEnd(bytes, offset, frames.length)
    if (end === undefined) {
      const why = whyNotTorn(bytes, offset, frames.length)
      if (why !== undefined) throw damaged(path, why, { offset })
      return { frames, length: offset, torn: bytes.length - offset }
    }
    const place = { offset, length: end - offset }
    frames.push({ place, records: recordsOf(path, bytes.subarray(offset, end), offset) })
    offset = end
  }
  return { frames, length: offset, torn: 0 }
}

/** The records of one frame, read by itself. Throws `journal/damaged` where it is not as it was written. */
export function readFrame(path: string, frame: Uint8Array, offset: number): unknown[] {
  const seq = Number.parseInt(ascii(frame.subarray(0, 8)), 16)
  if (frameEnd(frame, 0, seq) !== frame.length)
    throw damaged(path, 'a frame is not as it was written', { offset })
  return recordsOf(path, frame, offset)
}

/** The end of the frame that begins here, if it is whole and as it was written. */
function frameEnd(bytes: Uint8Array, offset: number, seq: number): number | undefined {
  const header = ascii(bytes.subarray(offset, offset + HEADER))
  const length = declaredLength(header, seq)
  if (length === undefined) return undefined
  const end = offset + HEADER + length + 1
  if (end > bytes.length || bytes[end - 1] !== NEWLINE) return undefined
  return header.slice(COVERED, -1) === hex(checksum(bytes.subarray(offset, end))) ? end : undefined
}

/**
 * Whether a crash left these last bytes: a frame that ends too early, or one with sectors that never reached the disk.
 * A whole frame with a flipped bit, wherever it lies, is neither; the answer says what it is instead.
 */
function whyNotTorn(bytes: Uint8Array, offset: number, seq: number): string | undefined {
  const tail = bytes.subarray(offset)
  const newline = tail.indexOf(NEWLINE)
  if (newline >= 0 && newline < tail.length - 1)
    return 'a frame is not as it was written, and others follow it'
  const holes = tail.includes(0)
  if (holes && !areSectors(tail, offset)) return `frame ${seq} has zeros that no missing write explains`

  const header = ascii(tail.subarray(0, HEADER))
  if (header.includes('\0')) return undefined
  if (!isHeaderStart(header, seq)) return `the header of frame ${seq} is not as it was written`
  const missing = header.length < HEADER ? 1 : HEADER + declaredLength(header, seq)! + 1 - tail.length
  const torn = missing > 0 ? newline < 0 : missing === 0 && holes
  return torn ? undefined : `frame ${seq} is not as it was written`
}

/** Whether the zeros in these bytes are whole sectors, or all that the bytes have of one. */
function areSectors(tail: Uint8Array, offset: number): boolean {
  for (let at = 0; at < tail.length; ) {
    const next = at + SECTOR - ((offset + at) % SECTOR)
    const sector = tail.subarray(at, next)
    if (sector.includes(0) && !sector.every((byte) => byte === 0)) return false
    at = next
  }
  return true
}

function isHeaderStart(header: string, seq: number): boolean {
  const whole = `${hex(seq)} 00000000 00000000 `
  return declaredLength(header + whole.slice(header.length), seq) !== undefined
}

function declaredLength(header: string, seq: number): number | undefined {
  const digits = header.match(/^([0-9a-f]{8}) ([0-9a-f]{8}) [0-9a-f]{8} $/)
  return digits?.[1] === hex(seq) ? Number.parseInt(digits[2]!, 16) : undefined
}

function recordsOf(path: string, frame: Uint8Array, offset: number): unknown[] {
  try {
    const records: unknown = JSON.parse(reader.decode(frame.subarray(HEADER, -1)))
    if (Array.isArray(records)) return records
  } catch (cause) {
    throw damaged(path, 'a frame does not hold JSON', { offset, cause })
  }
  throw damaged(path, 'a frame does not hold a list', { offset })
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(HEADER, -1), crc32(frame.subarray(0, COVERED)))
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
