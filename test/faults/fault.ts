import type { Operation } from './operation.js'
import type { Spoil } from './proxy.js'

/** Longer than any answer takes here. */
const MUTE_MS = 5_000

/** What networks and services do to a request. A refused connection is not among them: there the request never comes. */
const SPOILS = {
  'reset before the body': { do: 'reset', at: 'before' },
  'reset in the body': { do: 'reset', at: 'middle' },
  'reset after the body': { do: 'reset', at: 'after' },
  'no answer': { do: 'mute', ms: MUTE_MS },
  'HTTP 408': { do: 'answer', status: 408 },
  'HTTP 429 with Retry-After': { do: 'answer', status: 429, headers: { 'retry-after': '1' } },
  'HTTP 500': { do: 'answer', status: 500, body: '{"detail":"oops"}' },
  'HTTP 502 with a page': {
    do: 'answer',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><h1>Bad Gateway</h1></html>',
  },
  'HTTP 503': { do: 'answer', status: 503 },
  'HTTP 403': { do: 'answer', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
  'answer lost': { do: 'reset', at: 'answer' },
} as const satisfies Record<string, Spoil>

/** A fault by its name. */
export type FaultName = keyof typeof SPOILS | 'connection refused' | 'wrong answer'

/** All faults. */
export const FAULTS: readonly FaultName[] = [
  'connection refused',
  ...(Object.keys(SPOILS) as (keyof typeof SPOILS)[]),
  'wrong answer',
]

/** What a fault does to a request of this operation; nothing where no connection is to come about. */
export function spoilOf(fault: FaultName, operation: Operation): Spoil | undefined {
  if (fault === 'connection refused') return undefined
  if (fault !== 'wrong answer') return SPOILS[fault]
  // The server has acted; what comes back is success, and not what it said.
  return operation === 'PUT'
    ? { do: 'alter', headers: { etag: `"${'0'.repeat(32)}"` } }
    : { do: 'alter', body: '{"data_id": "cut of' }
}
