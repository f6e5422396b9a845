import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Core } from '../core/core.js'
import { nodeDisk } from '../disk/disk-node.js'
import { isFramewireError } from '../errors.js'
import { indexBytes, ShardChecker } from './checker.js'
import { soundContent } from './checksum.js'
import { captureTimes, framesDocument, presence, presenceDocument, timesDocument } from './frame-arrays.js'
import { FRAMES_ZARR, RECORDS } from './frame-folder.js'
import type { ChunkRecord } from './store.js'
import { StoredFrames } from './stored-frames.js'
import { groupAttributes, readStream } from './stream-folder.js'
import type { FrameReference, FramesReport, Problem, VerifiedChunk } from './verify.js'
import { groupDocument, ZARR_JSON } from './zarr.js'

/** Frames that are compared at once. */
const SLICE = 16

/**
 * Decode every shard of a stored stream, and compare: the shard with the hashes of what was received and of what was
 * written, all other files with what they must say of it, and the frames with a reference where one is given. One
 * flipped bit in any file of the stream is found.
 * @param path folder of the stream
 * Throws `server/verify` where there are no frames.
 */
export async function verifyFrames(
  path: string,
  core: Core,
  against: FrameReference | undefined,
): Promise<FramesReport> {
  const stored = await StoredFrames.open(path, core)
  const problems: Problem[] = []
  const chunks = await soundRecords(resolve(path), problems)
  const last = chunks.at(-1)
  const report: VerifiedChunk[] = []
  for (const chunk of chunks) {
    const reason = await chunkProblem(stored, core, chunk)
    if (reason) problems.push({ chunk: chunk.index, ...reason })
    const { index, frames, bytes, md5, sha256 } = chunk
    report.push({ index, frames, bytes, md5, sha256, ok: reason === undefined })
  }
  const known = new Set(await recordIndices(resolve(path)))
  for (const name of await readdir(join(resolve(path), FRAMES_ZARR, 'frames', 'c'))) {
    // A folder alone is what a kill before the shard's rename leaves behind: it reads as missing, which is true.
    if (!known.has(Number(name)) && existsSync(stored.shardPath(Number(name))))
      problems.push({ chunk: Number(name), reason: 'a shard that was never received lies here' })
  }
  problems.push(...(await metadataProblems(resolve(path), stored, last)))
  const length = last ? last.index * last.chunkSize + last.frames : 0
  if (length !== stored.length) {
    problems.push({
      reason: `the array has ${stored.length} frames, the chunks that were received make ${length}`,
    })
  }
  const storedFrames = chunks.reduce((sum, { frames }) => sum + frames, 0)
  const equalFrames = against && (await compare(stored, report, against, problems))
  return {
    kind: 'frames',
    dataId: stored.dataId,
    shape: [stored.length, stored.height, stored.width],
    chunkSize: stored.chunkSize,
    chunks: report,
    storedFrames,
    missingFrames: length - storedFrames,
    ...(equalFrames !== undefined && { equalFrames }),
    problems,
    ok: problems.length === 0,
  }
}

/** Indices of the chunks that have a record. */
async function recordIndices(path: string): Promise<number[]> {
  return (await readdir(join(path, RECORDS))).map((name) => Number.parseInt(name, 10))
}

/** The records of a stream's chunks, by index; a damaged one is a problem. */
async function soundRecords(path: string, problems: Problem[]): Promise<ChunkRecord[]> {
  const records: ChunkRecord[] = []
  for (const index of (await recordIndices(path)).sort((a, b) => a - b)) {
    const record = soundContent<ChunkRecord>(await readFile(join(path, RECORDS, `${index}.json`)))
    if (record?.index === index) records.push(record)
    else problems.push({ chunk: index, reason: 'its record is damaged' })
  }
  return records
}

