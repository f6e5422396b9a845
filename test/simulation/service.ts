import { createHash } from 'node:crypto'
import { FramewireError } from '../../ts/errors.js'
import type { Clock } from '../../ts/upload/clock.js'
import { aborted, type HttpAnswer, type HttpRequest, type HttpTransport } from '../../ts/upload/http.js'
import type { Random } from './random.js'
import type { Fault, Script, ScriptItem } from './script.js'

/** A request as the service understands it. */
export interface Call {
  what: 'url' | 'put' | 'chunk' | 'end'
  /** Of the chunk; not for the end. */
  item?: ScriptItem
  url: string
  key?: string
}

/** How a request ended for the client. */
export type Ending = { answer: HttpAnswer } | { failed: 'unreachable' | 'aborted' }

/** Whoever wants to know what goes over the wire. */
export interface Listener {
  sent(call: Call): void
  ended(call: Call, ending: Ending): void
  /** The service has acted. */
  acted(call: Call): void
}

const ROOT = 'https://ingest.sim'
const STORE = 'https://store.sim'
const TIMEOUT_MS = 60_000
/** What a service answers in passing. */
const PASSING = [408, 425, 429, 500, 502, 503, 504]
/** What a deploy or a proxy can make of a request in passing; a few of them only, as the plan gives up after five. */
const DOUBTFUL = [405, 451]
const STALE = [401, 403, 404, 410]
const PAGE: HttpAnswer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  text: '<html>log in</html>',
}
const ENCRYPTED = 'e'.repeat(32)

/** The bytes of a chunk. */
export function bytesOf({ id }: ScriptItem): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(id & 255, id >> 8, 1, 2, 3, 4, 5, 6)
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The key that a caller has now; `renewed` counts the questions. */
export function keyAt(script: Script, now: number): string {
  return `key-${script.key.refusals.filter(({ from }) => from <= now).length}`
}

/** A simulated ingest service with its object store: acts late, answers late, fails as the script says. */
export class Service {
  /** By chunk: what lies in the store. */
  readonly stored = new Map<ScriptItem, Uint8Array>()
  ended = false
  readonly #script: Script
  readonly #clock: Clock
  readonly #random: Random
  readonly #listener: Listener
  readonly #items: Map<number, ScriptItem>
  #urls = 0

  constructor(parts: { script: Script; clock: Clock; random: Random; listener: Listener }) {
    this.#script = parts.script
    this.#clock = parts.clock
    this.#random = parts.random
    this.#listener = parts.listener
    this.#items = new Map(parts.script.items.map((item) => [item.id, item]))
  }

  /** The network between the client and the service. */
  readonly transport: HttpTransport = (request) =>
    new Promise((resolve, reject) => {
      const { signal, timeoutMs = TIMEOUT_MS } = request
      const call = this.#callOf(request)
      if (signal?.aborted) return reject(aborted(call.what, signal))
      const shown = { method: request.method, url: request.url }
      let over = false
      const end = (ending: Ending) => {
        if (over) return
        over = true
        stopWaiting()
        signal?.removeEventListener('abort', onAbort)
        this.#listener.ended(call, ending)
        if ('answer' in ending) resolve(ending.answer)
        else if (ending.failed === 'aborted') reject(aborted(call.what, signal))
        else reject(new FramewireError('upload/unreachable', `${call.what}: no answer`, shown))
      }
      const onAbort = () => end({ failed: 'aborted' })
      const stopWaiting = this.#clock.after(timeoutMs, () => end({ failed: 'unreachable' }))
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#listener.sent(call)
      this.#carry(call, request, end)
    })

