/** What a client asks of an ingest service, as far as a fault can be aimed at it. */
export const OPERATIONS = [
  'initialize',
  'sample',
  'tags',
  'upload URL',
  'PUT',
  'end',
  'timeseries initialize',
  'timeseries chunk',
  'timeseries multi chunk',
  'timeseries finalize',
] as const

export type Operation = (typeof OPERATIONS)[number]

/** A request as its first line tells. */
export interface RequestLine {
  method: string
  /** Path and query. */
  target: string
}

/** Paths as patterns; where there are steps or an index, which one it is. */
const KNOWN: readonly [method: string, path: RegExp, operation: Operation, occurrence?: number | 'index'][] =
  [
    ['POST', /^\/rheed\/stream\/?$/, 'initialize'],
    ['POST', /^\/rheed\/stream\/[^/]+\/end$/, 'end'],
    ['GET', /^\/physical_samples\/?$/, 'sample', 0],
    ['POST', /^\/physical_samples\/?$/, 'sample', 1],
    ['POST', /^\/data_entries\/physical_sample\/?$/, 'sample', 2],
    ['GET', /^\/tags\/?$/, 'tags', 0],
    ['POST', /^\/tags\/?$/, 'tags', 1],
    ['POST', /^\/tags\/data-items\/?$/, 'tags', 2],
    ['POST', /upload_urls\/?\?.*frames%2Fc%2F(\d+)%2F/, 'upload URL', 'index'],
    ['PUT', /^\/framewire\/v1\/uploads\/[^/]+\/(\d+)\?/, 'PUT', 'index'],
    ['POST', /^\/tool-state\/stream\/initialize$/, 'timeseries initialize'],
    ['POST', /^\/tool-state\/stream\/chunk$/, 'timeseries chunk'],
    ['POST', /^\/tool-state\/stream\/chunk\/multi$/, 'timeseries multi chunk'],
    ['POST', /^\/tool-state\/stream\/[^/]+\/finalize$/, 'timeseries finalize'],
  ]

/**
 * The operation of a request; the occurrence where the request itself tells which one it is (a step, or the index of a
 * chunk). Undefined for what no fault is aimed at (the clock).
 */
export function operationOf({
  method,
  target,
}: RequestLine): { operation: Operation; occurrence?: number } | undefined {
  const path = target.replace(/^\/+/, '/')
  for (const [itsMethod, pattern, operation, step] of KNOWN) {
    const found = itsMethod === method && pattern.exec(path)
    if (!found) continue
    return { operation, occurrence: step === 'index' ? Number(found[1]) : step }
  }
}

/** Numbers the requests of each operation, from 0. */
export class Occurrences {
  readonly #answered = new Map<Operation, number>()

  /** Which one of its operation a request is; a request that is sent again has the same number. */
  of(request: RequestLine): { operation: Operation; occurrence: number } | undefined {
    const found = operationOf(request)
    if (!found) return undefined
    const { operation } = found
    // Where the request does not tell, those count that were answered before.
    return { operation, occurrence: found.occurrence ?? this.#answered.get(operation) ?? 0 }
  }

  /** The client gets a whole answer to this request. */
  answered(request: RequestLine): void {
    const operation = operationOf(request)?.operation
    if (operation) this.#answered.set(operation, (this.#answered.get(operation) ?? 0) + 1)
  }
}

/** One request of a run that is to meet a fault, so many times in a row. */
export class Aim {
  readonly operation: Operation
  readonly occurrence: number
  readonly times: number
  /** How often it has met the fault. */
  met = 0
  readonly #occurrences = new Occurrences()

  constructor(operation: Operation, occurrence: number, times: number) {
    this.operation = operation
    this.occurrence = occurrence
    this.times = times
  }

  /** Whether this request is to meet the fault. */
  isAt(request: RequestLine): boolean {
    const { operation, occurrence } = this.#occurrences.of(request) ?? {}
    return this.met < this.times && operation === this.operation && occurrence === this.occurrence
  }

  /** Whether this request meets the fault now. */
  takes(request: RequestLine): boolean {
    if (!this.isAt(request)) return false
    this.met++
    return true
  }

  /** The client gets a whole answer to this request. */
  answered(request: RequestLine): void {
    this.#occurrences.answered(request)
  }
}
