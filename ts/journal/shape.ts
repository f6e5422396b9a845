import type { JournalRecord } from './records.js'

type Is = (value: unknown) => boolean

const isText: Is = (value) => typeof value === 'string'
const isNumber: Is = (value) => Number.isFinite(value)
const isCount: Is = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const oneOf =
  (...values: unknown[]): Is =>
  (value) =>
    values.includes(value)
const orNone =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const either =
  (...kinds: Is[]): Is =>
  (value) =>
    kinds.some((is) => is(value))
const listOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is)
const having =
  (members: Readonly<Record<string, Is>>): Is =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(members).every(([name, is]) => is((value as Record<string, unknown>)[name]))

const hex =
  (digits: number): Is =>
  (value) =>
    isText(value) && new RegExp(`^[0-9a-f]{${digits}}$`).test(value as string)
const isRange = having({ lo: isNumber, hi: isNumber })
const item = { item: isCount }

const stream = { version: isCount, dataId: isText, endpoint: isText, startedAtMs: isNumber }
const session = either(
  having({
    ...stream,
    kind: oneOf('frames'),
    streamName: isText,
    fps: isNumber,
    rotationsPerMin: isNumber,
    chunkSize: isCount,
    scale: orNone(either(isRange, oneOf('full', 'max', 'measured'))),
    gray: orNone(oneOf('mean', 'luma')),
  }),
  having({ ...stream, kind: oneOf('series'), streamName: orNone(isText) }),
)
const chunk = having({
  index: isCount,
  frames: isCount,
  height: isCount,
  width: isCount,
  bytes: isCount,
  md5: hex(32),
  sha256: hex(64),
  xxh64: hex(16),
  clamped: isCount,
  rawBytes: isCount,
  captureStartMs: isNumber,
  captureEndMs: isNumber,
  packagedAtMs: isNumber,
  request: isText,
})
const points = having({
  id: isCount,
  index: isCount,
  channels: listOf(isText),
  points: isCount,
  path: isText,
  body: isText,
})

/** Names of chunk files: the index, and a serial, as an index may come again. Nothing else is read or removed. */
export const CHUNK_FILE = /^(\d+)-(\d+)\.shard$/

const RECORDS = new Map<unknown, Is>([
  ['session', session],
  ['chunk', having({ chunk, file: (value) => isText(value) && CHUNK_FILE.test(value as string) })],
  ['range', isRange],
  ['points', having({ entry: points })],
  ['tried', having({ ...item, attempt: isCount })],
  ['stored', having({ ...item, proof: oneOf('md5', 'status') })],
  ['given-up', having({ ...item, error: having({ code: isText, message: isText }) })],
  ['finalize', having({})],
  ['finalized', having({})],
])

/** Whether this is a record with all its members: what is read was written by framewire, but perhaps by a later one. */
export function isRecord(value: unknown): value is JournalRecord {
  if (!having({ atMs: isNumber })(value)) return false
  return RECORDS.get((value as { type?: unknown }).type)?.(value) ?? false
}
