import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FramewireError } from '../errors.js'
import { readRecords } from '../store/frame-folder.js'
import type { ChunkRecord, FrameStream, StreamRecord } from '../store/store.js'
import { type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { described, type FileOptions, openFile } from './recording.js'
import { megabytes, type Row, table } from './table.js'

/** What the command line says of what to tell about. */
export interface InfoOptions extends FileOptions {
  /** A camera's name; true for the first that answers. */
  camera?: string | true
}

/** `framewire info`: what a recording, or a stored stream, holds, or how a camera is set. */
export async function info(
  path: string | undefined,
  { camera, ...options }: InfoOptions,
  output: Output,
): Promise<Outcome> {
  if ((path === undefined) === (camera === undefined)) {
    throw usage(
      path === undefined
        ? "missing required argument 'file|store/id', or --camera."
        : 'either a file or --camera.',
    )
  }
  if (path !== undefined) return aboutPath(path, options)
  const { cameraInfo } = await import('./camera-info.js')
  return cameraInfo({ camera: camera === true ? undefined : camera }, output)
}

/** What a recording, or a stored stream, holds. */
export async function aboutPath(path: string, options: FileOptions): Promise<Outcome> {
  const record = await storedStream(path)
  if (!record) return aboutRecording(path, options)
  return record.kind === 'frames' ? aboutFrames(path, record) : about(record)
}

async function aboutRecording(path: string, options: FileOptions): Promise<Outcome> {
  const source = await openFile(path, options)
  await source.close()
  const { frames, height, width, dtype, bits, channels } = source
  const rawBytes = frames * height * width * channels * (dtype === 'uint8' ? 1 : 2)
  const needs = [...(channels > 1 ? ['--gray'] : []), ...(dtype === 'uint16' ? ['--scale'] : [])]
  return {
    exitCode: 0,
    value: { kind: 'recording', path, frames, height, width, dtype, bits, channels, rawBytes },
    text: table([
      ['File', path],
      ['Frames', described(source)],
      ['Pixels', megabytes(rawBytes)],
      ['To stream', needs.length > 0 && `state ${needs.join(' and ')}`],
    ]),
  }
}

async function aboutFrames(path: string, record: FrameStream): Promise<Outcome> {
  const { records, last } = await readRecords(path)
  const chunks = [...records.values()]
  const end = records.get(last)
  const sum = (of: (chunk: ChunkRecord) => number) => chunks.reduce((total, chunk) => total + of(chunk), 0)
  const frames = sum((chunk) => chunk.frames)
  const figures = {
    chunks: chunks.length,
    frames,
    absentFrames: end ? end.index * end.chunkSize + end.frames - frames : 0,
    bytes: sum(({ bytes }) => bytes),
    ...(end && { height: end.height, width: end.width, chunkSize: end.chunkSize }),
  }
  const { fps, rotationsPerMin } = record
  return about(record, figures, [
    ['Capture', `${fps ?? 'unknown'} frames/s, ${rotationsPerMin ?? 'unknown'} rotations/min`],
    [
      'Chunks',
      `${figures.chunks}${end ? ` of up to ${end.chunkSize} frames` : ''}, ${megabytes(figures.bytes)}`,
    ],
    ['Frames', `${frames}${end ? ` of ${end.height} x ${end.width}` : ''}, ${figures.absentFrames} absent`],
    ['Zarr', `${join(path, 'frames.zarr')}, array "frames"`],
  ])
}

function about(record: StreamRecord, figures = {}, rows: Row[] = []): Outcome {
  const { kind, id, name, createdAt, endedAt } = record
  return {
    exitCode: 0,
    value: { ...record, ...figures },
    text: table([
      ['Stream', `${id}  ${name === null ? '' : `"${name}"`}`.trimEnd()],
      ['Kind', kind === 'frames' ? 'frames' : 'channels of an instrument'],
      ['Created', createdAt],
      ['Ended', endedAt ?? 'not yet'],
      ...rows,
    ]),
  }
}

/** The record of a stored stream; none where the path is no folder of one. Throws `server/store` for a damaged one. */
async function storedStream(path: string): Promise<StreamRecord | undefined> {
  const file = join(path, 'stream.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as StreamRecord
  } catch (cause) {
    throw new FramewireError(
      'server/store',
      `${file} is damaged. Restore it.`,
      { path: file, reason: 'no JSON' },
      { cause },
    )
  }
}
