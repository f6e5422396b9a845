import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Disk } from '../../ts/disk/disk.js'
import { nodeDisk } from '../../ts/disk/disk-node.js'
import { lockFolder } from '../../ts/disk/lock-node.js'
import type { Hasher } from '../../ts/journal/chunk-file.js'
import { DirectoryPlace, type DirectoryPlaceParts } from '../../ts/journal/directory.js'
import { type JournalFolderOptions, journalFolder } from '../../ts/journal/folder-node.js'
import { JOURNAL_VERSION } from '../../ts/journal/journal.js'
import { keeperOn } from '../../ts/journal/keeper-node.js'
import type { JournalPlace, KeptBody, StreamJournal } from '../../ts/journal/place.js'
import type {
  ChunkEntry,
  FrameSession,
  PointsEntry,
  SeriesSession,
  SpillEntry,
} from '../../ts/journal/records.js'
import { ShardChecker } from '../../ts/store/checker.js'
import { randomBytes } from '../interop/images.js'
import { core, makeShard, pattern } from '../unit/store/shards.js'

/** Where journals lie on the disk in memory. */
export const PLACE = '/data/journal'

export function frameSession(dataId = 'stream-1'): FrameSession {
  return {
    type: 'session',
    version: JOURNAL_VERSION,
    kind: 'frames',
    dataId,
    endpoint: 'http://localhost:8000',
    startedAtMs: 1_700_000_000_000,
    streamName: 'Growth “7”',
    fps: 4,
    rotationsPerMin: 15,
    chunkSize: 4,
    scale: 'measured',
    gray: 'mean',
  }
}

/** A stream that becomes a local store when it is whole. */
export function keptSession(dataId = 'kept-1'): FrameSession {
  return { ...frameSession(dataId), keep: true }
}

export function seriesSession(dataId = 'series-1'): SeriesSession {
  return {
    type: 'session',
    version: JOURNAL_VERSION,
    kind: 'series',
    dataId,
    endpoint: 'http://localhost:8000',
    startedAtMs: 1_700_000_000_000,
  }
}

const [HEIGHT, WIDTH] = [10, 20]

/** A chunk, and what its seal says. `body` makes its parts anew: a journal keeps them. */
export interface Chunk {
  entry: ChunkEntry
  body(): Uint8Array<ArrayBuffer>[]
  bytes: Uint8Array
}

/** A chunk of random bytes. */
export function chunkOf(index: number, length = 700 + 13 * index, seed = index): Chunk {
  return sealed(index, randomBytes(length, 1000 + seed), 4, '0123456789abcdef')
}

/** A chunk whose bytes are a shard of these frames, 4 being all of the grid's. */
export function shardOf(index: number, frames = 4, seed = index): Chunk & { pixels: Uint8Array } {
  const pixels = pattern(frames, HEIGHT, WIDTH, seed)
  const bytes = makeShard(pixels, frames, HEIGHT, WIDTH)
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const claim = { frames, height: HEIGHT, width: WIDTH, chunkSize: frames }
  const { xxh64 } = new ShardChecker(core).inspect({ size: bytes.byteLength, read }, claim)
  return { ...sealed(index, bytes, frames, xxh64), pixels }
}

