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
  /** Of a series. A chunk of one channel goes by itself, one of several goes as a whole. */
  channels: readonly string[]
}

/** Frames of a chunk, and their size: tiny. */
export const CHUNK = 2
export const SIDE = 16
/** Points of a chunk. */
export const POINTS = 2

/** A job in which an operation occurs three times. */
export function jobOf(operation: Operation, name: string): Job {
  const kind = operation.startsWith('timeseries') ? 'series' : 'frames'
  const channels = operation === 'timeseries multi chunk' ? ['T', 'p'] : ['T']
  const onceAStream = /initialize|end|finalize/.test(operation)
  const [streams, chunks] = onceAStream ? [3, 1] : [1, 3]
  return { kind, name, streams, chunks, channels }
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

/** The points of a channel's chunk; each value occurs in one chunk of one channel alone. */
export function pointsOf(channel: string, chunk: number): { timestamps: number[]; values: number[] } {
  const base = 1000 * channel.charCodeAt(0) + 10 * chunk
  const values = Array.from({ length: POINTS }, (_, point) => base + point + 1)
  return { timestamps: values.map((value) => 1_700_000_000 + value), values }
}
