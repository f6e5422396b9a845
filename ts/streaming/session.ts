import { JOURNAL_VERSION } from '../journal/journal.js'
import type { FrameSession, Json, SeriesSession, Session } from '../journal/records.js'
import { checkedOption } from './options.js'

/** What a streamer knows of a session by itself. */
type Own = 'type' | 'version' | 'kind' | 'endpoint' | 'startedAtMs'
/** What a stream of frames declared when it was initialized. */
export type StreamDeclaration = Omit<FrameSession, Own>
/** What a scalar stream declared when it was initialized. */
export type SeriesDeclaration = Omit<SeriesSession, Own>

/** The first record of a stream's journal. */
export function frameSession(
  declaration: StreamDeclaration,
  endpoint: string,
  startedAtMs: number,
): FrameSession {
  return { type: 'session', version: JOURNAL_VERSION, kind: 'frames', endpoint, startedAtMs, ...declaration }
}

/** The first record of a scalar stream's journal. */
export function seriesSession(
  declaration: SeriesDeclaration,
  endpoint: string,
  startedAtMs: number,
): SeriesSession {
  return { type: 'session', version: JOURNAL_VERSION, kind: 'series', endpoint, startedAtMs, ...declaration }
}

/** What the session of a journal says that its stream declared. */
export function declarationOf({
  type: _,
  version,
  kind,
  endpoint,
  startedAtMs,
  ...declaration
}: FrameSession): StreamDeclaration {
  return declaration
}

/**
 * The session of a journal, where it is of this kind. Throws `stream/option` where it is of another, or was created at
 * another endpoint than `root`.
 */
export function checkedSession<K extends Session['kind']>(
  session: Session,
  kind: K,
  root: string,
): Extract<Session, { kind: K }> {
  const { dataId, endpoint } = session
  checkedOption('dataId', dataId, session.kind === kind, KINDS[kind])
  const expected = `the one that stream ${dataId} was created at, ${endpoint}`
  checkedOption('endpoint', root, root === endpoint, expected)
  return session as Extract<Session, { kind: K }>
}

const KINDS = { frames: 'the id of a stream of frames', series: 'the id of a stream of scalar channels' }

/** What a journal can keep and give back as it was. Throws `stream/option`. */
export function checkedOrigin(origin: Json | undefined): Json | undefined {
  const sound = origin === undefined || isJson(origin)
  return checkedOption(
    'origin',
    origin,
    sound,
    'what JSON can say: no functions, no NaN, no objects of a class',
  )
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  return isPlain && Object.values(value).every(isJson)
}
