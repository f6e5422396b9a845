import { IngestApi } from '../../ts/upload/api.js'
import { UploadDriver, type UploadProgress } from '../../ts/upload/driver.js'
import { type Intent, type PlanEvent, UploadPlan } from '../../ts/upload/plan.js'
import { endRheedStream, requestUploadUrl } from '../../ts/upload/rheed-requests.js'
import { putShard } from '../../ts/upload/shard-put.js'
import { VirtualClock } from './clock.js'
import { ids, Laws, undrained } from './laws.js'
import { Random } from './random.js'
import type { Script, ScriptItem } from './script.js'
import { bytesOf, type Call, type Ending, keyAt, md5, Service } from './service.js'

/** The plan as it answers an event; what a mutant changes. */
export type Answering = (event: PlanEvent, now: number, random: number) => Intent[]
/** A bug planted on purpose: made once for each plan. */
export type Mutant = (answer: Answering, plan: UploadPlan) => Answering

/** What was sent, heard or told. */
export interface Note {
  /** Ms from the beginning. */
  at: number
  what: string
  chunk?: number
}

/** What a run left behind. */
export interface Run {
  trace: readonly Note[]
  /** The first law that was broken. */
  broken?: string
}

/** More steps than any sound run takes. */
const MOST_STEPS = 100_000
/** A URL, and a put that is repeated because of its ETag. */
const MOST_REQUESTS = 3
/** When all is well, the wire is not idle for longer while something waits. */
const LONGEST_IDLE_MS = 1_000

/** Play a script to its end, with the plan as it is or with a bug. */
export async function simulate(script: Script, mutant: Mutant = (answer) => answer): Promise<Run> {
  const sound = UploadPlan.prototype.on
  const planned: { plan?: UploadPlan } = {}
  let answer: Answering | undefined
  UploadPlan.prototype.on = function (...event) {
    planned.plan = this
    answer ??= mutant((...given) => sound.apply(this, given), this)
    return answer(...event)
  }
  try {
    return await new World(script, planned).run()
  } finally {
    UploadPlan.prototype.on = sound
  }
}

/** The driver with its plan, the requests behind it, and a service: one stream, from its first chunk to its end. */
class World {
  readonly #script: Script
  readonly #clock = new VirtualClock()
  readonly #laws: Laws
  readonly #service: Service
  readonly #api: IngestApi
  readonly #driver: UploadDriver<ScriptItem>
  readonly #random: Random
  readonly #trace: Note[] = []
  readonly #planned: { plan?: UploadPlan }
  readonly #told: Promise<void>[] = []
  /** Since when nothing is on the wire although all is well and something waits. */
  #idleSince = Infinity
  #openDrains = 0
  #finalized: 'no' | 'waiting' | 'ended' | 'not told' = 'no'