  /** The way of a request there and of its answer back. */
  #carry(call: Call, request: HttpRequest, end: (ending: Ending) => void): void {
    const fault = this.#faultOf(call)
    const there = this.#latency()
    const back = this.#latency()
    const later = (ms: number, then: () => void) => {
      this.#clock.after(ms, then)
    }
    const act = (damaged = false) => this.#act(call, request, damaged)
    const answer = (answer: HttpAnswer) => later(back, () => end({ answer }))
    const cut = (after: number) => later(after, () => end({ failed: 'unreachable' }))
    switch (fault?.kind) {
      case undefined:
        later(there, () => answer(act()))
        break
      case 'refused':
      case 'cut-before':
      case 'cut-within':
        cut(there)
        break
      case 'cut-after':
        cut(there)
        later(there + back, act)
        break
      case 'lost':
        later(there, () => {
          act()
          cut(back)
        })
        break
      case 'mute':
        // Later than any client waits, in the worst case.
        if (fault.acts) later(this.#random.between(0, 2 * TIMEOUT_MS), act)
        break
      case 'portal':
        later(there, () => answer(PAGE))
        break
      case 'status':
        later(there, () => answer(this.#refusal(fault)))
        break
      case 'etag':
        later(there, () => answer(withOtherEtag(act())))
        break
      case 'damage':
        later(there, () => answer(act(true)))
    }
  }

  #faultOf({ what, item }: Call): Fault | undefined {
    const { outages, calmAt, faultRate, faults } = this.#script
    const now = this.#clock.now()
    const random = this.#random
    const place = what === 'put' ? 'store' : 'api'
    const outage = outages.find(
      ({ from, to, at }) => now >= from && now < to && (at === 'both' || at === place),
    )
    if (outage) return outage.fault
    if (item && item.fate !== 'sound') {
      return { kind: 'status', status: item.fate === 'failing' ? 500 : item.fate.refused }
    }
    if (now >= calmAt || !random.chance(faultRate)) return undefined
    const kind = random.pick(faults)
    switch (kind) {
      case 'mute':
        return { kind, acts: random.chance(0.5) }
      case 'status': {
        if (what === 'put' && random.chance(0.3)) return { kind, status: random.pick(STALE) }
        if (random.chance(0.03)) return { kind, status: random.pick(DOUBTFUL) }
        const seconds = random.pick([0, 1, 5, 20])
        const retryAfter = random.chance(0.4) ? { seconds, asDate: random.chance(0.3) } : undefined
        return { kind, status: random.pick(PASSING), retryAfter }
      }
      case 'etag':
      case 'damage':
        return what === 'put' ? { kind } : undefined
      default:
        return { kind }
    }
  }

  #latency(): number {
    return this.#random.between(...this.#script.latencyMs)
  }

  #refusal({ status, retryAfter }: Extract<Fault, { kind: 'status' }>): HttpAnswer {
    const headers: Record<string, string> = {}
    if (retryAfter?.asDate) {
      const date = Math.floor(this.#clock.wall() / 1000) * 1000
      headers.date = new Date(date).toUTCString()
      headers['retry-after'] = new Date(date + retryAfter.seconds * 1000).toUTCString()
    } else if (retryAfter) {
      headers['retry-after'] = String(retryAfter.seconds)
    }
    return { status, headers, text: '' }
  }

  /** What the service does, and answers. */
  #act(call: Call, request: HttpRequest, damaged: boolean): HttpAnswer {
    const headers: Record<string, string> = this.#script.service === 'ours' ? { 'x-framewire': '1' } : {}
    const answer = (status: number, text = ''): HttpAnswer => ({ status, headers, text })
    const now = this.#clock.now()
    if (call.what !== 'put' && !this.#accepts(call.key, now)) return answer(401)
    switch (call.what) {
      case 'url': {
        const good = Math.floor(now + this.#script.urlLifeMs)
        return answer(
          200,
          JSON.stringify([{ url: `${STORE}/${call.item!.id}/${this.#urls++}?until=${good}` }]),
        )
      }
      case 'put': {
        if (now > Number(new URL(call.url).searchParams.get('until'))) return answer(403)
        const bytes = Uint8Array.from(Buffer.concat(request.body as Uint8Array[]))
        if (damaged) bytes[2]! ^= 4
        if (damaged && this.#script.service === 'ours') return answer(422)
        this.#listener.acted(call)
        this.stored.set(call.item!, bytes)
        headers.etag = this.#script.service === 'encrypting' ? ENCRYPTED : `"${md5(bytes)}"`
        return answer(200)
      }
      case 'chunk':
        this.#listener.acted(call)
        this.stored.set(call.item!, bytesOf(call.item!))
        return answer(200, '{"status":"ok"}')
      case 'end':
        this.#listener.acted(call)
        this.ended = true
        return answer(200)
    }
  }

  #accepts(key: string | undefined, now: number): boolean {
    const { refusals, asked } = this.#script.key
    if (!asked) return !refusals.some(({ from, to }) => now >= from && now < to)
    return key === keyAt(this.#script, now)
  }

  #callOf({ method, url, body, headers }: HttpRequest): Call {
    const key = headers?.['x-api-key']
    if (method === 'PUT') {
      const item = this.#items.get(Number(new URL(url).pathname.split('/')[1]))
      return { what: 'put', item, url, key }
    }
    if (url.endsWith('/end')) return { what: 'end', url, key }
    const item = this.#items.get(JSON.parse(body as string).id)
    return { what: url.startsWith(`${ROOT}/chunk`) ? 'chunk' : 'url', item, url, key }
  }
}

function withOtherEtag(answer: HttpAnswer): HttpAnswer {
  return answer.status < 300 ? { ...answer, headers: { ...answer.headers, etag: '0'.repeat(32) } } : answer
}
