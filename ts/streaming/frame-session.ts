import { type FrameSession, JOURNAL_VERSION, type Session } from '../journal/records.js'
import type { StreamDeclaration } from './frame-stream.js'
import { checkedOption } from './options.js'

/** The first record of a stream's journal. */
export function sessionOf(
  declaration: StreamDeclaration,
  endpoint: string,
  startedAtMs: number,
): FrameSession {
  return { type: 'session', version: JOURNAL_VERSION, kind: 'frames', endpoint, startedAtMs, ...declaration }
}

/**
 * What a journal says that its stream declared. Throws `stream/option` where it is none of frames, or was created at
 * another endpoint than `root`.
 */
export function declarationOf(session: Session, root: string): StreamDeclaration {
  const { kind, endpoint } = session
  const given = session.dataId
  if (kind !== 'frames') return checkedOption('dataId', given as never, false, 'the id of a stream of frames')
  const expected = `the one that stream ${given} was created at, ${endpoint}`
  checkedOption('endpoint', root, root === endpoint, expected)
  const { type: _, version, kind: __, endpoint: ___, startedAtMs, ...declaration } = session
  return declaration
}
