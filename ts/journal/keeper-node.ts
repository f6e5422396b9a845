import type { Core } from '../core/core.js'
import { loadCore } from '../core/load.js'
import type { Disk } from '../disk/disk.js'
import { type CheckedShard, type Checker, indexBytes } from '../store/checker.js'
import { withChecksum } from '../store/checksum.js'
import { FrameFolder, framesLayout, recoverStaging } from '../store/frame-folder.js'
import { Staging } from '../store/staging.js'
import type { ChunkClaim, FrameStream } from '../store/store.js'
import { groupAttributes, recordPath, STREAM_JSON } from '../store/stream-folder.js'
import type { Keeper } from './directory.js'
import { defect } from './faults.js'
import { CHUNK_FILE, type ChunkEntry, type FrameSession } from './records.js'
import type { JournalState } from './state.js'

/**
 * Makes of a journal's folder the folder of a stream as the ingest server has it in its store: shards are renamed, not
 * copied, but for those of fewer frames than the grid's, whose index becomes another.
 */
export function keeperOn(disk: Disk): Keeper {
  return {
    mark: STREAM_JSON,
    async keep(folder, state) {
      const { session } = state
      if (session.kind !== 'frames') throw defect('a stream of points to keep')
      const staging = new Staging(disk, folder)
      await disk.makeFolder(staging.folder)
      const frames = new FrameFolder(folder, staging, noChecker)
      await recoverStaging(staging, () => frames)
      await describe(folder, staging, session, state)
      const core = await loadCore()
      const placed = new Set((await frames.chunks()).map(({ index }) => index))
      for (const { entry, file } of state.chunks.values()) {
        if (!placed.has(entry.index))
          await place(`${folder}/${file}`, entry, { frames, staging, session, core })
      }
      for (const { name } of await disk.list(folder))
        if (CHUNK_FILE.test(name)) await disk.remove(`${folder}/${name}`)
      await disk.remove(staging.own)
    },
  }
}

/** Shards come from our own packer, and are not decoded once more. */
const noChecker: Checker = {
  check: () => Promise.reject(defect('a shard to check')),
  close: async () => {},
}

/** Write what a stream's folder has from the beginning. */
async function describe(
  folder: string,
  staging: Staging,
  session: FrameSession,
  { finalizedAtMs }: JournalState,
): Promise<void> {
  const { dataId, streamName, fps, rotationsPerMin, startedAtMs } = session
  const record: FrameStream = {
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
  const { index, height, width, bytes, md5, sha256, captureStartMs } = entry
  const claim = { index, chunkSize, frames: entry.frames, height, width, fps, startUnixMs: captureStartMs }
  const checked = await inspected(staging.disk, path, entry, claim, core)
  // A short one is changed where it lies, which a crash may cut short: that is done to a copy.
  const part = checked.paddedIndex ? await staging.copy(path) : { path, bytes, md5, sha256 }
  await frames.adopt(claim, part, checked)
}

/** What a shard's index says of it. */
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
