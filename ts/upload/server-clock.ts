import { json, wrongAnswer } from './answers.js'
import type { IngestApi } from './api.js'
import { sleep } from './clock.js'
import type { HttpTransport } from './http.js'

/** The service's clock against this machine's, both in ms: service time = local time + offset. */
export interface ClockOffset {
  offsetMs: number
  /** Half of the shortest round trip. */
  uncertaintyMs: number
}

const SAMPLES = 4
const INTERVAL_MS = 2_000
/** How long `initialize` of a streamer waits for the first sample, in ms, so that the first chunk has it. */
export const CLOCK_WAIT_MS = 1_000

const TIMEOUT_MS = 5_000
/** A measurement older than this is made anew when the next stream begins. */
const FRESH_MS = 600_000
/** When this machine's clock has moved so far against its monotonic one, it was set, or the machine slept. */
const STEP_MS = 1_000

/** Clocks by transport and root: all streamers of one service share one measurement. */
const shared = new WeakMap<HttpTransport, Map<string, ServerClock>>()

/**
 * Measures the service's clock as NTP does: of four samples two seconds apart, the one with the shortest round trip
 * counts. A service without a clock is harmless, and the samples do not keep a Node process alive.
 */
export class ServerClock {
  readonly #api: IngestApi
  /** `aheadMs`: how far this machine's clock was before its monotonic one. */
  #best: (ClockOffset & { atMs: number; aheadMs: number }) | undefined
  #ours = false
  #users = 0
  #run: { first: Promise<void>; stop: AbortController } | undefined

  /** A clock of its own; streamers take {@link ServerClock.of}. */
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

  /**
   * The measurement, as soon as there is one. One from before this machine's clock was set says nothing any more: it is
   * dropped, and made anew for those who use it.
   */
  get offset(): ClockOffset | undefined {
    const { clock } = this.#api
    if (this.#best && Math.abs(clock.wall() - clock.now() - this.#best.aheadMs) > STEP_MS) {
      this.#best = undefined
      if (this.#users > 0 && !this.#run) this.#begin()
    }
    return this.#best && { offsetMs: this.#best.offsetMs, uncertaintyMs: this.#best.uncertaintyMs }
  }

  /** Whether an answer has shown that the server is framewire's own. */
  get ours(): boolean {
    return this.#ours
  }

  /** Begin to measure, where that was not done lately. When every user has called the answer, measuring stops. */
  use(): () => void {
    this.#users++
    const now = this.#api.clock.now()
    const isFresh = this.offset && now - this.#best!.atMs < FRESH_MS
    if (!this.#run && !isFresh) this.#begin()
    let released = false
    return () => {
      if (released) return
      released = true
      this.#users--
      if (this.#users > 0) return
      this.#run?.stop.abort()
      this.#run = undefined
    }
  }

  /** Wait until the first sample was answered or has failed, but no longer than `ms`. */
  async settled(ms: number): Promise<void> {
    if (!this.#run || this.#best) return
    const { clock } = this.#api
    await new Promise<void>((resolve) => {
      const cancel = clock.after(ms, resolve)
      this.#run!.first.then(() => {
        cancel()
        resolve()
      })
    })
  }

  #begin(): void {
    const stop = new AbortController()
    const first = this.#sample(stop.signal)
    const run = { first: first.then(() => undefined), stop }
    this.#run = run
    const rest = async () => {
      let known = await first
      for (let sample = 1; known && sample < SAMPLES; sample++) {
        await sleep(this.#api.clock, INTERVAL_MS, stop.signal, { background: true })
        known = await this.#sample(stop.signal)
      }
    }
    rest()
      .catch(() => undefined) // stopped
      .finally(() => {
        if (this.#run === run) this.#run = undefined
      })
  }

  /** Whether the service has a clock, as far as this sample shows. */
  async #sample(signal: AbortSignal): Promise<boolean> {
    const { transport, root, clock } = this.#api
    const asked = { method: 'GET', url: `${root}/gateway/time` } as const
    const headers = { 'cache-control': 'no-store' }
    const sentWall = clock.wall()
    const sent = clock.now()
    try {
      const answer = await transport({ ...asked, headers, signal, timeoutMs: TIMEOUT_MS })
      // Wall time by the monotonic clock: it has a finer tick and is not set in between.
      const back = sentWall + (clock.now() - sent)
      if (answer.headers['x-framewire'] === '1') this.#ours = true
      if (answer.status !== 200) return false
      const { receivedAtUnixMs: received, transmittedAtUnixMs: transmitted } = (json(asked, answer.text) ??
        {}) as Record<string, unknown>
      if (!isTime(received) || !isTime(transmitted)) throw wrongAnswer(asked, 'has no times')
      const uncertaintyMs = Math.max(0, back - sentWall - (transmitted - received)) / 2
      if (!this.#best || uncertaintyMs < this.#best.uncertaintyMs || sent - this.#best.atMs >= FRESH_MS) {
        const offsetMs = (received - sentWall + (transmitted - back)) / 2
        this.#best = { offsetMs, uncertaintyMs, atMs: sent, aheadMs: sentWall - sent }
      }
      return true
    } catch (error) {
      // A sample that was lost on the way says nothing about the service.
      return (error as { code?: unknown }).code === 'upload/unreachable'
    }
  }
}

/** Whether the environment says that clocks shall not be measured (`ATOMSCALE_SKIP_CLOCK_SYNC=1`). */
export function clockSyncSkipped(): boolean {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.ATOMSCALE_SKIP_CLOCK_SYNC === '1'
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
