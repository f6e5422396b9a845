import { FramewireError, hasCode, isFramewireError } from '../errors.js'
import type { JournalPlace, JournalSummary } from '../journal/place.js'
import type { ItemState, JournalState } from '../journal/state.js'
import { readRecords } from '../store/frame-folder.js'
import { aboutPath } from './info.js'
import { journalPath, journalsIn } from './journal-place.js'
import { knownChunks } from './known-chunks.js'
import { parseOrigin } from './origin.js'
import { failed, type Outcome } from './outcome.js'
import type { Output } from './output.js'
import { megabytes, type Row, table } from './table.js'

/** What the command line says of journals. */
export interface JournalOptions {
  /** Their folder. */
  journal?: string
}

const KEPT = 'kept as a local store'

/** `framewire journal ls`: every journal, and how much of it is not stored. */
export async function list({ journal }: JournalOptions, output: Output): Promise<Outcome> {
  const path = journalPath(journal)
  const known = await journalsIn(path, output).list()
  const value = { journal: path, streams: known.map(summary) }
  return { exitCode: 0, value, text: known.map(line).join('\n') || `no journals in ${path}` }
}

/** `framewire journal show ID`: what a journal holds, chunk by chunk; of one that was kept, what the store says. */
export async function show(dataId: string, { journal }: JournalOptions, output: Output): Promise<Outcome> {
  try {
    const { state } = await journalsIn(journalPath(journal), output).look(dataId)
    return about(state)
  } catch (error) {
    if (!hasCode(error, 'journal/kept')) throw error
    const { path } = error.details
    const { value, text, ...outcome } = await aboutPath(path, {})
    const state = table([['State', `${KEPT} in ${path}`]])
    return { ...outcome, value: { ...value, kept: path }, text: `${text}\n${state}` }
  }
}

function about(state: JournalState): Outcome {
  const { session } = state
  const chunks = [...state.chunks.values()]
    .map(({ entry: { request: _, ...entry }, ...item }) => ({ ...entry, ...item }))
    .sort((a, b) => a.index - b.index)
  const spills = [...state.spills.values()].map(({ entry: { request: _, ...entry } }) => entry)
  const points = [...state.points.values()]
  const value = { session, ...ends(state), chunks, spills, points }
  const text = table([
    ['Stream', session.dataId],
    ['Name', session.streamName ?? '(none)'],
    ['Endpoint', session.endpoint],
    ['File', parseOrigin(session.origin)?.path],
    ['State', condition(state)],
    ...chunks.map(
      ({ index, frames, bytes, ...item }): Row => [
        `Chunk ${index}`,
        `${frames} frames, ${megabytes(bytes)}, ${fate(item)}`,
      ],
    ),
    ...spills.map(({ index, frames }): Row => [`Chunk ${index}`, `${frames} frames, not packed yet`]),
    ...points.map(({ entry: { index, channels }, ...item }): Row => {
      const all = channels.map(({ name, points }) => `${points} points of ${name}`)
      return [`Chunk ${index}`, `${all.join(', ')}, ${fate(item)}`]
    }),
  ])
  return { exitCode: 0, value, text }
}

function fate({ stored, givenUp, tries }: Omit<ItemState<unknown>, 'entry' | 'journaledAtMs'>): string {
  return `${stored ? 'stored' : givenUp ? `given up: ${givenUp.message}` : 'not stored'}, ${tries} tries`
}

/** `framewire journal verify [ID]`: every byte that is not stored yet, against its hash. */
export async function verify(
  id: string | undefined,
  { journal }: JournalOptions,
  output: Output,
): Promise<Outcome> {
  const path = journalPath(journal)
  const place = journalsIn(path, output)
  const ids = id === undefined ? (await place.list()).map(({ dataId }) => dataId) : [id]
  const streams: Verified[] = []
  for (const dataId of ids) streams.push({ dataId, ...(await verified(place, dataId)) })
  const value = {
    journal: path,
    streams: streams.map(({ problems, ...stream }) => ({ ...stream, problems: problems.map(coded) })),
  }
  const lines = streams.flatMap(({ dataId, kept, problems }) => [
    `${dataId}  ${kept ? `${KEPT}: framewire verify checks it` : problems.length === 0 ? 'sound' : 'not sound'}`,
    ...problems.map(({ message }) => `  ${message}`),
  ])
  const text = lines.join('\n') || `no journals in ${path}`
  const [first] = streams.flatMap(({ problems }) => problems)
  return first ? failed(first, value, text) : { exitCode: 0, value, text }
}