/** What is wrong with the files that say what the stream and its arrays are. */
async function metadataProblems(
  path: string,
  { length }: StoredFrames,
  chunk: ChunkRecord | undefined,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const documents = new Map<string, string>()
  try {
    documents.set('.', groupDocument(groupAttributes(await readStream(nodeDisk, path))))
  } catch (error) {
    problems.push({ reason: (error as Error).message })
  }
  if (chunk) {
    documents.set('frames', framesDocument(length, chunk))
    documents.set('present', presenceDocument(length, chunk))
    documents.set('time_unix_ms', timesDocument(length, chunk))
  }
  for (const [name, expected] of documents) {
    const file = join(path, FRAMES_ZARR, name, ZARR_JSON)
    const found = await readFile(file, 'utf8').catch((error: Error) => error.message)
    if (found !== expected) problems.push({ reason: `${file} does not say what was received` })
  }
  return problems
}

/** What is wrong with a chunk, if anything. */
async function chunkProblem(
  stored: StoredFrames,
  core: Core,
  chunk: ChunkRecord,
): Promise<Omit<Problem, 'chunk'> | undefined> {
  const { chunkSize, height, width } = stored
  const path = stored.shardPath(chunk.index)
  try {
    new ShardChecker(core).check(path, { frames: chunkSize, height, width, chunkSize })
    const { received, written } = await hashes(path, core, chunk)
    if (received !== chunk.sha256) {
      return {
        reason: `the shard is not the one that was received (SHA-256 ${received} for ${chunk.sha256})`,
      }
    }
    if (written !== chunk.storedSha256) {
      return {
        reason: `the shard is not as it was written (SHA-256 ${written} for ${chunk.storedSha256})`,
      }
    }
    if (Buffer.compare(await stored.presence(chunk.index), presence(chunk)) !== 0) {
      return { reason: 'the array "present" does not say what was received' }
    }
    if (Buffer.compare(await stored.times(chunk.index), captureTimes(chunk)) !== 0) {
      return { reason: 'the array "time_unix_ms" does not say what was received' }
    }
    return undefined
  } catch (error) {
    if (isFramewireError(error)) {
      const { frame } = error.details as { frame?: number }
      return {
        frame: frame === undefined ? undefined : chunk.index * chunkSize + frame,
        reason: error.message,
      }
    }
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

/** SHA-256 of a shard as it lies there, and as it was received: with the index that its own number of frames has. */
async function hashes(
  path: string,
  core: Core,
  { chunkSize, frames }: ChunkRecord,
): Promise<{ received: string; written: string }> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const indexAt = size - indexBytes(chunkSize)
    const index = new Uint8Array(indexBytes(chunkSize))
    await file.read(index, 0, index.byteLength, indexAt)
    if (indexAt > 0)
      for await (const piece of createReadStream(path, { end: indexAt - 1 })) hash.update(piece as Uint8Array)
    const own = core.writeIndex(core.readIndex(index, chunkSize, size).slice(0, frames))
    return { received: hash.copy().update(own).digest('hex'), written: hash.update(index).digest('hex') }
  } finally {
    await file.close()
  }
}

/**
 * How many frames equal those of the reference. It has the frames that were stored, in order; or more: then what is
 * missing is taken for lost, and chunks are compared at their own place.
 */
async function compare(
  stored: StoredFrames,
  chunks: readonly VerifiedChunk[],
  against: FrameReference,
  problems: Problem[],
): Promise<number> {
  const storedFrames = chunks.reduce((sum, { frames }) => sum + frames, 0)
  const whole = against.frames === storedFrames
  if (!whole) {
    problems.push({ reason: `${storedFrames} frames are stored, the reference has ${against.frames}` })
  }
  const frameBytes = stored.height * stored.width
  let equal = 0
  let before = 0
  for (const { index, frames, ok } of chunks) {
    const reference = whole ? before : index * stored.chunkSize
    const comparable = ok ? Math.max(0, Math.min(frames, against.frames - reference)) : 0
    for (let at = 0; at < comparable; at += SLICE) {
      const count = Math.min(SLICE, comparable - at)
      const start = index * stored.chunkSize + at
      const ours = await stored.read(start, count)
      const theirs = await against.pixels(reference + at, count)
      for (let frame = 0; frame < count; frame++) {
        const range = [frame * frameBytes, (frame + 1) * frameBytes] as const
        if (Buffer.compare(ours.subarray(...range), theirs.subarray(...range)) === 0) equal++
        else problems.push({ chunk: index, frame: start + frame, reason: 'differs from the reference' })
      }
    }
    before += frames
  }
  return equal
}
