import { FramewireError } from '../errors.js'
import type { JournalSummary } from '../journal/place.js'
import { heldChunks, type JournalState } from '../journal/records.js'
import { journalPath, journalsAt } from './journal-place.js'
import { failed, type Outcome, usage } from './outcome.js'
import { megabytes, table } from './table.js'

/** What the command line says of journals. */
export interface JournalOptions {
  /** Their folder. */
  journal?: string
}

/** `framewire journal ls`: every journal, and how much of it is not stored. */
export async function list({ journal }: JournalOptions): Promise<Outcome> {
  const path = journalPath(journal)
  const known = await journals(path).list()
  const value = { journal: path, streams: known.map(summary) }
  return { exitCode: 0, value, text: known.map(line).join('\n') || `no journals in ${path}` }
}

/** `framewire journal show ID`: what a journal holds, chunk by chunk. */
export async function show(id: string | undefined, { journal }: JournalOptions): Promise<Outcome> {
  const { state } = await journals(journalPath(journal)).look(named(id))
  const chunks = [...state.chunks.values()].map(({ entry: { request: _, ...entry }, ...item }) => ({
    ...entry,
    ...item,
  }))
  const value = { session: state.session, ...ends(state), chunks, points: [...state.points.values()] }
  const text = table([
    ['Stream', state.session.dataId],
    ['Name', state.session.streamName ?? '(none)'],
    ['Endpoint', state.session.endpoint],
    ['State', condition(state)],
    ...chunks.map(({ index, frames, bytes, stored, givenUp, tries }): [string, string] => [
      `Chunk ${index}`,
      `${frames} frames, ${megabytes(bytes)}, ${stored ? 'stored' : givenUp ? `given up: ${givenUp.message}` : 'not stored'}, ${tries} tries`,
    ]),
  ])
  return { exitCode: 0, value, text }
}

/** `framewire journal verify [ID]`: every byte that is not stored yet, against its hash. */
export async function verify(id: string | undefined, { journal }: JournalOptions): Promise<Outcome> {
  const path = journalPath(journal)
  const place = journals(path)
  const known = (await place.list()).filter(({ dataId }) => id === undefined || dataId === id)
  if (id !== undefined && known.length === 0) throw usage(`${path} has no journal of stream ${id}.`)
  const streams = []
  let first: FramewireError | undefined
  for (const { dataId, error } of known) {
    const faults = error ? [] : await place.verify(dataId)
    const problems = [...(error ? [error] : []), ...faults.map((fault) => fault.error)]
    first ??= problems[0]
    streams.push({ dataId, problems: problems.map(({ code, message }) => ({ code, message })) })
  }
  const value = { journal: path, streams }
  const text = streams
    .map(({ dataId, problems }) =>
      [
        `${dataId}  ${problems.length === 0 ? 'sound' : 'damaged'}`,
        ...problems.map(({ message }) => `  ${message}`),
      ].join('\n'),
    )
    .join('\n')
  return first ? failed(first, value, text) : { exitCode: 0, value, text }
}

/** `framewire journal rm ID`: one that holds nothing that is nowhere else, unless forced. */
export async function remove(
  id: string | undefined,
  { journal, force = false }: JournalOptions & { force?: boolean },
): Promise<Outcome> {
  const place = journals(journalPath(journal))
  const dataId = named(id)
  const found = (await place.list()).find((summary) => summary.dataId === dataId)
  const held = found?.state ? heldChunks(found.state) : []
  if (!force && (held.length > 0 || (found?.error && found.error.code !== 'journal/unbegun'))) {
    const path = found!.path
    throw new FramewireError(
      'journal/needed',
      found!.error
        ? `${path} cannot be read (${found!.error.message}). Give --force to take it away all the same.`
        : `${path} holds ${held.length} chunk(s) that are stored nowhere else. Resume it first, or give --force to lose them.`,
      { path, chunks: held.length },
    )
  }
  await place.remove(dataId)
  return { exitCode: 0, value: { dataId, removed: true, lostChunks: held.length }, text: `${dataId} removed` }
}

function journals(path: string) {
  return journalsAt(path, (message) => process.stderr.write(`framewire: ${message}\n`))
}

function named(id: string | undefined): string {
  if (id === undefined) throw usage('name the stream: framewire journal ls lists them.')
  return id
}

function summary({ dataId, path, state, error }: JournalSummary): object {
  if (!state) return { dataId, path, error: { code: error?.code, message: error?.message } }
  const held = heldChunks(state)
  return {
    dataId,
    path,
    kind: state.session.kind,
    streamName: state.session.streamName,
    endpoint: state.session.endpoint,
    startedAtMs: state.session.startedAtMs,
    ...ends(state),
    chunks: state.chunks.size,
    notStored: held.length,
    bytes: held.reduce((sum, { entry }) => sum + entry.bytes, 0),
  }
}

function line({ dataId, state, error }: JournalSummary): string {
  if (!state) return `${dataId}  ${error?.code}: ${error?.message}`
  const held = heldChunks(state)
  const bytes = held.reduce((sum, { entry }) => sum + entry.bytes, 0)
  const name = JSON.stringify(state.session.streamName ?? '')
  return `${dataId}  ${name}  ${held.length} of ${state.chunks.size} chunks not stored (${megabytes(bytes)}), ${condition(state)}`
}

function condition(state: JournalState): string {
  if (state.finalizedAtMs !== undefined) return 'ended'
  return state.finalizeAskedAtMs !== undefined ? 'its end was asked for' : 'cut off, or under way'
}

function ends({ finalizeAskedAtMs, finalizedAtMs }: JournalState) {
  return { finalizeAskedAtMs, finalizedAtMs }
}
