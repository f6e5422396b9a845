import { CalibrationMode } from './enumerations.js'

/** What a frame was to its sequence in the camera's buffer when it was recorded. */
export type BufferingFlag = 'none' | 'preMoi' | 'moi' | 'postMoi'

/** How the camera corrected the pixels. */
export type CalibrationModeName = keyof typeof CalibrationMode

/** What a Telops camera says of each frame, in the two rows above its pixels. */
export interface FrameHeader {
  /** The camera's number of the frame. */
  frameId: number
  /** When it was taken by the camera's clock, in ms since 1970 with fractions (steps of 100 ns); see `syncTime`. */
  takenAt: number
  /** Integration time. */
  exposureUs: number
  frameRateHz: number
  calibrationMode: CalibrationModeName | undefined
  /** Usable pixels. */
  width: number
  height: number
  /** A pixel's physical value is `count * 2^dataExp + dataOffset`; both 0: it has none. In mode RT it is kelvin. */
  dataExp: number
  dataOffset: number
  /** Undefined of headers before version 12.9. */
  buffering: BufferingFlag | undefined
  /** Major and minor. */
  version: readonly [major: number, minor: number]
}

/** Numbers of a header, as WebAssembly hands them out; see `TelopsFrames`. */
export const HEADER_NUMBERS = 14

const BUFFERING: readonly BufferingFlag[] = ['none', 'preMoi', 'moi', 'postMoi']
const MODES = Object.entries(CalibrationMode) as [CalibrationModeName, number][]

/** The header that these numbers stand for. */
export function frameHeader(numbers: Float64Array): FrameHeader {
  const [frameId, dataOffset, dataExp, exposureUs, mode, width, height, frameRateHz] =
    numbers as never as number[]
  const [flag, posixSeconds, subSecond, major, minor] = numbers.subarray(8) as never as number[]
  return {
    frameId: frameId!,
    takenAt: posixSeconds! * 1000 + subSecond! / 10_000,
    exposureUs: exposureUs!,
    frameRateHz: frameRateHz!,
    calibrationMode: MODES.find(([, value]) => value === mode)?.[0],
    width: width!,
    height: height!,
    dataExp: dataExp!,
    dataOffset: dataOffset!,
    buffering: BUFFERING[flag!],
    version: [major!, minor!],
  }
}

/** From one frame to another, in steps of 100 ns: exact, where `takenAt` rounds. */
export function elapsed100ns(from: Float64Array, to: Float64Array): number {
  return (to[9]! - from[9]!) * 1e7 + to[10]! - from[10]!
}
