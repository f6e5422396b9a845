import { backoffMs } from './backoff.js'
import type { Fault } from './fault.js'
import { type Lane, Line } from './lane.js'
import { type Entry, entryOf, type PlanItem } from './plan-entry.js'

/** What has happened. */
export type PlanEvent =
  | { type: 'packaged'; item: PlanItem }
  | { type: 'url-got'; id: number }
  | { type: 'put-done'; id: number }
  /** The request of this item that was in flight failed. */
  | { type: 'failed'; id: number; fault: Fault }
  /** There is a key to try: a new one, or the same again. */
  | { type: 'key-renewed' }
  | { type: 'key-failed' }
  /** Time has passed. */
  | { type: 'time' }
  /** Say when everything so far is settled. */
  | { type: 'finalize' }
  | { type: 'cancelled' }

/** What to do now. `attempt` counts from 1. */
export type Intent =
  | { do: 'getUrl'; id: number; attempt: number }
  | { do: 'put'; id: number; attempt: number }
  | { do: 'giveUp'; id: number; fault: Fault }
  | { do: 'askKey' }
  /** Come back with `time` at `until`; each answer of the plan replaces what an earlier one said. */
  | { do: 'wait'; until: number }
  /** Everything is settled, as `finalize` asked. */
  | { do: 'end' }

/** Failures in a row, without a success between, that make an outage. */
const OUTAGE_AFTER = 3
/** An outage is probed at most so rarely, in ms: a probe is one request, and idling after an outage costs more. */
const LONGEST_PROBE_MS = 5_000
/** A probe without an answer for so long, in ms, gets a second one beside it. */
const SECOND_PROBE_MS = 10_000
const MOST_PROBES = 2
/** After an outage the waiting items start this far apart, in ms. */
const STAGGER_MS = 50
/** Longest wait of a suspect item after one failure, in ms (and how many strikes lead there). */
const LONGEST_SUSPECT_MS = 4_000
const MOST_STRIKES = 4
/** Tries after a refusal that a deploy or a proxy can cause in passing. */
const MOST_DOUBTS = 5

/**
 * The upload plan of one stream: which request goes out when. A pure state machine: it does no I/O and has no clock
 * and no randomness of its own, so the same events give the same intents.
 *
 * - At most `maxUploads` items are in flight, from asking for the URL to the end of the put; who waits holds no place.
 * - Each item backs off by itself. Three failures in a row, without a success between, are an *outage*: then only a
 *   probe goes out at a time (each time another item), and with the first success all that wait are due again.
 * - An item that fails again after others succeeded is *suspect*: its failures say nothing about the service, so it
 *   neither starts an outage nor is released by the end of one.
 * - An item that has failed goes after one that has not, where there is one: those that always fail hold up nobody.
 * - Where the key is refused nothing goes out until there is a key to try, and then one item goes first.
 */
export class UploadPlan {
  readonly #maxUploads: number
  readonly #entries = new Map<number, Entry>()
  readonly #lanes = new Map<string, Lane<Entry>>()
  /** Items that may go as far as their lanes are concerned (or could lately: checked again when one is taken). */
  readonly #candidates = new Line<Entry>()
  #inFlight = 0
  /** The item that was started last had failed before. */
  #suspectBefore = false
  #probes = 0
  /** Grows with every success. */
  #era = 0
  #failuresInARow = 0
  /** 0: no outage. */
  #outage = 0
  /** No probe before. */
  #gateAt = 0
  #key: { state: 'good' | 'asking' | 'trying' } | { state: 'refused'; askAt: number } = { state: 'good' }
  /** Grows with every refusal: what was sent before says nothing of the key of now. */
  #keyNumber = 0
  #refusals = 0
  #ending = false
  #cancelled = false

  constructor({ maxUploads }: { maxUploads: number }) {
    this.#maxUploads = maxUploads
  }

  /** Items neither stored nor given up. */
  get unsettled(): number {
    return this.#entries.size
  }

  /** The service refuses the key. */
  get paused(): boolean {
    return this.#key.state !== 'good'
  }

