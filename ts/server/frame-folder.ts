import { existsSync } from 'node:fs'
import { open, readdir, readFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FramewireError } from '../errors.js'
import { type CheckedShard, type Checker, indexBytes } from './checker.js'
import { captureTimes, framesDocument, presence, presenceDocument, timesDocument } from './frame-arrays.js'
import { Serial } from './serial.js'
import { makeFolder, type Received, type Staging, storing, syncFolder } from './staging.js'
import type { ChunkClaim, ChunkRecord, FrameStore, Outcome } from './store.js'
import { groupDocument, ZARR_JSON } from './zarr.js'

/** Where the chunks, and the arrays beside them, of a stream lie in its folder. */
export const FRAMES_ZARR = 'frames.zarr'
const RECORDS = 'chunks'

/** Names of the commit of a chunk and of its shard, in staging: the shard is renamed first, the commit last. */
const COMMIT = '.commit.json'
const SHARD = '.part'

function commitOf(shard: string): string {
  return shard.replace(SHARD, COMMIT)
}

interface Chunks {
  records: Map<number, ChunkRecord>
  /** Highest index, -1 where there is none. */
  last: number
}

/** The frames of one stream in its folder: a Zarr group, and a record of each chunk as it was received. */
export class FrameFolder implements FrameStore {
  readonly #path: string
  readonly #staging: Staging
  readonly #checker: Checker
  readonly #commits = new Serial()
  #chunks: Promise<Chunks> | undefined
  #unfinished: unknown

  constructor(path: string, staging: Staging, checker: Checker) {
    this.#path = path
    this.#staging = staging
    this.#checker = checker
  }