/** `framewire journal rm ID`: one that holds nothing that is nowhere else, unless forced. */
export async function remove(
  dataId: string,
  { journal, force = false }: JournalOptions & { force?: boolean },
  output: Output,
): Promise<Outcome> {
  const place = journalsIn(journalPath(journal), output)
  const found = (await place.list()).find((one) => one.dataId === dataId)
  const lostChunks = found && unstoredIn(found)
  if (!force && found && isKept(found)) throw await wanted(found)
  if (!force && found && lostChunks !== 0) throw needed(found, lostChunks)
  await place.remove(dataId)
  return { exitCode: 0, value: { dataId, removed: true, lostChunks }, text: `${dataId} removed` }
}

/** What was found of a stream's bytes. */
interface Verified {
  dataId: string
  /** It is a local store by now, which is not looked at. */
  kept?: true
  problems: FramewireError[]
}

async function verified(place: JournalPlace, dataId: string): Promise<Omit<Verified, 'dataId'>> {
  try {
    return { problems: (await place.verify(dataId)).map(({ error }) => error) }
  } catch (error) {
    if (hasCode(error, 'journal/kept')) return { kept: true, problems: [] }
    // Nothing was ever accepted into one that was not begun.
    if (hasCode(error, 'journal/unbegun')) return { problems: [] }
    if (!isFramewireError(error)) throw error
    return { problems: [error] }
  }
}

/** How many chunks are not stored; not known where the journal cannot be read. */
function unstoredIn({ state, error }: JournalSummary): number | undefined {
  if (state) return knownChunks(state).notStored.length
  return hasCode(error, 'journal/unbegun') || hasCode(error, 'journal/kept') ? 0 : undefined
}

function isKept({ error }: JournalSummary): boolean {
  return hasCode(error, 'journal/kept')
}

function needed({ path, error }: JournalSummary, chunks = 0): FramewireError<'journal/needed'> {
  return new FramewireError(
    'journal/needed',
    error
      ? `${path} cannot be read (${error.message}). Give --force to take it away all the same.`
      : `${path} holds ${chunks} chunk(s) that are stored nowhere else. Resume it first, or give --force to lose them.`,
    { path, chunks },
  )
}

/** The refusal to take a local store away. */
async function wanted({ path }: JournalSummary): Promise<FramewireError<'journal/needed'>> {
  const chunks = (await readRecords(path)).records.size
  return new FramewireError(
    'journal/needed',
    `${path} holds ${chunks} chunk(s) as a local store, which was to be kept; the service has them too. Give --force to take it away.`,
    { path, chunks },
  )
}

function summary(one: JournalSummary): object {
  const { dataId, path, state, error } = one
  if (isKept(one)) return { dataId, path, kept: true }
  if (!state) return { dataId, path, error: error && coded(error) }
  const { all, notStored, bytes } = knownChunks(state)
  return {
    dataId,
    path,
    kind: state.session.kind,
    streamName: state.session.streamName,
    endpoint: state.session.endpoint,
    startedAtMs: state.session.startedAtMs,
    ...ends(state),
    chunks: all.length,
    notStored: notStored.length,
    bytes,
  }
}

function line(one: JournalSummary): string {
  const { dataId, state, error } = one
  if (isKept(one)) return `${dataId}  ${KEPT}`
  if (!state) return `${dataId}  ${error?.code}: ${error?.message}`
  const { all, notStored, bytes } = knownChunks(state)
  const name = JSON.stringify(state.session.streamName ?? '')
  return `${dataId}  ${name}  ${notStored.length} of ${all.length} chunks not stored (${megabytes(bytes)}), ${condition(state)}`
}

function condition(state: JournalState): string {
  if (state.finalizedAtMs !== undefined) return 'ended'
  return state.finalizeAskedAtMs !== undefined ? 'its end was asked for' : 'cut off, or under way'
}

function ends({ finalizeAskedAtMs, finalizedAtMs }: JournalState) {
  return { finalizeAskedAtMs, finalizedAtMs }
}

function coded({ code, message }: FramewireError): { code: string; message: string } {
  return { code, message }
}
