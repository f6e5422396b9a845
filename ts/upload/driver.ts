import { FramewireError } from '../errors.js'
import { type Clock, systemClock } from './clock.js'
import { type Fault, faultOf } from './fault.js'
import { aborted } from './http.js'
import { type Intent, type PlanEvent, UploadPlan } from './plan.js'
import type { Stored } from './shard-put.js'

/** What the driver needs to know of a thing to upload. */
export interface UploadItem {
  readonly index: number
  /** See `PlanItem.lanes`. Default: none. */
  readonly lanes?: readonly string[]
}

/** What happens to the items; `attempt` counts from 1. */
export type UploadProgress<T> =
  | { type: 'started'; item: T; attempt: number }
  | { type: 'stored'; item: T; attempt: number; proof: Stored['proof'] }
  /** This try failed; another will follow. */
  | { type: 'failed'; item: T; attempt: number; error: Error }
  | { type: 'given-up'; item: T; attempt: number; error: Error }
  /** The service refuses the API key: nothing goes out until it accepts one. */
  | { type: 'paused'; error: Error }
  | { type: 'resumed' }

/** How a stream's items are uploaded. The functions try once and throw what the ingest requests throw. */
export interface UploadDriverOptions<T extends UploadItem> {
  /** Items in flight at once. Default 8. */
  maxUploads?: number
  /** Where an item goes. Left out: `put` needs no URL, and 401 or 403 on it speak of the API key. */
  getUrl?: (item: T, signal: AbortSignal) => Promise<string>
  /** Store an item; `url` is there where `getUrl` is. */
  put: (item: T, url: string, signal: AbortSignal) => Promise<Stored>
  /** Have another API key ready, or the same where there is no other. */
  askKey: () => Promise<void>
  onProgress?: (progress: UploadProgress<T>) => void
  clock?: Clock
  /** 0 .. 1, for jitter. */
  random?: () => number
}

/** How far the items are, all that were ever added. */
export interface Drained<T> {
  /** How many are stored. */
  stored: number
  givenUp: readonly { item: T; error: Error }[]
  pending: readonly T[]
}

interface Job<T> {
  readonly id: number
  readonly item: T
  url: string
  attempt: number
  error: Error | undefined
  resolve: (stored: Stored) => void
  reject: (error: Error) => void
}

/**
 * Uploads a stream's items as the plan says: the plan decides, this performs. While an item is pending its timers keep
 * a Node process alive; an idle driver does not.
 */
export class UploadDriver<T extends UploadItem> {
  readonly #options: UploadDriverOptions<T>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #plan: UploadPlan
  readonly #jobs = new Map<number, Job<T>>()
  readonly #givenUp: { item: T; error: Error }[] = []
  readonly #stop = new AbortController()
  readonly #drains = new Set<() => void>()
  #cancelTimer: (() => void) | undefined
  #ids = 0
  #stored = 0
  #paused = false
  readonly #events: PlanEvent[] = []
  #performing = false

  constructor(options: UploadDriverOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#plan = new UploadPlan({ maxUploads: options.maxUploads ?? 8 })
  }

  /** How far the items are now. */
  get state(): Drained<T> {
    return {
      stored: this.#stored,
      givenUp: [...this.#givenUp],
      pending: [...this.#jobs.values()].map(({ item }) => item),
    }
  }

  /**
   * Upload an item. Resolves when the service has stored it; rejects when it is given up (the service's last error),
   * or with the reason of `cancel`. A rejection that nobody awaits is not reported as unhandled.
   */
  add(item: T): Promise<Stored> {
    const stored = new Promise<Stored>((resolve, reject) => {
      if (this.#stop.signal.aborted) return reject(this.#stop.signal.reason)
      const id = this.#ids++
      this.#jobs.set(id, { id, item, url: '', attempt: 0, error: undefined, resolve, reject })
      const { index, lanes = [] } = item
      this.#on({ type: 'packaged', item: { id, index, lanes, needsUrl: this.#options.getUrl !== undefined } })
    })
    stored.catch(() => undefined)
    return stored
  }

  /**
   * Wait until everything added so far is stored or given up, or the time is over; uploads go on in either case.
   * Throws `stream/aborted`.
   */
  drain({
    timeoutMs = Infinity,
    signal,
  }: {
    timeoutMs?: number
    signal?: AbortSignal
  } = {}): Promise<Drained<T>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted('waiting for uploads', signal))
      const finish = () => {
        this.#drains.delete(finish)
        cancelTimer?.()
        signal?.removeEventListener('abort', onAbort)
        resolve(this.state)
      }
      const onAbort = () => {
        this.#drains.delete(finish)
        cancelTimer?.()
        reject(aborted('waiting for uploads', signal))
      }
      const cancelTimer = timeoutMs < Infinity ? this.#clock.after(timeoutMs, finish) : undefined
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#drains.add(finish)
      this.#on({ type: 'finalize' })
      if (this.#stop.signal.aborted) finish()
    })
  }

