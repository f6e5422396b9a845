import { Random } from './random.js'

/** What becomes of one request; the service acts on it or not, the client hears of it or not. */
export type Fault =
  /** No connection, or one that is cut before or within the body: the service does not act. */
  | { kind: 'refused' | 'cut-before' | 'cut-within' }
  /** Cut behind the body: the client hears so at once, the service acts later. */
  | { kind: 'cut-after' }
  /** The service acts, its answer is lost. */
  | { kind: 'lost' }
  /** No answer until the client gives up waiting; the service may act all the same. */
  | { kind: 'mute'; acts: boolean }
  /** Something between answers 200 with a page. */
  | { kind: 'portal' }
  | { kind: 'status'; status: number; retryAfter?: { seconds: number; asDate: boolean } }
  /** An ETag that is an MD5, but not that of the bytes. */
  | { kind: 'etag' }
  /** The bytes change on the way. */
  | { kind: 'damage' }

/** What a chunk is like. */
export type Fate =
  | 'sound'
  /** Refused for its content, with this status. */
  | { refused: number }
  /** Every request fails with 500, for ever. */
  | 'failing'

/** A chunk that is to be uploaded. */
export interface ScriptItem {
  readonly id: number
  readonly index: number
  readonly lanes: readonly string[]
  readonly at: number
  readonly fate: Fate
  /** Added by the listener that hears that this one is stored, instead of at its time. */
  readonly after?: number
}

/** A time when every request to a place fails alike. */
export interface Outage {
  from: number
  to: number
  fault: Fault
  at: 'api' | 'store' | 'both'
}

/** Everything of a run that does not follow from what is under test. */
export interface Script {
  readonly seed: number
  /** `frames`: ask for a URL, then put. `series`: one request a chunk, in lanes. */
  readonly kind: 'frames' | 'series'
  /** What the ETag says: framewire's own server, an object store, one that encrypts. */
  readonly service: 'ours' | 'plain' | 'encrypting'
  readonly maxUploads: number
  readonly items: readonly ScriptItem[]
  /** Until then there are faults; then only those that belong to a chunk. */
  readonly calmAt: number
  /** How often a request meets a fault by itself. */
  readonly faultRate: number
  readonly faults: readonly Fault['kind'][]
  readonly latencyMs: readonly [number, number]
  /** Times when every request to a place fails. */
  readonly outages: readonly Outage[]
  /** How long an upload URL is good. */
  readonly urlLifeMs: number
  readonly key: {
    /** While one of these lasts, the key of then is refused. */
    readonly refusals: readonly { from: number; to: number }[]
    /** The key is a function, which may fail before it is calm, or answer the old one again. */
    readonly asked: boolean
    readonly failRate: number
  }
  /** Waits for everything so far; they change nothing. */
  readonly drains: readonly { at: number; timeoutMs?: number; abortAt?: number }[]
  readonly listenerThrows: boolean
  /** The end: waits so long, gives up the rest, tells the service. */
  readonly finalize: { at: number; timeoutMs: number }
  /** Everything is stopped from outside. */
  readonly cancelAt?: number
}

const KINDS: readonly Fault['kind'][] = [
  'refused',
  'cut-before',
  'cut-within',
  'cut-after',
  'lost',
  'mute',
  'portal',
  'status',
  'etag',
  'damage',
]
const OUTAGES: readonly Fault[] = [
  { kind: 'refused' },
  { kind: 'cut-before' },
  { kind: 'mute', acts: false },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, retryAfter: { seconds: 7, asDate: false } },
  { kind: 'portal' },
]

/** What the seed says. */
export function scriptOf(seed: number): Script {
  const random = new Random(seed)
  const kind = random.pick(['frames', 'frames', 'series'] as const)
  const count = random.int(1, random.chance(0.2) ? 120 : 40)
  const spread = random.pick([0, 5_000, 60_000])
  const calmAt = random.pick([0, 20_000, 60_000, 120_000, 600_000])
  const storm = Math.max(calmAt, 1)
  const items = itemsOf(random, kind, count, spread)
  // Late enough for every chunk, or in the middle of it all.
  const early = random.chance(0.25)
  return {
    seed,
    kind,
    service: random.pick(['ours', 'plain', 'plain', 'encrypting'] as const),
    maxUploads: random.pick([1, 1, 2, 3, 4, 8, 8]),
    items,
    calmAt,
    faultRate: random.pick([0, 0.1, 0.3, 0.6]),
    faults: random.chance(0.5) ? KINDS : [random.pick(KINDS), random.pick(KINDS)],
    latencyMs: [1, random.pick([5, 200, 2_000])],
    outages: Array.from({ length: random.pick([0, 0, 1, 2]) }, () => {
      const time = timeIn(random, storm)
      return { ...time, fault: random.pick(OUTAGES), at: random.pick(['both', 'both', 'api', 'store']) }
    }),
    urlLifeMs: random.pick([5_000, 30_000, 900_000]),
    key: {
      refusals: Array.from({ length: random.pick([0, 0, 1, 3]) }, () => timeIn(random, storm)),
      asked: random.chance(0.6),
      failRate: random.pick([0, 0.3]),
    },
    drains: Array.from({ length: random.int(0, 3) }, () => {
      const at = random.between(0, storm + spread)
      const timeoutMs = random.chance(0.6) ? random.between(0, storm) : undefined
      return { at, timeoutMs, abortAt: random.chance(0.2) ? at + random.between(0, storm) : undefined }
    }),
    listenerThrows: random.chance(0.2),
    finalize: early
      ? { at: spread + random.between(0, storm), timeoutMs: random.between(0, storm) }
      : { at: random.between(spread, spread + storm), timeoutMs: Infinity },
    cancelAt: random.chance(0.1) ? random.between(0, storm + spread) : undefined,
  }
}

/** Some time of the storm; often until its end, so that several things mend at once. */
function timeIn(random: Random, storm: number): { from: number; to: number } {
  const from = random.between(0, storm)
  return { from, to: random.chance(0.4) ? storm : Math.min(storm, from + random.between(0, storm)) }
}

function itemsOf(random: Random, kind: Script['kind'], count: number, spread: number): ScriptItem[] {
  const order = random.chance(0.3)
    ? random.shuffled(Array.from({ length: count }, (_, i) => i))
    : Array.from({ length: count }, (_, i) => i)
  const lanes = ['T', 'p', 'rate'].slice(0, random.int(1, 3))
  const badRate = random.pick([0, 0, 0.05])
  const echoes = random.chance(0.2)
  return order.map((index, id) => ({
    id,
    index,
    lanes:
      kind === 'frames' ? [] : random.chance(0.2) ? random.shuffled(lanes).slice(0, 2) : [random.pick(lanes)],
    at: random.between(0, spread),
    fate: random.chance(badRate) ? badFate(random) : 'sound',
    after: echoes && id > 0 && random.chance(0.3) ? random.int(0, id - 1) : undefined,
  }))
}

function badFate(random: Random): Fate {
  return random.chance(0.4) ? 'failing' : { refused: random.pick([400, 404, 413, 422, 451]) }
}
