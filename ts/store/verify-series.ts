import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { isMissing } from '../disk/disk.js'
import { nodeDisk } from '../disk/disk-node.js'
import { channelFolder } from './channel-name.js'
import { soundContent } from './checksum.js'
import { ARRAYS, channelDocuments, fillPoints, POINTS_PER_FILE } from './series-arrays.js'
import { SERIES_LOG, SERIES_MARK, SERIES_ZARR } from './series-folder.js'
import { parseLog } from './series-log.js'
import type { Points, SeriesChunk } from './store.js'
import { groupAttributes, readStream, recordPath } from './stream-folder.js'
import type { Problem, SeriesReport } from './verify.js'
import { groupDocument, ZARR_JSON } from './zarr.js'

/** A channel as the log makes it. */
interface Channel {
  name: string
  units?: string
  /** By index. */
  chunks: [index: number, points: Points][]
}

/** Whether the folder of a stream holds channels. */
export function isSeries(path: string): boolean {
  return [SERIES_LOG, SERIES_ZARR].some((name) => existsSync(join(path, name)))
}

/**
 * Compare the files of a stored scalar stream with each other: the log and the stream's record with their checksums,
 * the arrays with what the log makes of them, bit by bit. Nothing is changed.
 *
 * What a crash may leave is told apart from damage as the store does it: the last line of the log may be cut short, but
 * not before the mark. A mark that is gone is none; one that is there must be sound.
 * @param path folder of the stream
 */
export async function verifySeries(path: string): Promise<SeriesReport> {
  const folder = resolve(path)
  const mark = await readMark(folder)
  const log = await readLog(folder, mark.bytes)
  const channels = channelsOf(log.chunks)
  const problems = [...(await recordProblems(folder)), ...mark.problems, ...log.problems]
  // What the arrays should be, only a whole log can tell.
  if (log.problems.length === 0) problems.push(...(await arrayProblems(folder, channels)))
  const chunks = channels.flatMap(({ name, chunks }) =>
    chunks.map(([index, { values }]) => ({ channel: name, index, points: values.length })),
  )
  return {
    kind: 'series',
    dataId: basename(folder),
    channels: channels.map(({ name }) => name),
    chunks,
    storedPoints: chunks.reduce((sum, { points }) => sum + points, 0),
    tornBytes: log.tornBytes,
    problems,
    ok: problems.length === 0,
  }
}

/** How much of the log was on disk for certain. */
async function readMark(folder: string): Promise<{ bytes: number; problems: Problem[] }> {
  const file = join(folder, SERIES_MARK)
  try {
    const mark = soundContent<{ bytes: number }>(await readFile(file))
    if (mark) return { bytes: mark.bytes, problems: [] }
    // The store takes it for lost; here it is told, as it guards the end of the log.
    return {
      bytes: 0,
      problems: [{ reason: `${file} is damaged; the next start of a server makes it again` }],
    }
  } catch (error) {
    return { bytes: 0, problems: isMissing(error) ? [] : [unreadable(file, error)] }
  }
}

/** The chunks of the log, and what is wrong with it. */
async function readLog(
  folder: string,
  settled: number,
): Promise<{ chunks: SeriesChunk[]; tornBytes: number; problems: Problem[] }> {
  const file = join(folder, SERIES_LOG)
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    return { chunks: [], tornBytes: 0, problems: [unreadable(file, error)] }
  }
  const { lines, damaged, end } = parseLog(bytes)
  const problems: Problem[] = damaged.map((offset) => ({ reason: `${file} is damaged at byte ${offset}` }))
  if (end < settled) {
    problems.push({ reason: `${file} is sound up to byte ${end}, but was on disk up to byte ${settled}` })
  }
  return { chunks: lines.map(({ chunk }) => chunk), tornBytes: bytes.byteLength - end, problems }
}

/** What is wrong with the files that say what the stream is. */
async function recordProblems(folder: string): Promise<Problem[]> {
  let expected: string
  try {
    expected = groupDocument(groupAttributes(await readStream(nodeDisk, folder)))
  } catch (error) {
    return [{ reason: (error as Error).message }]
  }
  const file = join(folder, SERIES_ZARR, ZARR_JSON)
  return (await says(file, expected)) ? [] : [{ reason: `${file} does not say what was received` }]
}

/** What is wrong with the arrays, and files that belong to nothing. */
async function arrayProblems(folder: string, channels: readonly Channel[]): Promise<Problem[]> {
  const problems: Problem[] = []
  const known = new Set([
    recordPath(folder),
    ...[SERIES_LOG, SERIES_MARK, join(SERIES_ZARR, ZARR_JSON)].map((name) => join(folder, name)),
  ])
  for (const channel of channels) {
    for (const [name, expected] of filesOf(channel)) {
      const file = join(folder, SERIES_ZARR, channelFolder(channel.name), name)
      known.add(file)
      if (await says(file, expected)) continue
      problems.push({
        reason: `${file} does not say what the log does; remove ${SERIES_MARK}, and the next start of a server makes it again`,
      })
    }
  }
  // A chunk that came again with fewer points leaves files behind the end of the arrays, which no reader opens.
  const grids = new Set(
    channels.flatMap(({ name }) =>
      ARRAYS.map((array) => join(folder, SERIES_ZARR, channelFolder(name), array, 'c')),
    ),
  )
  const isBehind = (file: string) => grids.has(dirname(file)) && /^\d+$/.test(basename(file))
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isDirectory() || known.has(file) || isBehind(file)) continue
    problems.push({ reason: `${relative(folder, file)} is none of the stream's files` })
  }
  return problems
}

/** The channels that chunks make, in order of arrival: an index that came again replaces what was there. */
function channelsOf(log: readonly SeriesChunk[]): Channel[] {
  const channels = new Map<string, { units?: string; chunks: Map<number, Points> }>()
  for (const { index, channels: parts } of log) {
    for (const [name, points] of Object.entries(parts)) {
      const channel = channels.get(name) ?? { chunks: new Map<number, Points>() }
      channels.set(name, channel)
      channel.chunks.set(index, points)
      if (points.units !== undefined) channel.units = points.units
    }
  }
  return [...channels].map(([name, { units, chunks }]) => ({
    name,
    units,
    chunks: [...chunks].sort(([a], [b]) => a - b),
  }))
}

/** All that must lie in the folder of a channel, by name in it. */
function* filesOf(channel: Channel): Generator<[name: string, content: string | Uint8Array]> {
  const length = channel.chunks.reduce((sum, [, { values }]) => sum + values.length, 0)
  const documents = channelDocuments(length, channel)
  yield [ZARR_JSON, documents.group]
  for (const array of ARRAYS) {
    yield [join(array, ZARR_JSON), documents[array]]
    const list = channel.chunks.flatMap(([, points]) => points[array])
    for (let start = 0; start < length; start += POINTS_PER_FILE) {
      const bytes = Buffer.alloc(8 * POINTS_PER_FILE)
      fillPoints(bytes, 0, list, start)
      yield [join(array, 'c', String(start / POINTS_PER_FILE)), bytes]
    }
  }
}

/** Whether a file is there and has this content. */
async function says(file: string, expected: string | Uint8Array): Promise<boolean> {
  const found = await readFile(file).catch(() => undefined)
  return found?.equals(typeof expected === 'string' ? Buffer.from(expected) : expected) ?? false
}

function unreadable(file: string, error: unknown): Problem {
  return { reason: `${file} cannot be read: ${(error as Error).message}` }
}
