import type { JournalPlace, StreamJournal } from '../../ts/journal/place.js'
import type { JournalNote } from '../../ts/journal/records.js'
import { keeps, unstoredChunks } from '../../ts/journal/state.js'
import { DiskCrashed, ForgetfulDisk, type SyncCall } from '../disk/forgetful-disk.js'
import { failingAt } from './faulty-disk.js'
import {
  type Chunk,
  chunkOf,
  frameSession,
  framesOf,
  keptSession,
  placeOn,
  pointsOf,
  seriesSession,
  shardOf,
} from './journals.js'
import { LawBroken, Ledger, thingOf } from './ledger.js'

/** What befalls a run. Where it is silent the run goes its way. */
export interface Fate {
  /** What the first process does. */
  work: Work
  /** The operation that the first process does not survive. */
  crashAt?: number
  /** It was killed, but the power stayed: what it wrote is there for the next process, on disk or not. */
  killed?: boolean
  /** The second process only looks: what it adds would put on disk what it found. */
  idle?: boolean
  /** What else survives a power cut than what was synced; nothing where there is none. */
  seed?: number
  /** The write or sync of a file that fails. */
  faultAt?: number
  /** The sync that is left out, of the first or of the second process. */
  without?: { process: 0 | 1; sync: number }
}

/** What a run did. */
export interface Deeds {
  /** Operations of the first process. */
  operations: number
  /** Of the first and of the second process. */
  syncs: [SyncCall[], SyncCall[]]
}

/**
 * A process works with journals until it crashes, or to its end; a second one finds what is left, works, and loses power
 * too; a third one finds the rest, and keeps what is to be kept. Whatever was confirmed to, or seen by, one of them must
 * be there for the next. Throws {@link LawBroken}.
 */
export async function crashRun({
  work,
  crashAt,
  killed,
  idle,
  seed,
  faultAt,
  without,
}: Fate): Promise<Deeds> {
  const ledger = new Ledger()
  const first = new ForgetfulDisk()
  if (crashAt !== undefined) first.crashAt(crashAt)
  if (without?.process === 0) first.withoutSync(without.sync)
  await untilCrash(() =>
    PROGRAMS[work](placeOn(faultAt === undefined ? first : failingAt(first, faultAt)), ledger),
  )

  const second = killed ? first.afterKill() : first.afterCrash({ seed })
  if (without?.process === 1) second.withoutSync(without.sync)
  const seen = await ledger.check(placeOn(second), second)
  if (!idle) for (const journal of seen) await workOn(journal, ledger)

  const third = second.afterCrash({ seed })
  const place = placeOn(third)
  for (const journal of await ledger.check(place, third))
    await (isWhole(journal) ? keep(journal, ledger) : journal.close())
  for (const journal of await ledger.check(place, third)) await journal.close()
  await checkFiles(third, place)
  return { operations: first.operations, syncs: [[...first.syncs], [...second.syncs]] }
}

async function untilCrash(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isPlanned(error)) throw error
  }
}

/** Whether the crash, or a fault that was planted, is behind an error. */
function isPlanned(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error instanceof DiskCrashed || /planted/.test(error.message) || isPlanned(error.cause)
}

/** Three streams, each kind of record, things at once and one after another. */
async function stream(place: JournalPlace, ledger: Ledger): Promise<void> {
  const frames = await begin(place, ledger, 'frames')
  await all([0, 1, 2].map((index) => put(frames, ledger, index)))
  await ledger.change('frames', 'range', { lo: 1, hi: 9 }, () =>
    frames.append({ type: 'range', lo: 1, hi: 9 }),
  )
  await note(frames, ledger, 'chunk 0', { type: 'tried', item: 0, attempt: 1 })
  await all([
    note(frames, ledger, 'chunk 0', { type: 'stored', item: 0, proof: 'md5' }),
    note(frames, ledger, 'chunk 1', { type: 'given-up', item: 1, error: { code: 'no', message: '' } }),
    put(frames, ledger, 3),
  ])
  await put(frames, ledger, 1, 77)
  await all([spill(frames, ledger, 3), spill(frames, ledger, 4), spill(frames, ledger, 5)])
  await all([put(frames, ledger, 3, 78), spill(frames, ledger, 5, 79)])

  const series = await begin(place, ledger, 'series')
  await all([0, 1, 2, 3].map((id) => points(series, ledger, id)))
  await all([
    note(series, ledger, 'points 1', { type: 'stored', item: 1, proof: 'status' }),
    note(frames, ledger, 'chunk 1', { type: 'stored', item: 1, proof: 'status' }),
  ])
  await ledger.change('series', 'finalize', true, () => series.append({ type: 'finalize' }))
  await ledger.change('series', 'finalized', true, () => series.append({ type: 'finalized' }))
  await series.close()

  const gone = await begin(place, ledger, 'gone')
  await put(gone, ledger, 0)
  await ledger.change('gone', 'stream', false, () => gone.remove())
  await note(frames, ledger, 'chunk 2', { type: 'stored', item: 2, proof: 'md5' })
  await ledger.change('frames', 'finalize', true, () => frames.append({ type: 'finalize' }))
  await frames.close()
}

/** A stream that becomes a store. */
async function keepWhole(place: JournalPlace, ledger: Ledger): Promise<void> {
  const kept = await begin(place, ledger, 'kept')
  await all([spill(kept, ledger, 1), putShard(kept, ledger, 0)])
  await putShard(kept, ledger, 1)
  for (const index of [0, 1])
    await note(kept, ledger, `chunk ${index}`, { type: 'stored', item: index, proof: 'md5' })
  await keep(kept, ledger)
}

