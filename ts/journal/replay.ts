import { FramewireError } from '../errors.js'
import { damaged } from './faults.js'
import { JOURNAL_VERSION } from './journal.js'
import type { LogFrame } from './log-frame.js'
import { isRecord, type Session } from './records.js'
import { apply, type JournalState, misfit, stateOf } from './state.js'

/**
 * The state that a log's records make. Throws `journal/version`, and `journal/damaged` for records that cannot be.
 * @param path for the error
 */
export function replay(path: string, frames: readonly LogFrame[]): JournalState {
  const [first, ...rest] = frames.flatMap(({ place: { offset }, records }) =>
    records.map((record) => ({ offset, record })),
  )
  const state = stateOf(sessionOf(path, first?.record))
  for (const { offset, record } of rest) {
    if (!isRecord(record)) throw damaged(path, 'a record has a form that is not known', { offset })
    const why = misfit(state, record)
    if (why !== undefined) throw damaged(path, why, { offset })
    apply(state, record)
  }
  return state
}

function sessionOf(path: string, first: unknown): Session {
  const { type, version } = (first ?? {}) as { type?: unknown; version?: unknown }
  // Before the form: that of another version may be another.
  if (type === 'session' && version !== JOURNAL_VERSION) {
    throw new FramewireError(
      'journal/version',
      `${path} has the format version ${String(version)}; this framewire knows ${JOURNAL_VERSION}. Resume with the version of framewire that wrote it.`,
      { path, version },
    )
  }
  if (!isRecord(first) || first.type !== 'session') {
    throw damaged(path, 'it does not begin with a session record', { offset: 0 })
  }
  const { atMs, ...session } = first
  return session
}
