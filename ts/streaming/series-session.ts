import { JOURNAL_VERSION, type Json, type SeriesSession, type Session } from '../journal/records.js'
import { checkedOption } from './options.js'

/** What a scalar stream declared when it was initialized. */
export type SeriesDeclaration = Omit<SeriesSession, 'type' | 'version' | 'kind' | 'endpoint' | 'startedAtMs'>

/** The first record of a scalar stream's journal. */
export function seriesSession(
  declaration: SeriesDeclaration,
  endpoint: string,
  startedAtMs: number,
): SeriesSession {
  return { type: 'session', version: JOURNAL_VERSION, kind: 'series', endpoint, startedAtMs, ...declaration }
}

/**
 * The session of a journal, where it is of a scalar stream. Throws `stream/option` where it is of another, or was created
 * at another endpoint than `root`.
 */
export function checkedSeries(session: Session, root: string): SeriesSession {
  const { kind, endpoint, dataId } = session
  if (kind !== 'series')
    return checkedOption('dataId', dataId as never, false, 'the id of a stream of scalar channels')
  const expected = `the one that stream ${dataId} was created at, ${endpoint}`
  checkedOption('endpoint', root, root === endpoint, expected)
  return session
}

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
