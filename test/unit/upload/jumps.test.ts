import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { IngestApi } from '../../../ts/upload/api.js'
import { UploadDriver } from '../../../ts/upload/driver.js'
import type { HttpAnswer } from '../../../ts/upload/http.js'
import { random } from '../../interop/images.js'
import { type ClockFaults, LaptopClock, type Sleep } from './laptop-clock.js'

const HOUR = 3_600_000
const MAX_UPLOADS = 4

/** How the service answers a request, `at` true ms after the beginning: nothing is no answer. */
type Answers = (at: number, chunk: number, attempt: number) => Partial<HttpAnswer> | undefined

/** What came of some chunks. */
interface Outcome {
  /** In true ms. */
  requests: { at: number; chunk: number }[]
  stored: number[]
  givenUp: number[]
}

/** Upload so many chunks, one every 100 ms, by a clock with these faults. Requests that the machine sleeps over are lost. */
async function upload(
  faults: ClockFaults,
  answers: Answers,
  { chunks = 20, seed = 1 } = {},
): Promise<Outcome> {
  const clock = new LaptopClock(faults)
  const requests: Outcome['requests'] = []
  const attempts = new Map<number, number>()
  const api = new IngestApi({
    apiKey: 'k',
    endpoint: 'https://ingest.sim',
    clock,
    random: random(seed),
    transport: ({ method, url }) =>
      new Promise((resolve, reject) => {
        const at = clock.truth.now()
        const chunk = Number(url.split('/').at(-1))
        const attempt = (attempts.get(chunk) ?? 0) + 1
        attempts.set(chunk, attempt)
        requests.push({ at, chunk })
        const answer = answers(at, chunk, attempt)
        const { sleep } = faults
        const isLost = sleep && at < sleep.from && at + 50 >= sleep.from
        clock.arrives(50, () => {
          if (answer && !isLost) resolve({ status: 200, headers: {}, text: '{}', ...answer })
          else reject(new FramewireError('upload/unreachable', 'no answer', { method, url }))
        })
      }),
  })
  const driver = new UploadDriver<{ index: number }>({
    maxUploads: MAX_UPLOADS,
    put: async ({ index }) => {
      await api.send({ method: 'POST', path: `/${index}` })
      return { proof: 'status' }
    },
    askKey: () => api.renewKey(),
    clock,
    random: api.random,
  })
  const [stored, givenUp] = [[] as number[], [] as number[]]
  for (let index = 0; index < chunks; index++) {
    clock.arrives(100 * index, () => {
      driver.add({ index }).then(
        () => stored.push(index),
        () => givenUp.push(index),
      )
    })
  }
  while (await clock.truth.step(10 * HOUR));
  return { requests, stored, givenUp }
}

/** A service that fails in every way that passes, by a clock of its own, and is well after half an hour. */
function unsteady(seed: number): Answers {
  return (at, chunk, attempt): ReturnType<Answers> => {
    const next = random(seed + 1000 * chunk + attempt)
    const draw = next()
    if (at > HOUR / 2 || draw < 0.4) return {}
    if (draw < 0.5) return undefined
    if (draw < 0.7) return { status: 500 }
    const seconds = Math.floor(20 * next())
    if (draw < 0.85) return { status: 503, headers: { 'retry-after': String(seconds) } }
    const now = 1_700_000_000_000 + at
    const [date, until] = [now, now + 1000 * seconds].map((time) => new Date(time).toUTCString())
    return { status: 429, headers: { date: date!, 'retry-after': until! } }
  }
}

describe('a wall clock that is set', () => {
  it('changes nothing of when requests go out, back-off and Retry-After included', async () => {
    const sets = fc.array(
      fc.record({ at: fc.nat(HOUR / 2), byMs: fc.constantFrom(-HOUR, HOUR, -24 * HOUR, 24 * HOUR) }),
      { minLength: 1, maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(sets, fc.nat(), async (sets, seed) => {
        const calm = await upload({}, unsteady(seed), { seed })
        expect(calm.stored).toHaveLength(20)
        expect(calm.requests.length).toBeGreaterThan(20)
        expect(await upload({ sets }, unsteady(seed), { seed })).toEqual(calm)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    // The answer does not tell its own time, so there is only ours to read the date by: at most five minutes are honoured.
    ['back', -HOUR, 300_000],
    ['forward', HOUR, 0],
  ])(
    '%s an hour keeps a chunk for no hour where a date to retry after can be read by it alone',
    async (_, byMs, waits) => {
      const until = new Date(1_700_000_000_000 + 5_000).toUTCString()
      const answers: Answers = (at) => (at === 0 ? { status: 503, headers: { 'retry-after': until } } : {})
      const { requests, stored } = await upload({ sets: [{ at: 0, byMs }] }, answers, { chunks: 1 })
      expect(stored).toEqual([0])
      expect(requests).toHaveLength(2)
      // Without a date to wait for, its own back-off is 500 ms at most.
      expect(requests[1]!.at).toBeGreaterThanOrEqual(50 + waits)
      expect(requests[1]!.at).toBeLessThanOrEqual(550 + waits)
    },
  )
})

describe.each([
  ['stands still meanwhile', false],
  ['counts it, so that all timers fire at its end', true],
])('a machine that sleeps for an hour, whose monotonic clock %s', (_, counts) => {
  /** In the middle of the uploads, and in the middle of an outage that began before. */
  const sleeps: [string, Sleep, outage: number][] = [
    ['uploads', { from: 1_020, ms: HOUR }, 1_020],
    ['an outage', { from: 60_000, ms: HOUR }, 500],
    ['a back-off', { from: 900, ms: HOUR }, 500],
  ]
  it.each(sleeps)('in %s: stores all, with no storm at its end and no stall', async (_, sleep, from) => {
    const awake = sleep.from + sleep.ms
    for (let seed = 0; seed < 20; seed++) {
      for (const darkMs of [0, 2_000, 20_000]) {
        // The network takes its time to come back.
        const to = awake + darkMs
        const answers: Answers = (at) => (at >= from && at < to ? undefined : {})
        const faults = { sleep, counts, sets: [{ at: awake, byMs: HOUR }] }
        const { requests, stored, givenUp } = await upload(faults, answers, { seed })
        expect(givenUp).toEqual([])
        expect([...stored].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index))
        // As many as may be in flight, then as in any outage: one probe after another.
        const dark = requests.filter(({ at }) => at >= awake && at < to)
        expect(dark.length).toBeLessThanOrEqual(2 * MAX_UPLOADS + 3 + darkMs / 1_000)
        const first = requests.find(({ at }) => at >= to)!
        expect(first.at - to).toBeLessThanOrEqual(5_000)
      }
    }
  })
})
