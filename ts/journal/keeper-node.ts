import type { Core } from '../core/core.js'
import type { Disk } from '../disk/disk.js'
import { isFramewireError } from '../errors.js'
import { type CheckedShard, type Checker, indexBytes } from '../store/checker.js'
import { withChecksum } from '../store/checksum.js'
import { FrameFolder, framesLayout, recoverStaging } from '../store/frame-folder.js'
import { Staging } from '../store/staging.js'
import type { ChunkClaim, FrameStream } from '../store/store.js'
import { groupAttributes, recordPath, STREAM_JSON } from '../store/stream-folder.js'
import type { Keeper } from './directory.js'
import { damaged, defect, fromSystem } from './faults.js'
import { CHUNK_FILE, type ChunkEntry, type FrameSession } from './records.js'
import type { JournalState } from './state.js'

/**
 * Makes of a journal's folder the folder of a stream as the ingest server has it in its store. Shards are copied, one at
 * a time: a file that is renamed into another folder may have neither name after a power cut, and of one with fewer
 * frames than the grid's the index becomes another.
 */
export function keeperOn(disk: Disk, loadCore: () => Promise<Core>): Keeper {
  return {
    mark: STREAM_JSON,
    async keep(folder, state) {
      const { session } = state
      if (session.kind !== 'frames') throw defect('a stream of points to keep')
      // One that was moved away must not begin anew.
      await disk.list(folder)
      try {
        await makeStore(folder, state, session, disk, await loadCore())
      } catch (error) {
        throw asJournal(folder, error)
      }
    },
  }
}

async function makeStore(
  folder: string,
  state: JournalState,
  session: FrameSession,
  disk: Disk,
  core: Core,
): Promise<void> {
  const staging = new Staging(disk, folder)
  await disk.makeFolder(staging.folder)
  const frames = new FrameFolder(folder, staging, noChecker)
  await recoverStaging(staging, () => frames)
  await describe(folder, staging, session, state)
  const placed = new Map((await frames.chunks()).map(({ index, sha256 }) => [index, sha256]))
  for (const { entry, file } of state.chunks.values()) {
    const path = `${folder}/${file}`
    if (placed.get(entry.index) !== entry.sha256) await place(path, entry, { frames, staging, session, core })
    await disk.remove(path)
  }
  // Of puts that a crash cut short.
  for (const { name } of await disk.list(folder))
    if (CHUNK_FILE.test(name)) await disk.remove(`${folder}/${name}`)
  await disk.remove(staging.own)
  // Chunks without a log would be damage.
  await disk.syncFolder(folder)
}

/** Shards come from our own packer, and are not decoded once more. */
const noChecker: Checker = {
  check: () => Promise.reject(defect('a shard to check')),
  close: async () => {},
}

/** What a store keeps of a stream, as far as its journal tells. */
export function storedFrameStream(
  { dataId, streamName, fps, rotationsPerMin, startedAtMs }: FrameSession,
  { finalizedAtMs }: JournalState,
): FrameStream {
  return {
    kind: 'frames',
    id: dataId,
    name: streamName,
    createdAt: new Date(startedAtMs).toISOString(),
    ...(finalizedAtMs !== undefined && { endedAt: new Date(finalizedAtMs).toISOString() }),
    tagIds: [],
    fps,
    rotationsPerMin,
    rotationalPeriod: rotationsPerMin === 0 ? null : (fps * 60) / rotationsPerMin,
  }
}

/** Write what a stream's folder has from the beginning. */
async function describe(
  folder: string,
  staging: Staging,
  session: FrameSession,
  state: JournalState,
): Promise<void> {
  const record = storedFrameStream(session, state)
  const { folders, files } = framesLayout(groupAttributes(record))
  for (const name of folders) await staging.disk.makeFolder(`${folder}/${name}`)
  for (const [name, text] of Object.entries(files)) await staging.replace(`${folder}/${name}`, text)
  await staging.replace(recordPath(folder), withChecksum(record))
}

/** Put a chunk into the arrays. */
async function place(
  path: string,
  entry: ChunkEntry,
  parts: { frames: FrameFolder; staging: Staging; session: FrameSession; core: Core },
): Promise<void> {
  const { frames, staging, session, core } = parts
  const { fps, chunkSize } = session
  const { index, height, width, sha256, captureStartMs } = entry
  const claim = { index, chunkSize, frames: entry.frames, height, width, fps, startUnixMs: captureStartMs }
  const copy = await staging.copy(path)
  try {
    if (copy.sha256 !== sha256) throw damaged(path, `not the bytes of chunk ${index}`, { chunk: index })
    await frames.adopt(claim, copy, await inspected(staging.disk, copy.path, entry, claim, core))
  } finally {
    await staging.discard(copy.path)
  }
}

/** What the index of a sound shard says of it. */
async function inspected(
  disk: Disk,
  path: string,
  { frames, bytes, xxh64 }: ChunkEntry,
  { chunkSize }: ChunkClaim,
  core: Core,
): Promise<CheckedShard> {
  const file = await disk.open(path)
  try {
    const length = indexBytes(frames)
    const entries = core.readIndex(await file.read(bytes - length, length), frames, bytes)
    const leftOut = entries.flatMap((entry, frame) => (entry ? [] : [frame]))
    if (frames === chunkSize) return { xxh64, leftOut }
    const padded = [...entries, ...Array.from({ length: chunkSize - frames }, () => null)]
    return { xxh64, leftOut, paddedIndex: core.writeIndex(padded) }
  } finally {
    await file.close()
  }
}

/** A fault of the store as one of the journal, which its caller knows. */
function asJournal(folder: string, error: unknown): unknown {
  if (!isFramewireError(error) || !error.code.startsWith('server/')) return error
  return error.cause === undefined
    ? damaged(folder, 'the store that a keep has begun in it is not as it was written', { cause: error })
    : fromSystem(folder, error.cause)
}
