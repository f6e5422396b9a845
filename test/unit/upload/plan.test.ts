import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../ts/upload/fault.js'
import type { Intent } from '../../../ts/upload/plan.js'
import { type Outcome, type Request, Simulation, seeded } from './simulated-plan.js'

const TRANSIENT: Fault = { kind: 'transient' }
const half = () => 0.5
const list = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ id: from + i }))

describe('the upload plan', () => {
  it('asks for a URL, puts, and says when all is settled', () => {
    const sim = new Simulation({ maxUploads: 2, random: half, answer: () => ({ afterMs: 100 }) })
    sim.add(0, ...list(3))
    sim.at(50, { type: 'finalize' })
    sim.run()
    expect(sim.requests.map(({ id, what, at }) => [id, what, at])).toEqual([
      [0, 'url', 0],
      [1, 'url', 0],
      [0, 'put', 100],
      [1, 'put', 100],
      [2, 'url', 200],
      [2, 'put', 300],
    ])
    expect([sim.ended, sim.plan.unsettled]).toEqual([1, 0])
  })

  it('starts ready items in order of their index, whatever order they came in', () => {
    const sim = new Simulation({ maxUploads: 1, random: half, answer: () => ({ afterMs: 1 }) })
    sim.add(0, { id: 0, index: 9 }, { id: 1, index: 7 }, { id: 2, index: 8 })
    sim.run()
    expect(sim.stored).toEqual([0, 1, 2]) // the first was alone when it started
  })

  it('takes a fresh URL when the put says that it is stale, at once the first time', () => {
    const answer = ({ what, attempt }: Request): Outcome =>
      what === 'put' && attempt < 3 ? { afterMs: 10, fault: { kind: 'stale-url' } } : { afterMs: 10 }
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(0, { id: 0 })
    sim.run()
    expect(sim.requests.map(({ what, at }) => [what, at])).toEqual([
      ['url', 0],
      ['put', 10],
      ['url', 20],
      ['put', 30],
      ['url', 290], // half of 500 ms later
      ['put', 300],
    ])
  })

  it('keeps the URL over passing faults of the put', () => {
    const answer = ({ what, attempt }: Request): Outcome => ({
      afterMs: 1,
      fault: what === 'put' && attempt < 3 ? TRANSIENT : undefined,
    })
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(0, { id: 0 })
    sim.run()
    expect(sim.requests.map(({ what }) => what)).toEqual(['url', 'put', 'put', 'put'])
  })

  it('gives up at once what is refused for its content, and lets the next go', () => {
    const answer = ({ id }: Request): Outcome => ({
      afterMs: 1,
      fault: id === 0 ? { kind: 'final' } : undefined,
    })
    const sim = new Simulation({ maxUploads: 1, random: half, answer })
    sim.add(0, { id: 0, lanes: ['a'], needsUrl: false }, { id: 1, lanes: ['a'], needsUrl: false })
    sim.at(0, { type: 'finalize' })
    sim.run()
    expect([sim.givenUp, sim.stored, sim.ended]).toEqual([[0], [1], 1])
    expect(sim.requests.filter(({ id }) => id === 0)).toHaveLength(1)
  })

  it('gives up a doubtful refusal only after several tries', () => {
    const sim = new Simulation({
      maxUploads: 8,
      random: () => 1,
      answer: () => ({ afterMs: 0, fault: { kind: 'doubtful' } }),
    })
    sim.add(0, { id: 0 })
    sim.run()
    expect(sim.requests.map(({ at }) => at)).toEqual([0, 500, 1500, 3500, 7500, 15500])
    expect(sim.givenUp).toEqual([0])
  })

  it('waits as long as Retry-After says, and only with the item that was told so', () => {
    const answer = ({ id, attempt }: Request): Outcome =>
      id === 0 && attempt === 1
        ? { afterMs: 10, fault: { kind: 'transient', retryAfterMs: 7000 } }
        : { afterMs: 10 }
    const sim = new Simulation({ maxUploads: 1, random: half, answer })
    sim.add(0, ...list(3))
    sim.run()
    expect(sim.stored).toEqual([1, 2, 0])
    expect(sim.requests.find(({ id, attempt }) => id === 0 && attempt === 2)!.at).toBe(7010)
  })

  it('lets 12 good items pass 8 bad ones without delay', () => {
    const answer = ({ id }: Request): Outcome => ({ afterMs: 100, fault: id < 8 ? TRANSIENT : undefined })
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(0, ...list(20))
    sim.run(5_000)
    expect([...sim.stored].sort((a, b) => a - b)).toEqual(list(12, 8).map(({ id }) => id))
    const lastGood = Math.max(...sim.requests.filter(({ id }) => id >= 8).map(({ at }) => at))
    expect(lastGood).toBeLessThan(3_000)
  })

  it('sends few requests during an outage, and is quick after it', () => {
    for (const random of [() => 0, half, () => 0.999, seeded(1), seeded(2)]) {
      const [from, to] = [1_000, 301_000]
      const sim = new Simulation({
        maxUploads: 8,
        random,
        answer: ({ at }) => (at >= from && at < to ? { afterMs: 5, fault: TRANSIENT } : { afterMs: 200 }),
      })
      sim.add(0, ...list(200))
      sim.run()
      const during = sim.requests.filter(({ at }) => at >= from && at < to)
      // The 8 in flight, those that took the places of the first failures, then a probe every 2.5 s at most.
      expect(during.length).toBeLessThan(8 + 8 + 6 + 300 / 2.5)
      // 30 s into the outage never two at a time.
      const late = during.filter(({ at }) => at > from + 30_000).map(({ at }) => at)
      expect(Math.min(...late.slice(1).map((at, i) => at - late[i]!))).toBeGreaterThan(2_000)
      const first = sim.requests.find(({ at }) => at >= to)!
      expect(first.at - to).toBeLessThanOrEqual(5_000)
      // After the first success all eight places are used at once.
      const recovered = first.at + 400
      expect(
        sim.requests.filter(({ at, what }) => what === 'url' && at >= recovered && at <= recovered + 1_000)
          .length,
      ).toBeGreaterThan(8)
      expect(sim.stored).toHaveLength(200)
    }
  })

  it('probes an outage with another item each time', () => {
    const answer = (): Outcome => ({ afterMs: 1, fault: TRANSIENT })
    const sim = new Simulation({ maxUploads: 4, random: half, answer })
    sim.add(0, ...list(30))
    sim.run(60_000)
    const probes = sim.requests.filter(({ at }) => at > 1_000).map(({ id }) => id)
    expect(new Set(probes).size).toBe(probes.length)
  })

  it('sends a second probe beside one that hangs, and no third', () => {
    const answer = ({ at }: Request): Outcome =>
      at < 500 ? { afterMs: 1, fault: TRANSIENT } : { afterMs: 1e9, fault: TRANSIENT }
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(0, ...list(20))
    sim.run(600_000)
    expect(sim.flying.size).toBe(2)
  })

  it('releases what waits when an outage ends, a little apart', () => {
    const to = 35_000
    const sim = new Simulation({
      maxUploads: 4,
      random: () => 1,
      answer: ({ at }) => ({ afterMs: 1, fault: at < to ? TRANSIENT : undefined }),
    })
    sim.add(0, ...list(4).map((item) => ({ ...item, needsUrl: false })))
    sim.run()
    // The first success is that of a probe; their own back-off would keep the others up to 30 s longer.
    const [first, ...others] = sim.requests.filter(({ at }) => at >= to).map(({ at }) => at)
    expect(first! - to).toBeLessThanOrEqual(5_000)
    expect(others.map((at) => at - first!)).toEqual([1, 51, 101])
  })

  it('is not held up by items that fail again and again while others succeed', () => {
    const random = seeded(7)
    const answer = ({ id }: Request): Outcome => ({ afterMs: 20, fault: id < 7 ? TRANSIENT : undefined })
    const sim = new Simulation({ maxUploads: 8, random, answer })
    sim.add(0, ...list(7))
    for (let id = 7; id < 400; id++) sim.add(id * 250, { id })
    sim.run(100_000)
    const late = sim.requests.filter(({ id, what }) => what === 'url' && id > 40)
    expect(late.length).toBeGreaterThan(350)
    for (const { id, at } of late) expect(at).toBe(id * 250)
    // They are tried again all the same: 4 s after a failure or sooner, 8 s after two without a success between.
    for (let id = 0; id < 7; id++) {
      const tries = sim.requests.filter((request) => request.id === id).map(({ at }) => at)
      expect(Math.max(...tries.slice(1).map((at, i) => at - tries[i]!))).toBeLessThanOrEqual(8_020)
      expect(tries.length).toBeLessThan(100)
    }
  })

  it('pauses when the key is refused, discards nothing, and tries one item with each key that is offered', () => {
    const accepted = 60_000
    const answer = ({ at }: Request): Outcome => ({
      afterMs: 20,
      fault: at < accepted ? { kind: 'key-refused' } : undefined,
    })
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(0, ...list(40))
    sim.at(0, { type: 'finalize' })
    sim.run()
    expect([sim.stored.length, sim.givenUp.length, sim.ended]).toEqual([40, 0, 1])
    // Eight at first, then one for each question.
    expect(sim.requests.filter(({ at }) => at < accepted)).toHaveLength(8 + sim.asked.length - 1)
    expect(sim.asked.length).toBeLessThan(12)
    expect(sim.plan.paused).toBe(false)
  })

  it('goes on asking, ever more slowly, where the question for a key fails', () => {
    const sim = new Simulation({
      maxUploads: 8,
      random: () => 1,
      answer: () => ({ afterMs: 0, fault: { kind: 'key-refused' } }),
      askKey: () => 'key-failed',
    })
    sim.add(0, { id: 0 })
    sim.run(200_000)
    expect(sim.requests).toHaveLength(1)
    expect(sim.asked.slice(0, 4)).toEqual([500, 1510, 3520, 7530])
    expect(sim.plan.unsettled).toBe(1)
  })

  it('is quick again when a key is refused anew after one was accepted', () => {
    const refused = (at: number) => at < 60_000 || (at > 100_000 && at < 100_500)
    const sim = new Simulation({
      maxUploads: 1,
      random: () => 1,
      answer: ({ at }) => ({ afterMs: 10, fault: refused(at) ? { kind: 'key-refused' } : undefined }),
    })
    sim.add(0, { id: 0, needsUrl: false })
    sim.add(100_100, { id: 1, needsUrl: false })
    sim.run()
    expect(sim.asked.at(-1)).toBe(100_100 + 10 + 500)
    expect(sim.stored).toEqual([0, 1])
  })

  it('does not blame a new key for requests that went out with the old one', () => {
    // Item 1 is refused late, when the new key is in use already.
    const answer = ({ id, attempt }: Request): Outcome => {
      if (attempt === 1) return { afterMs: id === 1 ? 5_000 : 10, fault: { kind: 'key-refused' } }
      return { afterMs: 10_000 }
    }
    const sim = new Simulation({ maxUploads: 2, random: half, answer })
    sim.add(0, { id: 0, needsUrl: false }, { id: 1, needsUrl: false })
    sim.run()
    expect(sim.asked).toHaveLength(1)
    expect(sim.stored.sort()).toEqual([0, 1])
  })

  it('keeps an item of several lanes in order with all of them', () => {
    const answer = ({ id, attempt }: Request): Outcome => ({
      afterMs: 10,
      fault: id === 0 && attempt < 4 ? TRANSIENT : undefined,
    })
    const sim = new Simulation({ maxUploads: 8, random: half, answer })
    sim.add(
      0,
      { id: 0, index: 0, lanes: ['a'], needsUrl: false },
      { id: 1, index: 1, lanes: ['a', 'b'], needsUrl: false },
      { id: 2, index: 2, lanes: ['b'], needsUrl: false },
      { id: 3, index: 0, lanes: ['c'], needsUrl: false },
    )
    sim.run()
    expect(sim.stored).toEqual([3, 0, 1, 2])
  })

  const faults = fc.constantFrom<Fault['kind'] | 'none'>(
    'none',
    'none',
    'none',
    'transient',
    'transient',
    'stale-url',
    'key-refused',
    'doubtful',
    'final',
  )
  const model = fc.record({
    seed: fc.integer(),
    maxUploads: fc.integer({ min: 1, max: 8 }),
    items: fc.array(
      fc.record({
        index: fc.nat(20),
        lanes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
        needsUrl: fc.boolean(),
        at: fc.nat(20_000),
      }),
      { maxLength: 40 },
    ),
    outcomes: fc.array(fc.record({ afterMs: fc.nat(3_000), kind: faults, retryAfterMs: fc.nat(5_000) }), {
      minLength: 1,
      maxLength: 30,
    }),
    outages: fc.array(fc.tuple(fc.nat(60_000), fc.nat(60_000)), { maxLength: 2 }),
    keys: fc.array(fc.boolean(), { maxLength: 5 }),
    cancelAt: fc.option(fc.nat(60_000), { nil: undefined }),
  })
  type Model = typeof model extends fc.Arbitrary<infer T> ? T : never

  function simulate({ seed, maxUploads, items, outcomes, outages, keys, cancelAt }: Model): Simulation {
    let answers = 0
    let questions = 0
    const sim = new Simulation({
      maxUploads,
      random: seeded(seed),
      answer: ({ at }) => {
        if (outages.some(([from, length]) => at >= from && at < from + length))
          return { afterMs: 3, fault: TRANSIENT }
        const { afterMs, kind, retryAfterMs } = outcomes[answers++ % outcomes.length]!
        // Long after, all is well: whatever was not given up must get through.
        if (kind === 'none' || at > 300_000) return { afterMs }
        return { afterMs, fault: kind === 'transient' ? { kind, retryAfterMs } : { kind } }
      },
      askKey: () => (keys[questions++] === false ? 'key-failed' : 'key-renewed'),
    })
    items.forEach(({ at, ...item }, id) => {
      sim.add(at, { id, ...item })
    })
    sim.at(25_000, { type: 'finalize' })
    if (cancelAt !== undefined) sim.at(cancelAt, { type: 'cancelled' })
    return sim.run()
  }

  it('holds its promises against any service', () => {
    fc.assert(
      fc.property(model, (world) => {
        const sim = simulate(world)
        expect(sim.most).toBeLessThanOrEqual(world.maxUploads)

        // Nothing is settled twice.
        const settled = [...sim.stored, ...sim.givenUp]
        expect(new Set(settled).size).toBe(settled.length)

        // A lane has one in flight at a time, and of two that waited together the lower index goes first.
        const flying = new Map<string, number>()
        for (const line of sim.trace) {
          const [, event, intents] = line.match(/^\S+ (\{.*?\}) (\[.*\])$/)!
          const { type, id } = JSON.parse(event!) as { type: string; id: number }
          if (type === 'failed' || type === 'put-done') {
            for (const lane of sim.items.get(id)!.lanes) flying.delete(lane)
          }
          for (const intent of JSON.parse(intents!) as Intent[]) {
            if (intent.do !== 'getUrl' && intent.do !== 'put') continue
            for (const lane of sim.items.get(intent.id)!.lanes) {
              expect(flying.get(lane) ?? intent.id).toBe(intent.id)
              flying.set(lane, intent.id)
            }
          }
        }

        if (world.cancelAt !== undefined) {
          const cancelled = sim.trace.findIndex((line) => line.includes('"cancelled"'))
          for (const line of sim.trace.slice(cancelled)) expect(line).toMatch(/ \[\]$/)
        } else {
          // Nobody starves: when the service is well again, everything not given up gets through.
          expect(settled.length).toBe(world.items.length)
          expect(sim.ended).toBeGreaterThan(0)
          expect(sim.plan.unsettled).toBe(0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps lanes in order of index where all items came at once', () => {
    const lanes = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(lanes, fc.integer(), fc.integer({ min: 1, max: 8 }), (given, seed, maxUploads) => {
        const random = seeded(seed)
        const sim = new Simulation({
          maxUploads,
          random,
          answer: () => ({ afterMs: 1 + random() * 500, fault: random() < 0.4 ? TRANSIENT : undefined }),
        })
        given.forEach((names, id) => {
          sim.add(0, { id, lanes: names, needsUrl: false })
        })
        sim.run()
        for (const lane of ['a', 'b', 'c'] as const) {
          const order = sim.stored.filter((id) => given[id]!.includes(lane))
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
        expect(sim.stored).toHaveLength(given.length)
      }),
      { numRuns: 100 },
    )
  })

  it('answers the same events with the same intents', () => {
    fc.assert(
      fc.property(model, (world) => {
        expect(simulate(world).trace).toEqual(simulate(world).trace)
      }),
      { numRuns: 50 },
    )
  })
})