const PROGRAMS = { stream, keepWhole }
/** What a first process can do. */
export type Work = keyof typeof PROGRAMS
export const WORKS = Object.keys(PROGRAMS) as Work[]

/** The second process goes on with what it found. */
async function workOn(journal: StreamJournal, ledger: Ledger): Promise<void> {
  const { session, chunks, spills } = journal.state
  if (keeps(journal.state)) {
    for (const index of [...spills.keys()]) await putShard(journal, ledger, index)
    for (const { entry } of unstoredChunks(journal.state))
      await note(journal, ledger, `chunk ${entry.index}`, { type: 'stored', item: entry.index, proof: 'md5' })
    await keep(journal, ledger)
  } else if (session.kind === 'frames') {
    for (const index of [...spills.keys()]) await put(journal, ledger, index, 80)
    for (const [index, { stored }] of [...chunks]) {
      if (!stored && index % 2 === 0) {
        await note(journal, ledger, `chunk ${index}`, { type: 'stored', item: index, proof: 'md5' })
      }
    }
    await put(journal, ledger, 8)
  } else await points(journal, ledger, 8)
}

/** Settle all of what goes on at once, then throw what one of them threw. */
async function all(works: Promise<void>[]): Promise<void> {
  await Promise.allSettled(works)
  await Promise.all(works)
}

function begin(place: JournalPlace, ledger: Ledger, dataId: string): Promise<StreamJournal> {
  const sessions = { series: seriesSession, kept: keptSession }
  const session = (sessions[dataId as keyof typeof sessions] ?? frameSession)(dataId)
  return ledger.change(dataId, 'stream', true, () => place.create(session))
}

function put(journal: StreamJournal, ledger: Ledger, index: number, seed?: number): Promise<void> {
  return putChunk(journal, ledger, chunkOf(index, undefined, seed))
}

/** As `put`, of a stream that is kept: shard 1 is a short one. */
function putShard(journal: StreamJournal, ledger: Ledger, index: number): Promise<void> {
  return putChunk(journal, ledger, shardOf(index, index === 1 ? 2 : 4))
}

/** The frames that waited for the chunk of their index go with it. */
function putChunk(journal: StreamJournal, ledger: Ledger, { entry, body, bytes }: Chunk): Promise<void> {
  const { index } = entry
  const next = thingOf({ tries: 0 }, bytes)
  return ledger.change(idOf(journal), `frames ${index}`, undefined, () =>
    ledger.change(idOf(journal), `chunk ${index}`, next, () => journal.put(entry, body())),
  )
}

function spill(journal: StreamJournal, ledger: Ledger, index: number, seed?: number): Promise<void> {
  const { entry, bytes, pieces } = framesOf(index, { frames: 2, bytesPerFrame: 200, seed })
  return ledger.change(idOf(journal), `frames ${index}`, bytes, () => journal.spill(entry, pieces(300)))
}

/** Whether it can be made a store. */
function isWhole({ state }: StreamJournal): boolean {
  return keeps(state) && unstoredChunks(state).length + state.spills.size === 0
}

async function keep(journal: StreamJournal, ledger: Ledger): Promise<void> {
  try {
    await ledger.change(idOf(journal), 'stream', 'kept', () => journal.keep())
  } catch (cause) {
    throw new LawBroken(`${idOf(journal)} cannot be kept: ${(cause as Error).message}`, { cause })
  }
}

function points(journal: StreamJournal, ledger: Ledger, id: number): Promise<void> {
  const entry = pointsOf(id)
  const next = thingOf({ tries: 0 }, entry.body)
  return ledger.change(idOf(journal), `points ${id}`, next, () => journal.append({ type: 'points', entry }))
}

type ItemNote = Extract<JournalNote, { item: number }>

/** A note on an item of which all before it is confirmed. */
function note(journal: StreamJournal, ledger: Ledger, thing: string, made: ItemNote): Promise<void> {
  const { content, ...known } = ledger.kept(idOf(journal), thing) as ReturnType<typeof thingOf> & {
    content: unknown
  }
  const next = {
    ...known,
    content,
    ...(made.type === 'stored' ? { stored: true, givenUp: undefined } : {}),
    ...(made.type === 'stored' && !keeps(journal.state) ? { content: undefined } : {}),
    ...(made.type === 'tried' ? { tries: made.attempt } : {}),
    ...(made.type === 'given-up' ? { givenUp: made.error.code } : {}),
  }
  return ledger.change(idOf(journal), thing, next, () => journal.append(made))
}

function idOf({ state }: StreamJournal): string {
  return state.session.dataId
}

/** Nothing lies about that no record needs. */
async function checkFiles(disk: ForgetfulDisk, place: JournalPlace): Promise<void> {
  for (const { dataId, path, state } of await place.list()) {
    if (!state) continue
    const chunks = [...state.chunks.values()].filter(({ stored }) => !stored || keeps(state))
    const held = [...chunks, ...state.spills.values()].map(({ file }) => file)
    const names = (await disk.list(path)).map(({ name }) => name)
    const spare = names.filter((name) => name !== 'log' && !held.includes(name))
    if (spare.length > 0) throw new LawBroken(`${dataId}: nobody needs ${spare.join()}`)
  }
}
