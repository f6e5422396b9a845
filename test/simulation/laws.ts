import { FramewireError, hasCode } from '../../ts/errors.js'
import type { HttpAnswer } from '../../ts/upload/http.js'
import type { Stored } from '../../ts/upload/shard-put.js'
import type { Script, ScriptItem } from './script.js'
import { bytesOf, type Call, type Ending, md5, type Service } from './service.js'

/** What became of a chunk, as its caller was told. */
export type Outcome = { stored: Stored } | { error: Error }

/** What is known of a chunk on its way. */
interface Known {
  /** Requests of it in flight. */
  flying: number
  outcome?: Outcome
  /** No request before, as the service said. */
  notBefore: number
  /** Answers that say no for good, and such that may pass. */
  refusals: number
  doubts: number
  /** ETags in a row that were not the MD5 of the bytes. */
  otherEtags: number
  added: boolean
}

const FINAL = [400, 409, 413, 422]
const TRANSIENT = [408, 425, 429]
const STALE = [401, 403, 404, 410]
const LONGEST_RETRY_AFTER_MS = 300_000
const MOST_PROBES = 2

/**
 * The laws of uploading, checked at every step by what goes over the wire and what callers are told, without a look
 * into the plan. What is broken first is kept: whatever threw inside of the driver would be taken for a fault.
 */
export class Laws {
  broken: string | undefined
  readonly #script: Script
  readonly #known = new Map<ScriptItem, Known>()
  readonly #staleUrls = new Set<string>()
  /** Chunks that the driver has and is not done with. */
  readonly #waiting = new Set<ScriptItem>()
  /** What is on the wire. */
  readonly #lanes = new Map<string, ScriptItem>()
  /** How often a key was refused, what is known of the one of now, and after how many a request went out. */
  #keys = 0
  #key: 'accepted' | 'trying' | 'refused' = 'accepted'
  readonly #keyOf = new Map<Call, number>()
  #trying = 0
  #cancelled = false
  #startsInOutage = new Map<object, number>()

