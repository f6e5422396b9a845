import { scaleOf } from './formula.js'

/** Bytes of a header that say something; the two rows hold at least as many. */
export const HEADER_BYTES = 256
/** Header rows above the pixels of a frame. */
export const HEADER_ROWS = 2
const VERSION = { major: 12, minor: 9 }
const UNITS_PER_SECOND = 10_000_000n

/** What a frame was to its sequence. */
export const BufferingFlag = { none: 0, preMoi: 1, moi: 2, postMoi: 3 } as const

/** What the header rows of a frame say. */
export interface FrameFacts {
  frameId: number
  width: number
  /** Without the header rows. */
  height: number
  exposureUs: number
  frameRateHz: number
  calibrationMode: number
  buffering: number
  /** Units of 100 ns since 1970. */
  takenAt: bigint
}

/** The header of a frame, as its first bytes hold it: little-endian. */
export function headerBytes(facts: FrameFacts): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  const { exponent, offset } = scaleOf(facts.calibrationMode)
  bytes.set([0x54, 0x43, VERSION.minor, VERSION.major])
  view.setUint16(4, HEADER_ROWS * 2 * facts.width, true)
  view.setUint32(8, facts.frameId, true)
  view.setFloat32(12, offset, true)
  view.setInt8(16, exponent)
  view.setUint32(24, Math.round(facts.exposureUs * 100), true)
  view.setUint8(28, facts.calibrationMode)
  view.setUint16(32, facts.width, true)
  view.setUint16(34, facts.height, true)
  view.setUint32(44, Math.round(facts.frameRateHz * 1000), true)
  view.setUint8(74, facts.buffering)
  view.setUint32(100, Number(facts.takenAt / UNITS_PER_SECOND), true)
  view.setUint32(104, Number(facts.takenAt % UNITS_PER_SECOND), true)
  return bytes
}
