import type { NumpyArray } from '../interop/npy.js'
import { pattern, type RecordedCall, type Recording } from './recording.js'

/** Frames that a recorded call handed over. */
export interface Push {
  /** Which call, counted from 0 in `calls.jsonl`. */
  call: number
  dataId: string
  index: number
  array: NumpyArray
  captureStartMs?: number
}

/** What the generator of a recorded `run` yields; the last one of `rheed-run-generator` raises after its chunk. */
export function generated(call: RecordedCall): { array: NumpyArray; captureStartMs: number }[] {
  const chunk = (k: number, shape: number[]): NumpyArray => {
    const [height, width] = shape.slice(-2) as [number, number]
    const frames = shape.length === 3 ? shape[0]! : 1
    return { descr: '|u1', fortran: false, shape, bytes: pattern(frames, height, width, k) }
  }
  switch (call.call) {
    case 'run':
      return [
        [4, 32, 48],
        [4, 32, 48],
        [4, 32, 48],
        [32, 48],
      ].map((shape, k) => ({
        array: chunk(k, shape),
        captureStartMs: 1700000000000 + 2000 * k,
      }))
    case 'run raising':
      return [{ array: chunk(9, [4, 32, 48]), captureStartMs: 1700000000000 }]
    default:
      return []
  }
}

/** All frames that the calls of a scenario handed over, in order. */
export function pushes(recorded: Recording): Push[] {
  return recorded.calls.flatMap((made, call): Push[] => {
    const dataId = made.args[0] as string
    if (made.call.startsWith('run')) {
      return generated(made).map((item, index) => ({ call, dataId, index, ...item }))
    }
    if (!made.call.startsWith('push')) return []
    const captureStartMs = made.kwargs.capture_start_ms_utc as number | undefined
    return [
      { call, dataId, index: made.args[1] as number, array: arrayOf(recorded, made.args[2]), captureStartMs },
    ]
  })
}

/** A recorded argument as an array; a nested list is one of bytes. */
function arrayOf(recorded: Recording, argument: unknown): NumpyArray {
  if (!Array.isArray(argument)) return recorded.array(argument)
  const shape: number[] = []
  for (let inner: unknown = argument; Array.isArray(inner); inner = inner[0]) shape.push(inner.length)
  return {
    descr: '|u1',
    fortran: false,
    shape,
    bytes: Uint8Array.from(argument.flat(Number.POSITIVE_INFINITY) as number[]),
  }
}
