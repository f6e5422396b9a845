import type { ChunkRecord } from './store.js'
import { arrayDocument, shardCodecs } from './zarr.js'

/** What the array `present` says of a frame. */
export const Present = { missing: 0, stored: 1, leftOut: 2 } as const

/** The metadata of `frames`: `length` frames (uint8, height, width), a shard a chunk. */
export function framesDocument(length: number, { chunkSize, height, width }: ChunkRecord): string {
  return arrayDocument({
    shape: [length, height, width],
    chunkShape: [chunkSize, height, width],
    dataType: 'uint8',
    fillValue: 0,
    dimensionNames: ['frame', 'y', 'x'],
    codecs: shardCodecs(height, width),
    attributes: {
      description: 'Frames. One that `present` calls missing reads as zeros, but was never received.',
    },
  })
}

/** The metadata of `present`: one number a frame, 0 (the fill value) where a frame never came. */
export function presenceDocument(length: number, { chunkSize }: ChunkRecord): string {
  return arrayDocument({
    shape: [length],
    chunkShape: [chunkSize],
    dataType: 'uint8',
    fillValue: Present.missing,
    dimensionNames: ['frame'],
    attributes: {
      flag_values: [Present.missing, Present.stored, Present.leftOut],
      flag_meanings: 'missing stored left_out_of_its_shard_by_the_sender',
    },
  })
}

/** The metadata of `time_unix_ms`: one capture time a frame, NaN where it is not known. */
export function timesDocument(length: number, { chunkSize }: ChunkRecord): string {
  return arrayDocument({
    shape: [length],
    chunkShape: [chunkSize],
    dataType: 'float64',
    fillValue: 'NaN',
    dimensionNames: ['frame'],
    attributes: {
      units: 'milliseconds since 1970-01-01T00:00:00Z',
      interpolated: true,
      description:
        'Start of the chunk plus the frame number in it divided by the declared rate; not measured frame by frame.',
    },
  })
}

/** The metadata of `captured_unix_ms`: the capture time of each frame whose camera told it, NaN for others. */
export function capturedDocument(length: number, { chunkSize }: Pick<ChunkRecord, 'chunkSize'>): string {
  return arrayDocument({
    shape: [length],
    chunkShape: [chunkSize],
    dataType: 'float64',
    fillValue: 'NaN',
    dimensionNames: ['frame'],
    attributes: {
      units: 'milliseconds since 1970-01-01T00:00:00Z',
      interpolated: false,
      description: "Capture time of each frame by the camera's clock; NaN where none was told.",
    },
  })
}

/** A chunk of `captured_unix_ms`, little-endian. */
export function measuredTimes(
  { chunkSize }: Pick<ChunkRecord, 'chunkSize'>,
  unixMs: readonly number[],
): Uint8Array {
  const times = new DataView(new ArrayBuffer(8 * chunkSize))
  for (let frame = 0; frame < chunkSize; frame++)
    times.setFloat64(8 * frame, unixMs[frame] ?? Number.NaN, true)
  return new Uint8Array(times.buffer)
}

/** A chunk of `present`. */
export function presence({ chunkSize, frames, leftOut }: ChunkRecord): Uint8Array {
  const present = new Uint8Array(chunkSize).fill(Present.stored, 0, frames)
  for (const frame of leftOut) present[frame] = Present.leftOut
  return present
}

/** A chunk of `time_unix_ms`, little-endian. */
export function captureTimes({ chunkSize, frames, startUnixMs, fps }: ChunkRecord): Uint8Array {
  const times = new DataView(new ArrayBuffer(8 * chunkSize))
  for (let frame = 0; frame < chunkSize; frame++) {
    const known = frame < frames && startUnixMs !== null && fps !== null
    times.setFloat64(8 * frame, known ? startUnixMs + (frame * 1000) / fps : Number.NaN, true)
  }
  return new Uint8Array(times.buffer)
}