  /** Lay out an empty stream: a group without arrays, as the frame size is not known before the first chunk. */
  async create(attributes: object): Promise<void> {
    await makeFolder(join(this.#path, FRAMES_ZARR))
    await makeFolder(join(this.#path, RECORDS))
    await this.#staging.replace(join(this.#path, FRAMES_ZARR, ZARR_JSON), groupDocument(attributes))
  }

  admit(claim: ChunkClaim): Promise<void> {
    return storing(this.#path, () => this.#admit(claim))
  }

  put(claim: ChunkClaim, body: AsyncIterable<Uint8Array>): Promise<{ chunk: ChunkRecord; outcome: Outcome }> {
    return storing(this.#path, async () => {
      await this.#admit(claim)
      const part = await this.#staging.receive(body)
      try {
        const held = await this.#repeated(claim, part)
        if (held) return { chunk: held, outcome: 'repeated' }
        const checked = await this.#checker.check(part.path, claim)
        return await this.#commits.run(() => this.#commit(claim, part, checked))
      } finally {
        await this.#drop(part)
      }
    })
  }

  async chunks(): Promise<ChunkRecord[]> {
    const { records } = await storing(this.#path, () => this.#load())
    return [...records.values()].sort((a, b) => a.index - b.index)
  }

  /** Finish a commit that a crash cut short: its shard is in place where it is no longer in staging. */
  async recover(commit: string): Promise<void> {
    const record = JSON.parse(await readFile(commit, 'utf8')) as ChunkRecord
    await this.#publish(record, commit)
  }

  /** Ends when the commits under way have ended. */
  close(): Promise<void> {
    return this.#commits.run(async () => {})
  }

  async #admit(claim: ChunkClaim): Promise<void> {
    if (claim.frames > claim.chunkSize) {
      throw new FramewireError(
        'frames/too-many',
        `A chunk of ${claim.frames} frames does not fit a grid of ${claim.chunkSize}. Send at most chunk_size frames a chunk.`,
        { frames: claim.frames, chunkSize: claim.chunkSize },
      )
    }
    const { records, last } = await this.#load()
    const stored = records.get(last)
    if (!stored) return
    if (claim.chunkSize !== stored.chunkSize) {
      throw new FramewireError(
        'stream/option',
        `This stream's chunk_size is ${stored.chunkSize}, not ${claim.chunkSize}. Start another stream for another one.`,
        { option: 'chunk_size', given: claim.chunkSize, expected: String(stored.chunkSize) },
      )
    }
    if (claim.height !== stored.height || claim.width !== stored.width) {
      throw new FramewireError(
        'frames/size-changed',
        `This stream's frames are ${stored.height} x ${stored.width}, not ${claim.height} x ${claim.width}. Start another stream for another size.`,
        { expected: [stored.height, stored.width], actual: [claim.height, claim.width] },
      )
    }
  }

  /** The record of these very bytes with this very claim, where it is held already. */
  async #repeated(claim: ChunkClaim, part: Received): Promise<ChunkRecord | undefined> {
    const held = (await this.#load()).records.get(claim.index)
    const same =
      held?.sha256 === part.sha256 &&
      held.frames === claim.frames &&
      held.startUnixMs === claim.startUnixMs &&
      held.fps === claim.fps
    return same ? held : undefined
  }

  async #commit(
    claim: ChunkClaim,
    part: Received,
    checked: CheckedShard,
  ): Promise<{ chunk: ChunkRecord; outcome: Outcome }> {
    if (this.#unfinished !== undefined) {
      throw new FramewireError(
        'server/store',
        'An earlier chunk of this stream could not be placed. Restart the server: it is finished at the start.',
        { path: this.#path, reason: 'unfinished commit' },
        { cause: this.#unfinished },
      )
    }
    // Another upload of this index, or the first chunk of the stream, may have come while this one was checked.
    await this.#admit(claim)
    const repeated = await this.#repeated(claim, part)
    if (repeated) return { chunk: repeated, outcome: 'repeated' }
    const before = (await this.#load()).records.get(claim.index)
    const isOther = before !== undefined && before.sha256 !== part.sha256
    const { bytes, md5, sha256 } = part
    const { xxh64, leftOut } = checked
    const chunk: ChunkRecord = {
      ...claim,
      dataId: basename(this.#path),
      bytes,
      md5,
      sha256,
      xxh64,
      leftOut,
      receivedAt: new Date().toISOString(),
      replaced: (before?.replaced ?? 0) + (isOther ? 1 : 0),
    }
    await seal(part, claim, checked)
    // A commit without its shard in staging means that the shard was placed: the shard's name must be there first.
    await syncFolder(this.#staging.folder)
    const commit = await this.#staging.write(JSON.stringify(chunk), { name: basename(commitOf(part.path)) })
    await this.#publish(chunk, commit, part.path)
    return { chunk, outcome: isOther ? 'replaced' : 'stored' }
  }

  /** Remove an upload that was not placed. Its commit goes first: one without its shard would be taken for placed. */
  async #drop(part: Received): Promise<void> {
    if (!existsSync(part.path)) return
    await this.#staging.discard(commitOf(part.path))
    await syncFolder(this.#staging.folder)
    await this.#staging.discard(part.path)
  }

  /**
   * Place a chunk. All that can fill the disk is done beforehand, so that what remains are renames: the shard, what
   * tells of it, then the shape of `frames`, so that a reader who sees a frame finds out whether it was received.
   */
  async #publish(record: ChunkRecord, commit: string, shard?: string): Promise<void> {
    const chunks = await this.#load()
    const last = Math.max(chunks.last, record.index)
    const lastRecord = last === record.index ? record : chunks.records.get(last)!
    const length = last * record.chunkSize + lastRecord.frames

    const zarr = join(this.#path, FRAMES_ZARR)
    const shardFolder = join(zarr, 'frames', 'c', String(record.index), '0')
    const beside: [target: string, data: string | Uint8Array][] = [
      [join(zarr, 'present', 'c', String(record.index)), presence(record)],
      [join(zarr, 'time_unix_ms', 'c', String(record.index)), captureTimes(record)],
      [join(zarr, 'present', ZARR_JSON), presenceDocument(length, record)],
      [join(zarr, 'time_unix_ms', ZARR_JSON), timesDocument(length, record)],
      [join(zarr, 'frames', ZARR_JSON), framesDocument(length, record)],
    ]
    const folders = new Set([shardFolder, ...beside.map(([target]) => dirname(target))])
    const staged = await this.#stage(beside.map(([, data]) => data))
    try {
      for (const folder of folders) await makeFolder(folder)
      await syncFolder(this.#staging.folder)
      if (shard !== undefined) await rename(shard, join(shardFolder, '0'))
    } catch (error) {
      await this.#staging.discard(...staged)
      throw error
    }
    try {
      for (const [at, [target]] of beside.entries()) await rename(staged[at]!, target)
      await Promise.all([...folders].map(syncFolder))
      await rename(commit, join(this.#path, RECORDS, `${record.index}.json`))
      await syncFolder(join(this.#path, RECORDS))
    } catch (error) {
      this.#unfinished = error
      throw error
    }
    chunks.records.set(record.index, record)
    chunks.last = last
  }

  /** Write several files to staging, or none. */
  async #stage(contents: (string | Uint8Array)[]): Promise<string[]> {
    const written = await Promise.allSettled(contents.map((data) => this.#staging.write(data)))
    const paths = written.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failed = written.find((result) => result.status === 'rejected')
    if (failed) {
      await this.#staging.discard(...paths)
      throw failed.reason
    }
    return paths
  }

  #load(): Promise<Chunks> {
    this.#chunks ??= readRecords(this.#path).catch((error) => {
      this.#chunks = undefined
      throw error
    })
    return this.#chunks
  }
}

/** The records of all chunks that were committed to a stream's folder. */
export async function readRecords(path: string): Promise<Chunks> {
  const folder = join(path, RECORDS)
  const records = new Map<number, ChunkRecord>()
  let last = -1
  for (const name of await readdir(folder)) {
    const record = JSON.parse(await readFile(join(folder, name), 'utf8')) as ChunkRecord
    records.set(record.index, record)
    last = Math.max(last, record.index)
  }
  return { records, last }
}

/** Give a short shard the index that the grid asks for, and put the shard's bytes on disk. */
async function seal(part: Received, claim: ChunkClaim, { paddedIndex }: CheckedShard): Promise<void> {
  const file = await open(part.path, 'r+')
  try {
    if (paddedIndex) {
      const end = part.bytes - indexBytes(claim.frames)
      await file.truncate(end)
      await file.write(paddedIndex, 0, paddedIndex.byteLength, end)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Finish or drop what a crash left in staging. `folder` is asked for the folder of a stream. */
export async function recoverStaging(
  staging: Staging,
  folder: (dataId: string) => FrameFolder | undefined,
): Promise<void> {
  const names = new Set(await staging.list())
  for (const name of names) {
    if (!name.endsWith(COMMIT)) continue
    const path = join(staging.folder, name)
    if (names.has(name.replace(COMMIT, SHARD))) {
      await staging.discard(path)
    } else {
      const { dataId } = JSON.parse(await readFile(path, 'utf8')) as ChunkRecord
      await folder(dataId)?.recover(path)
    }
  }
  // Only now may shards go: a commit without one would be taken for a chunk that was placed.
  await syncFolder(staging.folder)
  await staging.discard(...(await staging.list()).map((name) => join(staging.folder, name)))
}