  constructor(script: Script, planned: { plan?: UploadPlan }) {
    const random = new Random(script.seed ^ 0x5eed)
    this.#script = script
    this.#planned = planned
    this.#random = random.fork()
    this.#laws = new Laws(script)
    const clock = this.#clock
    this.#service = new Service({ script, clock, random: random.fork(), listener: this })
    const jitter = random.fork()
    this.#api = new IngestApi({
      apiKey: script.key.asked ? () => this.#askedKey() : 'key',
      endpoint: 'https://ingest.sim',
      transport: this.#service.transport,
      clock,
      random: () => jitter.next(),
    })
    this.#driver = this.#makeDriver()
  }

  /** Play the script, and everything that follows from it, to the end; stop where a law is broken. */
  async run(): Promise<Run> {
    const { items, drains, finalize, cancelAt } = this.#script
    const at = (time: number, then: () => void) => void this.#clock.after(time, then)
    for (const item of items) if (item.after === undefined) at(item.at, () => this.#add(item))
    for (const drain of drains) at(drain.at, () => void this.#drain(drain))
    at(finalize.at, () => void this.#finalize())
    if (cancelAt !== undefined) at(cancelAt, () => this.#cancel())
    let steps = 0
    while (!this.#laws.broken && (await this.#clock.step())) {
      this.#check()
      if (++steps > MOST_STEPS) this.#laws.break('it does not come to rest')
    }
    if (!this.#laws.broken) this.#checkEnd()
    return { trace: this.#trace, broken: this.#laws.broken }
  }

  sent(call: Call): void {
    this.#note(`sent ${call.what}`, call.item)
    this.#laws.sent(call, this.#clock.now())
  }

  ended(call: Call, ending: Ending): void {
    const heard = 'answer' in ending ? ending.answer.status : ending.failed
    this.#note(`heard ${heard} to ${call.what}`, call.item)
    this.#laws.ended(call, ending, this.#clock.now())
  }

  acted(call: Call): void {
    this.#note(`acted ${call.what}`, call.item)
  }

  #makeDriver(): UploadDriver<ScriptItem> {
    const { kind, maxUploads } = this.#script
    const api = this.#api
    const shared = {
      maxUploads,
      askKey: async () => {
        await api.renewKey()
        this.#note('a key to try')
        this.#laws.keyRenewed()
      },
      onProgress: (progress: UploadProgress<ScriptItem>) => this.#heard(progress),
      clock: this.#clock,
      random: api.random,
    }
    const body = ({ id }: ScriptItem) => JSON.stringify({ id })
    if (kind === 'series') {
      return new UploadDriver<ScriptItem>({
        ...shared,
        put: async (item, _url, signal) => {
          await api.send({ method: 'POST', path: '/chunk', body: body(item), signal })
          return { proof: 'status' }
        },
      })
    }
    return new UploadDriver<ScriptItem>({
      ...shared,
      getUrl: (item, signal) => requestUploadUrl(api, item.index, body(item), signal),
      put: (item, url, signal) => {
        const bytes = bytesOf(item)
        const shard = { index: item.index, body: [bytes], bytes: bytes.length, md5: md5(bytes) }
        return putShard(api, url, shard, signal)
      },
    })
  }

  #add(item: ScriptItem): void {
    if (this.#finalized !== 'no') return
    this.#note('added', item)
    this.#laws.added(item)
    const told = this.#driver.add(item).then(
      (stored) => this.#laws.settled(item, { stored }, this.#service),
      (error: Error) => this.#laws.settled(item, { error }, this.#service),
    )
    this.#told.push(told)
  }

  #heard(progress: UploadProgress<ScriptItem>): void {
    const { type } = progress
    this.#note(`told ${type}`, 'item' in progress ? progress.item : undefined)
    if (type === 'started') this.#laws.started(progress.item)
    if (type === 'stored' || type === 'given-up') this.#laws.done(progress.item)
    if (type === 'stored') {
      for (const item of this.#script.items) if (item.after === progress.item.id) this.#add(item)
    }
    if (this.#script.listenerThrows) throw new Error('a listener fails')
  }

  /** What the caller's function makes of the question for a key. */
  async #askedKey(): Promise<string> {
    const { key, calmAt } = this.#script
    await new Promise<void>((resolve) => this.#clock.after(this.#random.between(0, 500), resolve))
    const now = this.#clock.now()
    if (now < calmAt && this.#random.chance(key.failRate)) {
      if (this.#random.chance(0.5)) throw new Error('no key today')
      return 'key-0'
    }
    return keyAt(this.#script, now)
  }

  async #drain({ timeoutMs, abortAt }: { timeoutMs?: number; abortAt?: number }): Promise<void> {
    const before = this.#laws.open
    const from = this.#clock.now()
    const stop = new AbortController()
    if (abortAt !== undefined) this.#clock.after(abortAt - from, () => stop.abort())
    this.#openDrains++
    const drained = await this.#driver.drain({ timeoutMs, signal: stop.signal }).catch(() => undefined)
    this.#openDrains--
    this.#note(drained ? (drained.pending.length > 0 ? 'drained in part' : 'drained') : 'wait aborted')
    const late = timeoutMs !== undefined && this.#clock.now() >= from + timeoutMs
    const open = before.filter((item) => drained?.pending.includes(item))
    if (drained && !late && open.length > 0) {
      this.#laws.break(`the wait ended early, with chunks ${ids(open)} pending`)
    }
    if (!drained && !stop.signal.aborted) this.#laws.break('the wait failed')
  }

  /** As the streamers end a stream. */
  async #finalize(): Promise<void> {
    if (this.#finalized !== 'no') return
    this.#finalized = 'waiting'
    const from = this.#clock.now()
    // The chunks that always fail would be waited for for ever; the others are stored by then, or a law is broken.
    const timeoutMs = Math.min(this.#script.finalize.timeoutMs, this.#deadline() - from + 60_000)
    await this.#drain({ timeoutMs })
    if (this.#driver.state.pending.length > 0) this.#cancel()
    // The end must not be told before every caller has heard.
    await Promise.allSettled(this.#told)
    this.#finalized = await endRheedStream(this.#api, 'sim').then(
      () => 'ended' as const,
      () => 'not told' as const,
    )
    this.#note(`finalized: ${this.#finalized}`)
  }

  #cancel(): void {
    this.#note('cancelled')
    this.#laws.cancelled()
    this.#driver.cancel(undrained())
  }

  /** After every step. */
  #check(): void {
    const laws = this.#laws
    const { pending } = this.#driver.state
    const open = laws.open
    const now = this.#clock.now()
    if (pending.length !== open.length) laws.break(`${pending.length} chunks pend, ${open.length} are open`)
    const unsettled = this.#planned.plan?.unsettled ?? 0
    if (unsettled !== pending.length) laws.break(`the plan keeps ${unsettled} of ${pending.length} chunks`)
    if (pending.length === 0 && this.#openDrains > 0) laws.break('all is settled, and the wait goes on')
    const late = now > this.#recovered()
    const waiting = late ? this.#storable(open) : []
    if (waiting.length > 0 && now > this.#deadline()) {
      laws.break(`it is calm since ${this.#script.calmAt} ms, and chunks ${ids(waiting)} are not stored`)
    }
    if (now > this.#idleSince + LONGEST_IDLE_MS) {
      laws.break(`it was idle for ${now - this.#idleSince} ms while chunks waited`)
    }
    const bad = open.some(({ fate }) => fate !== 'sound')
    if (waiting.length === 0 || bad || laws.busy) this.#idleSince = Infinity
    else this.#idleSince = Math.min(this.#idleSince, now)
  }

  /** When all is at rest. */
  #checkEnd(): void {
    const { items } = this.#script
    const { open } = this.#laws
    if (open.length > 0) this.#laws.break(`nothing happens any more, and chunks ${ids(open)} are open`)
    if (this.#finalized === 'waiting') this.#laws.break('nothing happens any more, and the end is waited for')
    if (this.#finalized === 'ended' && !this.#service.ended) this.#laws.break('the end was not told')
    for (const item of items) {
      const bytes = this.#service.stored.get(item)
      if (bytes && Buffer.compare(bytes, bytesOf(item)) !== 0) {
        const outcome = this.#laws.outcome(item)
        const proof = outcome && 'stored' in outcome && outcome.stored.proof
        if (proof === 'md5') this.#laws.break(`other bytes lie where chunk ${item.id} was`)
      }
    }
  }

  /** Of what is open, that which is to be stored when it is calm: sound, and behind none that always fails in its lanes. */
  #storable(open: readonly ScriptItem[]): ScriptItem[] {
    const blocked = new Set<string>()
    const inOrder = [...open].sort((a, b) => a.index - b.index || a.id - b.id)
    return inOrder.filter(({ fate, lanes }) => {
      const waits = lanes.some((lane) => blocked.has(lane))
      if (fate === 'failing' || waits) for (const lane of lanes) blocked.add(lane)
      return fate === 'sound' && !waits
    })
  }

  /** By when nothing of the storm keeps anything waiting: the last request to fail ends, then a back-off. */
  #recovered(): number {
    const { calmAt, items, faults, outages, latencyMs } = this.#script
    const begun = Math.max(calmAt, this.#laws.latestRetryAfter, ...items.map(({ at }) => at))
    const mute = faults.includes('mute') || outages.some(({ fault }) => fault.kind === 'mute')
    return begun + (mute ? 60_000 : 2 * latencyMs[1]) + 31_000
  }

  /** By when everything that can be stored has to be; chunks that always fail take their turns too. */
  #deadline(): number {
    const { items, latencyMs, kind, maxUploads } = this.#script
    const turns = kind === 'series' ? items.length : items.length / maxUploads + 1
    const failing = items.filter(({ fate }) => fate === 'failing').length
    const longestMs = MOST_REQUESTS * (2 * latencyMs[1] + 50)
    return this.#recovered() + turns * longestMs * (failing > 0 ? 3 : 1)
  }

  #note(what: string, item?: ScriptItem): void {
    this.#trace.push({ at: this.#clock.now(), what, chunk: item?.id })
  }
}