  constructor(script: Script) {
    this.#script = script
    for (const item of script.items) {
      this.#known.set(item, {
        flying: 0,
        notBefore: 0,
        refusals: 0,
        doubts: 0,
        otherEtags: 0,
        added: false,
      })
    }
  }

  /** A law is broken; the first is kept. */
  break(law: string): void {
    this.broken ??= law
  }

  added(item: ScriptItem): void {
    this.#of(item).added = true
    this.#waiting.add(item)
  }

  cancelled(): void {
    this.#cancelled = true
  }

  keyRenewed(): void {
    this.#key = 'trying'
    this.#trying = 0
  }

  /** Chunks that were added and of which the caller has not heard. */
  get open(): ScriptItem[] {
    return [...this.#known].filter(([, { added, outcome }]) => added && !outcome).map(([item]) => item)
  }

  outcome(item: ScriptItem): Outcome | undefined {
    return this.#of(item).outcome
  }

  /** Until when the service has asked not to be asked. */
  get latestRetryAfter(): number {
    return Math.max(0, ...[...this.#known.values()].map(({ notBefore }) => notBefore))
  }

  /** Whether something is on the wire. */
  get busy(): boolean {
    return [...this.#known.values()].some(({ flying }) => flying > 0)
  }

  sent(call: Call, now: number): void {
    if (call.what === 'end') {
      const open = this.open
      if (open.length > 0) this.break(`the end was told while chunks ${ids(open)} were open`)
      return
    }
    const item = call.item
    if (!item) {
      this.break(`a request for a chunk that does not exist: ${call.url}`)
      return
    }
    const known = this.#of(item)
    if (this.#cancelled) this.break(`chunk ${item.id} was sent after the stream was cancelled`)
    if (known.outcome) this.break(`chunk ${item.id} was sent after it was settled`)
    if (known.flying > 0) this.break(`chunk ${item.id} was sent twice at a time`)
    if (now < known.notBefore) {
      this.break(`chunk ${item.id} was sent ${Math.round(known.notBefore - now)} ms before Retry-After`)
    }
    if (call.what === 'put' && this.#staleUrls.has(call.url)) {
      this.break(`chunk ${item.id} was put to a URL that the store had refused`)
    }
    known.flying++
    for (const lane of item.lanes) {
      const other = this.#lanes.get(lane)
      if (other) this.break(`lane ${lane} carried chunks ${other.id} and ${item.id} at a time`)
      this.#lanes.set(lane, item)
    }
    this.#startWithKey(call)
    const flying = [...this.#known.values()].filter(({ flying }) => flying > 0).length
    if (flying > this.#script.maxUploads) this.break(`${flying} chunks were in flight`)
    for (const outage of this.#script.outages) {
      if (now < outage.from || now >= outage.to || outage.at !== 'both') continue
      const starts = (this.#startsInOutage.get(outage) ?? 0) + 1
      this.#startsInOutage.set(outage, starts)
      // Those in flight, those that took their places, a probe every 2 s at most; the other half of a pair of requests.
      const most = 3 * this.#script.maxUploads + 20 + (outage.to - outage.from) / 1000
      if (starts > most) this.break(`${starts} requests in an outage of ${outage.to - outage.from} ms`)
    }
  }

  ended(call: Call, ending: Ending, now: number): void {
    const { item } = call
    if (!item) return
    const known = this.#of(item)
    known.flying--
    for (const lane of item.lanes) this.#lanes.delete(lane)
    if (!('answer' in ending)) {
      this.#endedWithKey(call, undefined)
      return
    }
    const { status, headers, text } = ending.answer
    const proper = status < 300 && !text.startsWith('<')
    this.#endedWithKey(call, proper ? 'accepted' : status === 401 ? 'refused' : undefined)
    if (call.what === 'put') {
      if (STALE.includes(status)) this.#staleUrls.add(call.url)
      if (proper) {
        const etag = headers.etag?.replaceAll('"', '')
        known.otherEtags = etag === undefined || etag === md5(bytesOf(item)) ? 0 : known.otherEtags + 1
      }
    }
    this.#judge(call, known, ending.answer, now)
  }

  /** What an answer allows from now on. */
  #judge(call: Call, known: Known, { status, headers }: HttpAnswer, now: number): void {
    if (status < 300) return
    if (TRANSIENT.includes(status) || status >= 500) {
      const given = headers['retry-after']
      if (given === undefined) return
      const ms = Number.isNaN(Number(given))
        ? Date.parse(given) - Date.parse(headers.date!)
        : Number(given) * 1000
      known.notBefore = now + Math.min(ms, LONGEST_RETRY_AFTER_MS)
      return
    }
    if (call.what === 'put') {
      if (STALE.includes(status)) return
      if (status === 413) known.refusals++
      else known.doubts++
      return
    }
    if (status === 401 || status === 403) return
    if (FINAL.includes(status)) known.refusals++
    else known.doubts++
  }

  /** Whether the caller was told rightly what became of a chunk. */
  settled(item: ScriptItem, outcome: Outcome, service: Service): void {
    const known = this.#of(item)
    if (known.outcome) this.break(`chunk ${item.id} was settled twice`)
    known.outcome = outcome
    if ('stored' in outcome) {
      const held = service.stored.get(item)
      if (!held) this.break(`chunk ${item.id} was told to be stored and is not`)
      // A store that encrypts tells another MD5 twice: there the status is all the proof there is, and it says so.
      const sound = held && Buffer.compare(held, bytesOf(item)) === 0
      if (outcome.stored.proof === 'md5' && !sound) this.break(`chunk ${item.id} is stored with other bytes`)
      if (!sound && known.otherEtags < 2) this.break(`chunk ${item.id} was damaged and not put again`)
      return
    }
    const { error } = outcome
    if (this.#cancelled && hasCode(error, 'upload/undrained')) return
    const permanent =
      (hasCode(error, 'upload/rejected') && (known.refusals > 0 || known.doubts > 5)) ||
      (hasCode(error, 'upload/etag-mismatch') && known.otherEtags >= 2)
    if (!permanent) this.break(`chunk ${item.id} was given up without a reason: ${error.message}`)
  }

  /** The driver has begun with a chunk, or begun again: of those that wait in its lanes it is the lowest. */
  started(item: ScriptItem): void {
    if (this.#key === 'refused') this.break(`chunk ${item.id} began while the key was refused`)
    for (const lane of item.lanes) {
      const before = [...this.#waiting].find(
        (one) =>
          one.lanes.includes(lane) &&
          (one.index < item.index || (one.index === item.index && one.id < item.id)),
      )
      if (before) this.break(`in lane ${lane} chunk ${item.id} overtook chunk ${before.id}`)
    }
  }

  /** The driver is done with a chunk. */
  done(item: ScriptItem): void {
    this.#waiting.delete(item)
  }

  /** Nothing that bears the key goes out while it is refused; a new one is tried by a few. */
  #startWithKey(call: Call): void {
    if (call.key === undefined) return
    this.#keyOf.set(call, this.#keys)
    if (this.#key === 'refused') this.break(`chunk ${call.item!.id} was sent with a key that was refused`)
    if (this.#key !== 'trying') return
    this.#trying++
    if (this.#trying > MOST_PROBES) this.break(`${this.#trying} chunks tried a key at a time`)
  }

  #endedWithKey(call: Call, heard: 'accepted' | 'refused' | undefined): void {
    const keys = this.#keyOf.get(call)
    this.#keyOf.delete(call)
    // An answer to a request from before the last refusal says nothing of the key of now.
    if (keys !== this.#keys) return
    if (this.#key === 'trying') this.#trying--
    if (heard) this.#key = heard
    if (heard === 'refused') this.#keys++
  }

  #of(item: ScriptItem): Known {
    return this.#known.get(item)!
  }
}

/** Why a stream was given up as a whole. */
export function undrained(): FramewireError<'upload/undrained'> {
  return new FramewireError('upload/undrained', 'finalized before it was stored', {
    dataId: 'sim',
    pending: [],
  })
}

export function ids(items: readonly ScriptItem[]): string {
  return items.map(({ id }) => id).join(', ')
}