  /**
   * Take one event and answer what to do.
   * @param now ms; any zero, never going back
   * @param random 0 .. 1
   */
  on(event: PlanEvent, now: number, random: number): Intent[] {
    if (event.type === 'cancelled') this.#cancel()
    if (this.#cancelled) return []
    const intents: Intent[] = []
    this.#take(event, now, random, intents)
    if (this.#key.state === 'refused' && now >= this.#key.askAt) {
      this.#key = { state: 'asking' }
      intents.push({ do: 'askKey' })
    }
    for (let next = this.#next(now); next; next = this.#next(now)) intents.push(this.#start(next, now))
    if (this.#ending && this.#entries.size === 0) {
      this.#ending = false
      intents.push({ do: 'end' })
    }
    const until = this.#wakeAt()
    if (until < Infinity) intents.push({ do: 'wait', until })
    return intents
  }

  #take(event: PlanEvent, now: number, random: number, intents: Intent[]): void {
    switch (event.type) {
      case 'packaged':
        this.#add(event.item)
        return
      case 'url-got': {
        const entry = this.#entries.get(event.id)
        if (entry?.stage !== 'url') return
        entry.stage = 'put'
        entry.hasUrl = true
        this.#accepted(entry)
        intents.push({ do: 'put', id: entry.id, attempt: entry.attempts })
        return
      }
      case 'put-done': {
        const entry = this.#entries.get(event.id)
        if (entry?.stage !== 'put') return
        if (!entry.needsUrl) this.#accepted(entry)
        this.#land(entry, now)
        this.#settle(entry)
        this.#progress(now)
        return
      }
      case 'failed': {
        const entry = this.#entries.get(event.id)
        if (!entry || entry.stage === 'queued') return
        this.#land(entry, now)
        this.#fail(entry, event.fault, now, random, intents)
        return
      }
      case 'key-renewed':
        if (this.#key.state !== 'asking') return
        this.#key = { state: 'trying' }
        this.#gateAt = now
        return
      case 'key-failed':
        if (this.#key.state === 'asking') this.#refuseKey(now, random)
        return
      case 'finalize':
        this.#ending = true
    }
  }

  /** For good; what was on its way is nobody's any more. */
  #cancel(): void {
    this.#cancelled = true
    this.#entries.clear()
    this.#lanes.clear()
    this.#candidates.clear()
  }

  #add(item: PlanItem): void {
    const entry = entryOf(item)
    this.#entries.set(entry.id, entry)
    for (const lane of this.#lanesOf(entry)) lane.line.add(entry)
    this.#offer(entry)
  }

  /** The item's request is over, well or not. */
  #land(entry: Entry, now: number): void {
    entry.stage = 'queued'
    this.#inFlight--
    if (entry.probe) {
      this.#probes--
      // The next need not wait, unless this one has failed in passing.
      this.#gateAt = now
    }
    for (const lane of this.#lanesOf(entry)) lane.busy = false
    this.#offerHeads(entry)
  }

  #settle(entry: Entry): void {
    this.#entries.delete(entry.id)
    this.#candidates.remove(entry)
    for (const lane of this.#lanesOf(entry)) lane.line.remove(entry)
    this.#offerHeads(entry)
    for (const name of entry.lanes) if (!this.#lanes.get(name)!.line.head) this.#lanes.delete(name)
  }

  #fail(entry: Entry, fault: Fault, now: number, random: number, intents: Intent[]): void {
    switch (fault.kind) {
      case 'transient':
        this.#failInPassing(entry, fault.retryAfterMs ?? 0, now, random)
        return
      case 'stale-url':
        entry.hasUrl = false
        entry.staleUrls = entry.staleEra === this.#era ? entry.staleUrls + 1 : 1
        entry.staleEra = this.#era
        if (entry.staleUrls > 1) entry.notBefore = now + backoffMs(entry.staleUrls - 1, random)
        return
      case 'key-refused':
        if (entry.key === this.#keyNumber) this.#refuseKey(now, random)
        return
      case 'doubtful':
        entry.doubts++
        if (entry.doubts <= MOST_DOUBTS) {
          entry.notBefore = now + backoffMs(entry.doubts, random)
          return
        }
        break
    }
    this.#settle(entry)
    intents.push({ do: 'giveUp', id: entry.id, fault })
    // The service has answered and judged.
    this.#progress(now)
  }

  #failInPassing(entry: Entry, retryAfterMs: number, now: number, random: number): void {
    if (entry.era !== this.#era) {
      entry.era = this.#era
      entry.strikes++
      entry.failures = 0
    }
    entry.failures++
    entry.dueAt = now + backoffMs(entry.failures + Math.min(entry.strikes, MOST_STRIKES) - 1, random)
    entry.notBefore = now + retryAfterMs
    if (entry.strikes < 2 || entry.failures >= 2) this.#failuresInARow++
    if (this.#outage > 0) {
      // Requests from before this level's probe tell nothing new.
      if (entry.level === this.#outage) this.#outage++
    } else if (this.#failuresInARow >= OUTAGE_AFTER) {
      this.#outage = 2
    } else {
      return
    }
    // Not full jitter: a run of small numbers must not turn probing into hammering.
    const probeMs = backoffMs(this.#outage, 0.5 + random / 2, LONGEST_PROBE_MS)
    this.#gateAt = now + Math.max(probeMs, retryAfterMs)
  }

  #progress(now: number): void {
    if (this.#outage > 0) this.#release(now)
    this.#outage = 0
    this.#failuresInARow = 0
    this.#era++
  }

  /** The outage is over: what it has stopped starts again, a little apart; who is suspect waits its own time. */
  #release(now: number): void {
    let starts = 0
    for (const entry of this.#candidates) {
      if (entry.era !== this.#era) continue
      if (entry.strikes < 2) entry.dueAt = now + Math.min(starts++, this.#maxUploads) * STAGGER_MS
      else entry.dueAt = Math.min(entry.dueAt, now + LONGEST_SUSPECT_MS)
    }
  }

  #accepted(entry: Entry): void {
    if (entry.key !== this.#keyNumber) return
    this.#key = { state: 'good' }
    this.#refusals = 0
  }

  #refuseKey(now: number, random: number): void {
    this.#refusals++
    this.#keyNumber++
    this.#key = { state: 'refused', askAt: now + backoffMs(this.#refusals, random) }
  }

  /** Offer the item, or those that are the first of its lanes. */
  #offerHeads(entry: Entry): void {
    if (entry.lanes.length === 0) this.#offer(entry)
    for (const { line } of this.#lanesOf(entry)) if (line.head) this.#offer(line.head)
  }

  /** Put an item into the line of candidates, where its lanes let it go. */
  #offer(entry: Entry): void {
    if (entry.listed || !this.#free(entry)) return
    entry.listed = true
    this.#candidates.add(entry)
  }

  /** Not in flight, and the first of all its lanes. */
  #free(entry: Entry): boolean {
    return (
      entry.stage === 'queued' && this.#lanesOf(entry).every((lane) => !lane.busy && lane.line.head === entry)
    )
  }

  #lanesOf(entry: Entry): Lane<Entry>[] {
    return entry.lanes.map((name) => {
      const lane = this.#lanes.get(name) ?? { line: new Line<Entry>(), busy: false }
      this.#lanes.set(name, lane)
      return lane
    })
  }

  get #probing(): boolean {
    return this.#outage > 0 || this.#key.state === 'trying'
  }

  /** The item that shall go now. */
  #next(now: number): Entry | undefined {
    if (this.#inFlight >= this.#maxUploads) return undefined
    if (this.#key.state === 'refused' || this.#key.state === 'asking') return undefined
    if (this.#probing && (now < this.#gateAt || this.#probes >= MOST_PROBES)) return undefined
    let best: Entry | undefined
    for (const entry of this.#candidates) {
      if (this.#startsAt(entry) > now || !this.#free(entry)) continue
      if (this.#outage > 0) {
        // Probe with another item each time, and with the last ones first: all of the first may be the fault.
        if (!best || this.#triesThisEra(entry) <= this.#triesThisEra(best)) best = entry
        continue
      }
      // Of those that have failed before, every other one: good ones behind them shall not starve.
      if (entry.strikes === 0 || !this.#suspectBefore) return entry
      best ??= entry
    }
    return best
  }

  #startsAt(entry: Entry): number {
    return this.#outage > 0 ? entry.notBefore : Math.max(entry.dueAt, entry.notBefore)
  }

  #triesThisEra(entry: Entry): number {
    return entry.era === this.#era ? entry.failures : 0
  }

  #start(entry: Entry, now: number): Intent {
    this.#candidates.remove(entry)
    entry.listed = false
    for (const lane of this.#lanesOf(entry)) lane.busy = true
    this.#inFlight++
    this.#suspectBefore = entry.strikes > 0
    entry.attempts++
    entry.key = this.#keyNumber
    entry.level = this.#outage
    entry.probe = this.#probing
    if (entry.probe) {
      this.#probes++
      this.#gateAt = now + SECOND_PROBE_MS
    }
    entry.stage = entry.needsUrl && !entry.hasUrl ? 'url' : 'put'
    return { do: entry.stage === 'url' ? 'getUrl' : 'put', id: entry.id, attempt: entry.attempts }
  }

  /** When something can go that cannot go now. */
  #wakeAt(): number {
    if (this.#key.state === 'refused') return this.#key.askAt
    if (this.#key.state === 'asking' || this.#inFlight >= this.#maxUploads) return Infinity
    if (this.#probing && this.#probes >= MOST_PROBES) return Infinity
    let at = Infinity
    for (const entry of this.#candidates) {
      if (this.#free(entry)) at = Math.min(at, this.#startsAt(entry))
    }
    return this.#probing ? Math.max(at, this.#gateAt) : at
  }
}
