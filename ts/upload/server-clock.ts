import { json, wrongAnswer } from './answers.js'
import type { IngestApi } from './api.js'
import type { HttpTransport } from './http.js'

/** The service's clock against this machine's, both in ms: service time = local time + offset. */
export interface ClockOffset {
  offsetMs: number
  /** Half of the shortest round trip. */
  uncertaintyMs: number
}

const SAMPLES = 4
const INTERVAL_MS = 2_000
const TIMEOUT_MS = 5_000
/** After so long a measurement is made anew by the next stream. */
const FRESH_MS = 600_000

/** Clocks by transport and root: all streamers of one service share one measurement. */
const shared = new WeakMap<HttpTransport, Map<string, ServerClock>>()

/**
 * Measures the service's clock as NTP does: of four samples two seconds apart, the one with the shortest round trip
 * counts. A service without a clock is harmless. Samples never keep a Node process alive.
 */
export class ServerClock {
  readonly #api: IngestApi
  #best: (ClockOffset & { atMs: number }) | undefined
  #first: Promise<void> | undefined
  #cancel: (() => void) | undefined
  readonly #stop = new AbortController()

  constructor(api: IngestApi) {
    this.#api = api
  }

  /** The clock that all streamers with this transport and root share. */
  static of(api: IngestApi): ServerClock {
    const roots = shared.get(api.transport) ?? new Map<string, ServerClock>()
    shared.set(api.transport, roots)
    const clock = roots.get(api.root) ?? new ServerClock(api)
    roots.set(api.root, clock)
    return clock
  }
}