function sealed(index: number, bytes: Uint8Array, frames: number, xxh64: string): Chunk {
  const { length } = bytes
  const cuts = [0, Math.floor(length / 3), Math.floor(length / 2), length]
  return {
    bytes,
    body: () => cuts.slice(1).map((end, at) => bytes.slice(cuts[at], end) as Uint8Array<ArrayBuffer>),
    entry: {
      index,
      frames,
      height: HEIGHT,
      width: WIDTH,
      bytes: length,
      md5: createHash('md5').update(bytes).digest('hex'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      xxh64,
      clamped: 0,
      rawBytes: frames * HEIGHT * WIDTH,
      captureStartMs: 1000 * index,
      captureEndMs: 1000 * index + 999,
      packagedAtMs: 1_700_000_000_000 + index,
      request: `{"data_stream":"rheed","chunk":"${index}"}`,
    },
  }
}

/** Frames as they came, of random bytes. */
export interface Frames {
  entry: Omit<SpillEntry, 'sha256'>
  bytes: Uint8Array
  /** The bytes in pieces of these lengths, over and over, all in one buffer that is written again and again. */
  pieces(...lengths: number[]): AsyncIterable<Uint8Array>
}

export function framesOf(index: number, { frames = 3, bytesPerFrame = 400, seed = index } = {}): Frames {
  const bytes = randomBytes(frames * bytesPerFrame, 2000 + seed)
  const [height, width] = [HEIGHT, bytesPerFrame / HEIGHT / 2]
  return {
    bytes,
    async *pieces(...lengths) {
      const buffer = new Uint8Array(Math.max(...lengths))
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const piece = bytes.subarray(at, at + lengths[turn % lengths.length]!)
        buffer.set(piece)
        yield buffer.subarray(0, piece.length)
        buffer.fill(0xaa)
        at += piece.length
      }
    },
    entry: {
      index,
      frames,
      height,
      width,
      channels: 1,
      format: 'u16le',
      bits: 12,
      bytesPerFrame,
      captureStartMs: 1000 * index,
      captureEndMs: 1000 * index + 999,
      request: `{"data_stream":"rheed","chunk":"${index}"}`,
    },
  }
}

export function pointsOf(id: number): PointsEntry {
  return {
    id,
    index: id,
    channels: [
      { name: 'T', points: 1, units: 'C', digest: 2 ** 53 - 1 },
      { name: 'p\u0000\n', points: 1, digest: 0 },
    ],
    path: '/tool-state/stream/multi/',
    body: `{"chunk_index":${id},"values":[1.5,${'2'.repeat(id % 40)}]}`,
  }
}

export function nodeHasher(): Hasher {
  const hash = createHash('sha256')
  return { update: (data) => hash.update(data), finish: () => ({ sha256: hash.digest('hex') }) }
}

/** All the bytes of a body. */
export async function bytesOf(body: KeptBody): Promise<Uint8Array> {
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer())
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

/** Journals on a disk, one in memory say, in a process of their own: the locks of those before it are gone. */
export function placeOn(disk: Disk, parts: Partial<DirectoryPlaceParts> = {}): DirectoryPlace {
  const held = new Set<string>()
  let now = 1_700_000_000_000
  return new DirectoryPlace({
    disk,
    path: PLACE,
    lock: async (folder) => {
      await disk.list(folder)
      if (held.has(folder)) throw Object.assign(new Error('held'), { pid: process.pid })
      held.add(folder)
      return async () => void held.delete(folder)
    },
    hasher: nodeHasher,
    keeper: keeperOn(disk, async () => core),
    warn: () => {},
    wall: () => now++,
    ...parts,
  })
}

/** Journals in a folder of this computer that can be kept: `journalFolder` loads the core from the built package. */
export function keptPlaceIn(path: string): DirectoryPlace {
  return placeOn(nodeDisk, { path, lock: lockFolder })
}

/** Journals in a folder of this computer. */
export function placeIn(path: string, given: JournalFolderOptions = {}): JournalPlace {
  return journalFolder(path, { warn: () => {}, ...given })
}

/** A journal of some chunks in a folder of this computer; `folder` is that of the stream. */
export async function journaled(indexes: readonly number[], options: JournalFolderOptions = {}) {
  const path = `${temporaryFolder()}/a/journal`
  const warnings: string[] = []
  const place = placeIn(path, { warn: (message) => warnings.push(message), ...options })
  const journal = await place.create(frameSession())
  for (const index of indexes) await put(journal, index)
  const folder = `${path}/stream-1`
  return { path, place, journal, folder, log: `${folder}/log`, warnings }
}

/** Keep a chunk; answers its bytes. */
export async function put(journal: StreamJournal, index: number, seed?: number): Promise<Uint8Array> {
  const { entry, body, bytes } = chunkOf(index, undefined, seed)
  await journal.put(entry, body())
  return bytes
}

/** The names in a stream's folder, but for its lock. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('lock-'))
    .sort()
}

/** Matches an error with this code. */
export function code(name: string): { code: string } {
  return { code: name }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'framewire-journal-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** For a test that a soak makes long. */
export const LONG = { timeout: scaled(120_000, 3_600_000) }

/** A figure of `npm test`, and the full one of a soak. */
export function scaled(test: number, soak: number): number {
  return process.env.FRAMEWIRE_SOAK ? soak : test
}
