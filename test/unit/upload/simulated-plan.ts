import { expect } from 'vitest'
import type { Fault } from '../../../ts/upload/fault.js'
import { type Intent, type PlanEvent, UploadPlan } from '../../../ts/upload/plan.js'
import type { PlanItem } from '../../../ts/upload/plan-entry.js'

/** What a simulated service makes of a request. */
export interface Outcome {
  afterMs: number
  fault?: Fault
}

/** What a plan asked of it. */
export interface Request {
  id: number
  what: 'url' | 'put'
  attempt: number
  at: number
}

/** The service, and what else is around a plan. */
export interface World {
  maxUploads: number
  random: () => number
  answer: (request: Request) => Outcome
  /** How the question for another key ends. */
  askKey?: (at: number) => 'key-renewed' | 'key-failed'
}

/** A plan in simulated time: events in a queue, intents answered by the simulated service. */
export class Simulation {
  readonly plan: UploadPlan
  readonly requests: Request[] = []
  readonly stored: number[] = []
  readonly givenUp: number[] = []
  readonly asked: number[] = []
  readonly trace: string[] = []
  now = 0
  ended = 0
  most = 0
  #queue: { at: number; order: number; event: PlanEvent }[] = []
  #order = 0
  #wake: number | undefined
  readonly flying = new Map<number, PlanItem>()
  readonly items = new Map<number, PlanItem>()

  constructor(readonly world: World) {
    this.plan = new UploadPlan({ maxUploads: world.maxUploads })
  }

  at(at: number, event: PlanEvent): void {
    this.#queue.push({ at, order: this.#order++, event })
  }

  add(at: number, ...items: (Partial<PlanItem> & { id: number })[]): void {
    for (const item of items) {
      this.at(at, { type: 'packaged', item: { index: item.id, lanes: [], needsUrl: true, ...item } })
    }
  }

  /** Until nothing is to happen any more, or until the time is over. */
  run(until = 3_600_000): this {
    for (let steps = 0; steps < 200_000; steps++) {
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order)
      const next = this.#queue[0]
      const at = Math.min(next?.at ?? Infinity, this.#wake ?? Infinity)
      if (at > until) return this
      this.now = at
      if (next && next.at <= at) {
        this.#queue.shift()
        this.#feed(next.event)
      } else {
        this.#wake = undefined
        this.#feed({ type: 'time' })
      }
    }
    throw new Error('the plan does not come to rest')
  }

  #feed(event: PlanEvent): void {
    if (event.type === 'packaged') this.items.set(event.item.id, event.item)
    if (event.type === 'failed') this.flying.delete(event.id)
    if (event.type === 'put-done') {
      this.flying.delete(event.id)
      this.stored.push(event.id)
    }
    const intents = this.plan.on(event, this.now, this.world.random())
    this.trace.push(`${this.now} ${JSON.stringify(event)} ${JSON.stringify(intents)}`)
    this.#wake = undefined
    for (const intent of intents) this.#perform(intent)
    this.most = Math.max(this.most, this.flying.size)
  }

  #perform(intent: Intent): void {
    switch (intent.do) {
      case 'getUrl':
      case 'put': {
        const { id, attempt } = intent
        this.flying.set(id, this.items.get(id)!)
        const request: Request = { id, attempt, what: intent.do === 'put' ? 'put' : 'url', at: this.now }
        this.requests.push(request)
        const { afterMs, fault } = this.world.answer(request)
        const good =
          intent.do === 'put' ? ({ type: 'put-done', id } as const) : ({ type: 'url-got', id } as const)
        this.at(this.now + afterMs, fault ? { type: 'failed', id, fault } : good)
        break
      }
      case 'giveUp':
        this.givenUp.push(intent.id)
        break
      case 'askKey':
        this.asked.push(this.now)
        this.at(this.now + 10, { type: this.world.askKey?.(this.now) ?? 'key-renewed' })
        break
      case 'wait':
        // A plan that asks to be woken at once would spin.
        expect(intent.until).toBeGreaterThan(this.now)
        this.#wake = intent.until
        break
      case 'end':
        this.ended++
    }
  }
}

/** Small and fast, with a period that no test reaches. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
