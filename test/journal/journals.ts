import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Disk } from '../../ts/disk/disk.js'
import type { Hasher } from '../../ts/journal/chunk-file.js'
import { DirectoryPlace } from '../../ts/journal/directory.js'
import { type JournalFolderOptions, journalFolder } from '../../ts/journal/folder-node.js'
import { keeperOn } from '../../ts/journal/keeper-node.js'
import type { JournalPlace, KeptBody, StreamJournal } from '../../ts/journal/place.js'
import {
  type ChunkEntry,
  type FrameSession,
  JOURNAL_VERSION,
  type PointsEntry,
  type SeriesSession,
} from '../../ts/journal/records.js'
import { randomBytes } from '../interop/images.js'

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

/** A chunk of random bytes in three parts, and what its seal would say. `body` makes them anew: a journal keeps them. */
export function chunkOf(
  index: number,
  length = 700 + 13 * index,
  seed = index,
): { entry: ChunkEntry; body: () => Uint8Array<ArrayBuffer>[]; bytes: Uint8Array } {
  const bytes = randomBytes(length, 1000 + seed)
  const cuts = [0, Math.floor(length / 3), Math.floor(length / 2), length]
  return {
    bytes,
    body: () => cuts.slice(1).map((end, at) => bytes.slice(cuts[at], end)),
    entry: {
      index,
      frames: 4,
      height: 10,
      width: 20,
      bytes: length,
      md5: createHash('md5').update(bytes).digest('hex'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      xxh64: '0123456789abcdef',
      clamped: 0,
      rawBytes: 800,
      captureStartMs: 1000 * index,
      captureEndMs: 1000 * index + 999,
      packagedAtMs: 1_700_000_000_000 + index,
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

/** Journals on a disk in memory, in a process of their own: the locks of those before it are gone. */
export function placeOn(disk: Disk): DirectoryPlace {
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
    keeper: keeperOn(disk),
    warn: () => {},
    wall: () => now++,
  })
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
