import { type Disk, folderOf, makeDurableFolder, syncFile, writeFile } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { FramewireError } from '../errors.js'
import type { CheckedShard, Checker } from './checker.js'
import { checkedContent, soundContent, withChecksum } from './checksum.js'
import {
  capturedDocument,
  captureTimes,
  framesDocument,
  measuredTimes,
  presence,
  presenceDocument,
  timesDocument,
} from './frame-arrays.js'
import { Serial } from './serial.js'
import { fitToGrid, hashOf } from './shard-file.js'
import { type Received, type Staging, storing } from './staging.js'
import type { ChunkClaim, ChunkRecord, FrameStore, Outcome } from './store.js'
import type { Layout } from './stream-folder.js'
import { groupDocument, ZARR_JSON } from './zarr.js'

/** Where the chunks, and the arrays beside them, of a stream lie in its folder. */
export const FRAMES_ZARR = 'frames.zarr'
/** Where the records of the chunks lie. */
export const RECORDS = 'chunks'

/** Ending of a commit in staging: the record of a chunk that is about to be placed. */
const COMMIT = '.commit'

interface Chunks {
  records: Map<number, ChunkRecord>
  /** Highest index, -1 where there is none. */
  last: number
}

/** An empty stream: a group without arrays, as the frame size is not known before the first chunk. */
export function framesLayout(attributes: object): Layout {
  return {
    folders: [FRAMES_ZARR, RECORDS],
    files: { [`${FRAMES_ZARR}/${ZARR_JSON}`]: groupDocument(attributes) },
  }
}

/**
 * The frames of one stream in its folder: a Zarr group, and a record of each chunk as it was received.
 *
 * A chunk is placed in this order, each step on disk before the next: its commit in staging, the shard, the arrays that
 * tell of it, its record. A crash leaves the chunk undone where the shard at its place is not the commit's, and the
 * next start finishes it where it is.
 */
export class FrameFolder implements FrameStore {
  readonly #path: string
  readonly #staging: Staging
  readonly #disk: Disk
  readonly #checker: Checker
  readonly #commits = new Serial()
  #chunks: Promise<Chunks> | undefined
  /** Whether this run has put the array's own folder on disk. */
  #hasFrames = false
  /** What the arrays say of themselves on disk, by path, as far as this run has written it. */
  readonly #documents = new Map<string, string>()
  /** A chunk whose placing a fault cut short. */
  #unfinished: { record: ChunkRecord; commit: string } | undefined