  /** Stop for good: requests are aborted, and what is pending is given up with `reason`. */
  cancel(reason: Error): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#on({ type: 'cancelled' })
    for (const job of this.#jobs.values()) {
      this.#givenUp.push({ item: job.item, error: reason })
      job.reject(reason)
    }
    this.#jobs.clear()
    for (const finish of [...this.#drains]) finish()
  }

  #on(event: PlanEvent): void {
    this.#events.push(event)
    // A listener may add an item: its event waits until the intents of this one are performed.
    if (this.#performing) return
    this.#performing = true
    for (let next = this.#events.shift(); next; next = this.#events.shift()) {
      const intents = this.#plan.on(next, this.#clock.now(), this.#random())
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      if (this.#paused && !this.#plan.paused) {
        this.#paused = false
        this.#tell({ type: 'resumed' })
      }
      for (const intent of intents) this.#perform(intent)
    }
    this.#performing = false
  }

  #perform(intent: Intent): void {
    switch (intent.do) {
      case 'getUrl':
      case 'put': {
        // A listener may have cancelled in between.
        const job = this.#jobs.get(intent.id)
        if (job) void this.#request(job, intent.do, intent.attempt)
        break
      }
      case 'giveUp': {
        const job = this.#jobs.get(intent.id)
        if (job) this.#giveUp(job)
        break
      }
      case 'askKey':
        this.#options.askKey().then(
          () => this.#on({ type: 'key-renewed' }),
          () => this.#on({ type: 'key-failed' }),
        )
        break
      case 'wait':
        this.#cancelTimer = this.#clock.after(intent.until - this.#clock.now(), () =>
          this.#on({ type: 'time' }),
        )
        break
      case 'end':
        for (const finish of [...this.#drains]) finish()
    }
  }

  async #request(job: Job<T>, what: 'getUrl' | 'put', attempt: number): Promise<void> {
    const { getUrl, put } = this.#options
    const { signal } = this.#stop
    if (attempt !== job.attempt) {
      job.attempt = attempt
      this.#tell({ type: 'started', item: job.item, attempt })
    }
    let stored: Stored | undefined
    try {
      if (what === 'getUrl') job.url = await getUrl!(job.item, signal)
      else stored = await put(job.item, job.url, signal)
    } catch (thrown) {
      if (signal.aborted) return
      const error = asError(thrown)
      job.error = error
      const fault = faultOf(error, what === 'put' && getUrl !== undefined)
      this.#on({ type: 'failed', id: job.id, fault })
      // Told after the plan has judged: it may have given the item up.
      if (this.#jobs.has(job.id)) this.#tell({ type: 'failed', item: job.item, attempt, error })
      this.#notePause(fault, error)
      return
    }
    if (signal.aborted) return
    if (!stored) {
      this.#on({ type: 'url-got', id: job.id })
      return
    }
    this.#jobs.delete(job.id)
    this.#stored++
    this.#tell({ type: 'stored', item: job.item, attempt, proof: stored.proof })
    job.resolve(stored)
    this.#on({ type: 'put-done', id: job.id })
  }

  #giveUp(job: Job<T>): void {
    const error = job.error!
    this.#jobs.delete(job.id)
    this.#givenUp.push({ item: job.item, error })
    this.#tell({ type: 'given-up', item: job.item, attempt: job.attempt, error })
    job.reject(error)
  }

  #notePause(fault: Fault, error: Error): void {
    if (fault.kind !== 'key-refused' || this.#paused || !this.#plan.paused) return
    this.#paused = true
    this.#tell({ type: 'paused', error })
  }

  #tell(progress: UploadProgress<T>): void {
    try {
      this.#options.onProgress?.(progress)
    } catch {} // a listener's fault is not the stream's
  }
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new FramewireError('core/internal', `an upload failed: ${String(thrown)}`, {
    reason: String(thrown),
  })
}
