import { FramewireError, hasCode, isFramewireError } from '../errors.js'
import type { JournalPlace, JournalSummary } from '../journal/place.js'
import type { JournalState } from '../journal/state.js'
import { journalPath, journalsIn } from './journal-place.js'
import { knownChunks } from './known-chunks.js'
import { failed, type Outcome } from './outcome.js'
import type { Output } from './output.js'
import { megabytes, type Row, table } from './table.js'

/** What the command line says of journals. */
export interface JournalOptions {
  /** Their folder. */
  journal?: string
}

/** `framewire journal ls`: every journal, and how much of it is not stored. */
export async function list({ journal }: JournalOptions, output: Output): Promise<Outcome> {
  const path = journalPath(journal)
  const known = await journalsIn(path, output).list()
  const value = { journal: path, streams: known.map(summary) }
  return { exitCode: 0, value, text: known.map(line).join('\n') || `no journals in ${path}` }
}

/** `framewire journal show ID`: what a journal holds, chunk by chunk. */
export async function show(dataId: string, { journal }: JournalOptions, output: Output): Promise<Outcome> {
  const { state } = await journalsIn(journalPath(journal), output).look(dataId)
  const chunks = [...state.chunks.values()]
    .map(({ entry: { request: _, ...entry }, ...item }) => ({ ...entry, ...item }))
    .sort((a, b) => a.index - b.index)
  const spills = [...state.spills.values()].map(({ entry: { request: _, ...entry } }) => entry)
  const points = [...state.points.values()]
  const value = { session: state.session, ...ends(state), chunks, spills, points }
  const text = table([
    ['Stream', state.session.dataId],
    ['Name', state.session.streamName ?? '(none)'],
    ['Endpoint', state.session.endpoint],
    ['State', condition(state)],
    ...chunks.map(
      ({ index, frames, bytes, stored, givenUp, tries }): Row => [
        `Chunk ${index}`,
        `${frames} frames, ${megabytes(bytes)}, ${stored ? 'stored' : givenUp ? `given up: ${givenUp.message}` : 'not stored'}, ${tries} tries`,
      ],
    ),
    ...spills.map(({ index, frames }): Row => [`Chunk ${index}`, `${frames} frames, not packed yet`]),
  ])
  return { exitCode: 0, value, text }
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
  const streams: { dataId: string; problems: FramewireError[] }[] = []
  for (const dataId of ids) streams.push({ dataId, problems: await problemsOf(place, dataId) })
  const value = {
    journal: path,
    streams: streams.map(({ dataId, problems }) => ({ dataId, problems: problems.map(coded) })),
  }
  const lines = streams.flatMap(({ dataId, problems }) => [
    `${dataId}  ${problems.length === 0 ? 'sound' : 'not sound'}`,
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
  if (!force && found && lostChunks !== 0) throw needed(found, lostChunks)
  await place.remove(dataId)
  return { exitCode: 0, value: { dataId, removed: true, lostChunks }, text: `${dataId} removed` }
}

async function problemsOf(place: JournalPlace, dataId: string): Promise<FramewireError[]> {
  try {
    return (await place.verify(dataId)).map(({ error }) => error)
  } catch (error) {
    // Nothing was ever accepted into one that was not begun.
    if (hasCode(error, 'journal/unbegun')) return []
    if (!isFramewireError(error)) throw error
    return [error]
  }
}

/** How many chunks are not stored; not known where the journal cannot be read. */
function unstoredIn({ state, error }: JournalSummary): number | undefined {
  if (state) return knownChunks(state).notStored.length
  return hasCode(error, 'journal/unbegun') ? 0 : undefined
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

function summary({ dataId, path, state, error }: JournalSummary): object {
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

function line({ dataId, state, error }: JournalSummary): string {
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