  constructor(path: string, staging: Staging, checker: Checker) {
    this.#path = path
    this.#staging = staging
    this.#disk = staging.disk
    this.#checker = checker
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
        await this.#staging.discard(part.path)
      }
    })
  }

  /** Take a chunk whose shard, checked, lies in a file of this disk: the file is moved. */
  async adopt(claim: ChunkClaim, shard: Received, checked: CheckedShard): Promise<void> {
    await storing(this.#path, () => this.#commits.run(() => this.#commit(claim, shard, checked)))
  }

  putTimes(index: number, unixMs: readonly number[]): Promise<void> {
    return storing(this.#path, () => this.#commits.run(() => this.#placeTimes(index, unixMs)))
  }

  async chunks(): Promise<ChunkRecord[]> {
    const { records } = await storing(this.#path, () => this.#load())
    return [...records.values()].sort((a, b) => a.index - b.index)
  }

  /** Finish a commit that a crash or a fault cut short, if it came as far as to place its shard. */
  async recover(record: ChunkRecord, commit: string): Promise<void> {
    const placed = await hashOf(this.#disk, `${this.#shardFolder(record)}/0`)
    if (placed === record.storedSha256) await this.#publish(record, commit)
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
    if (this.#unfinished) {
      await this.recover(this.#unfinished.record, this.#unfinished.commit)
      this.#unfinished = undefined
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
      dataId: this.#path.slice(folderOf(this.#path).length + 1),
      bytes,
      md5,
      sha256,
      storedSha256: await fitToGrid(this.#disk, part, claim, checked),
      xxh64,
      leftOut,
      receivedAt: new Date().toISOString(),
      replaced: (before?.replaced ?? 0) + (isOther ? 1 : 0),
    }
    await this.#publish(chunk, `${this.#staging.place()}${COMMIT}`, part.path)
    return { chunk, outcome: isOther ? 'replaced' : 'stored' }
  }

  /**
   * Place a chunk, by a commit that is there already or, with a shard in staging, is made. All that can fill the disk
   * is done beforehand, so that what remains are renames: the shard, what tells of it, then the shape of `frames`, so
   * that a reader who sees a frame finds out whether it was received.
   */
  async #publish(record: ChunkRecord, commit: string, shard?: string): Promise<void> {
    const disk = this.#disk
    const chunks = await this.#load()
    const last = Math.max(chunks.last, record.index)
    const lastRecord = last === record.index ? record : chunks.records.get(last)!
    const length = last * record.chunkSize + lastRecord.frames

    const zarr = `${this.#path}/${FRAMES_ZARR}`
    const text = Buffer.from(withChecksum(record))
    const documents = new Map([
      [`${zarr}/present/${ZARR_JSON}`, presenceDocument(length, record)],
      [`${zarr}/time_unix_ms/${ZARR_JSON}`, timesDocument(length, record)],
      [`${zarr}/frames/${ZARR_JSON}`, framesDocument(length, record)],
    ])
    const arrays: [target: string, data: Uint8Array][] = [
      [`${zarr}/present/c/${record.index}`, presence(record)],
      [`${zarr}/time_unix_ms/c/${record.index}`, captureTimes(record)],
    ]
    for (const [target, document] of documents)
      if (this.#documents.get(target) !== document) arrays.push([target, Buffer.from(document)])
    const folders = [...new Set(arrays.map(([target]) => folderOf(target)))]
    const staged = arrays.map(() => this.#staging.place())
    const stagedRecord = this.#staging.place()
    const shardFolder = this.#shardFolder(record)
    try {
      await all([
        ...arrays.map(([, data], at) => writeFile(disk, staged[at]!, data)),
        writeFile(disk, stagedRecord, text),
        ...(shard === undefined ? [] : [writeFile(disk, commit, text), syncFile(disk, shard)]),
      ])
      for (const folder of folders) await disk.makeFolder(folder)
      if (shard !== undefined) {
        if (!chunks.records.has(record.index)) await this.#makeShardFolder(shardFolder)
        await disk.syncFolder(this.#staging.folder)
        await disk.rename(shard, `${shardFolder}/0`)
      }
    } catch (error) {
      await this.#staging.discard(...staged, stagedRecord, ...(shard === undefined ? [] : [commit]))
      throw error
    }
    try {
      await disk.syncFolder(shardFolder)
      for (const [at, [target]] of arrays.entries()) await disk.rename(staged[at]!, target)
      await all(folders.map((folder) => disk.syncFolder(folder)))
      await disk.rename(stagedRecord, `${this.#path}/${RECORDS}/${record.index}.json`)
      await disk.syncFolder(`${this.#path}/${RECORDS}`)
    } catch (error) {
      this.#unfinished = { record, commit }
      await this.#staging.discard(...staged, stagedRecord)
      throw error
    }
    chunks.records.set(record.index, record)
    chunks.last = last
    for (const [target, document] of documents) this.#documents.set(target, document)
    await this.#staging.discard(commit)
  }

  /** Times lie in an array of their own, which is there once some were told. */
  async #placeTimes(index: number, unixMs: readonly number[]): Promise<void> {
    const { records, last } = await this.#load()
    const record = records.get(index)
    if (record?.frames !== unixMs.length) throw unfitTimes(index, record?.frames ?? 0, unixMs.length)
    const array = `${this.#path}/${FRAMES_ZARR}/captured_unix_ms`
    const length = last * record.chunkSize + records.get(last)!.frames
    await makeDurableFolder(this.#disk, `${array}/c`, `${this.#path}/${FRAMES_ZARR}`)
    await this.#staging.replace(`${array}/c/${index}`, measuredTimes(record, unixMs))
    await this.#staging.replace(`${array}/${ZARR_JSON}`, capturedDocument(length, record))
  }

  #shardFolder({ index }: ChunkRecord): string {
    return `${this.#path}/${FRAMES_ZARR}/frames/c/${index}/0`
  }

  /** Make the folder of a shard, on disk when this resolves. */
  async #makeShardFolder(folder: string): Promise<void> {
    const zarr = `${this.#path}/${FRAMES_ZARR}`
    // Once a run from the top, even where the upper ones are there: a process that was killed may not have synced them.
    await makeDurableFolder(this.#disk, folder, this.#hasFrames ? `${zarr}/frames/c` : zarr)
    this.#hasFrames = true
  }

  #load(): Promise<Chunks> {
    this.#chunks ??= readRecords(this.#path, this.#disk).catch((error) => {
      this.#chunks = undefined
      throw error
    })
    return this.#chunks
  }
}

/** The records of all chunks that were committed to a stream's folder. Throws `server/store` for a damaged one. */
export async function readRecords(path: string, disk: Disk = nodeDisk): Promise<Chunks> {
  const records = new Map<number, ChunkRecord>()
  let last = -1
  for (const { name } of await disk.list(`${path}/${RECORDS}`)) {
    const file = `${path}/${RECORDS}/${name}`
    const record = checkedContent<ChunkRecord>(await disk.read(file), file)
    records.set(record.index, record)
    last = Math.max(last, record.index)
  }
  return { records, last }
}

function unfitTimes(chunk: number, frames: number, times: number): FramewireError<'server/times'> {
  return new FramewireError(
    'server/times',
    `${times} capture times were told of chunk ${chunk}, which has ${frames} frames here. Send the chunk first, and a time for each of its frames.`,
    { chunk, frames, times },
  )
}

/** Wait until all have ended, well or not; throws the first fault. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected')
  if (failed) throw (failed as PromiseRejectedResult).reason
}

/** Finish or drop what a crash left in staging. `folder` is asked for the folder of a stream. */
export async function recoverStaging(
  staging: Staging,
  folder: (dataId: string) => FrameFolder | undefined,
): Promise<void> {
  const paths = await staging.list()
  for (const commit of paths.filter((path) => path.endsWith(COMMIT))) {
    // One that is not whole is of a chunk that was not placed.
    const record = soundContent<ChunkRecord>(await staging.disk.read(commit))
    if (record) await folder(record.dataId)?.recover(record, commit)
  }
  await staging.discard(...paths)
}
