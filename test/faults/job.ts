import type { Stack } from 'framewire'
import type { Operation } from './operation.js'

/** What a client streams in one cell: short streams, one after the other. */
export interface Job {
  kind: 'frames' | 'series'
  /** Of the cell; its streams, sample and tag are named after it. */
  name: string
  streams: number
  /** Chunks of each stream. */
  chunks: number
}

/** Frames of a chunk, and their size: tiny. */
export const CHUNK = 2
export const SIDE = 16
/** Points of a chunk. */
export const POINTS = 2
export const CHANNEL = 'T'

/** A job in which an operation occurs three times. */
export function jobOf(operation: Operation, name: string): Job {
  const kind = operation.startsWith('timeseries') ? 'series' : 'frames'
  const onceAStream = /initialize|end|finalize/.test(operation)
  return onceAStream ? { kind, name, streams: 3, chunks: 1 } : { kind, name, streams: 1, chunks: 3 }
}

export const streamName = ({ name }: Job, stream: number) => `${name}, stream ${stream}`
export const sampleName = ({ name }: Job) => `sample of ${name}`
export const tagName = ({ name }: Job) => `tag of ${name}`

/** The frames of a chunk: noise that tells cell, stream and chunk apart, never all zero. */
export function framesOf(job: Job, stream: number, chunk: number): Stack & { data: Uint8Array<ArrayBuffer> } {
  let state =
    [...streamName(job, stream)].reduce((hash, letter) => hash * 31 + letter.charCodeAt(0), chunk + 1) | 1
  const data = Uint8Array.from({ length: CHUNK * SIDE * SIDE }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223
    return (state >>> 24) | 1
  })
  return { data, shape: [CHUNK, SIDE, SIDE] }
}

/** The points of a chunk; each value occurs in one chunk alone. */
export function pointsOf(chunk: number): { timestamps: number[]; values: number[] } {
  const values = Array.from({ length: POINTS }, (_, point) => 10 * chunk + point + 1)
  return { timestamps: values.map((value) => 1_700_000_000 + value), values }
}
