import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { FramewireError } from '../../../ts/errors.js'
import { IngestApi } from '../../../ts/upload/api.js'
import { UploadDriver, type UploadDriverOptions, type UploadProgress } from '../../../ts/upload/driver.js'
import { requestUploadUrl } from '../../../ts/upload/rheed-requests.js'
import { putShard, type Stored } from '../../../ts/upload/shard-put.js'
import { HastyClock } from './hasty-clock.js'
import { hangUp, json, Loopback } from './loopback.js'

interface Item {
  index: number
  lanes?: readonly string[]
}

const STORED: Stored = { proof: 'status' }
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )
const settle = () => new Promise((resolve) => setTimeout(resolve, 10))

function rejected(status: number) {
  const details = { method: 'POST', url: 'http://x/', status, body: '' }
  return new FramewireError('upload/rejected', `status ${status}`, details)
}

function unauthorized() {
  return new FramewireError('upload/unauthorized', 'refused', {
    method: 'POST',
    url: 'http://x/',
    status: 401,
  })
}

function driver(options: Partial<UploadDriverOptions<Item>>) {
  const progress: UploadProgress<Item>[] = []
  const made = new UploadDriver<Item>({
    put: async () => STORED,
    askKey: async () => undefined,
    onProgress: (event) => progress.push(event),
    clock: new HastyClock(),
    random: () => 0.5,
    ...options,
  })
  return { made, progress }
}

describe('the upload driver', () => {
  it('tells every step of an item', async () => {
    const outcomes = [rejected(503), rejected(500), undefined]
    const { made, progress } = driver({
      put: async () => {
        const outcome = outcomes.shift()
        if (outcome) throw outcome
        return { proof: 'md5' }
      },
    })
    expect(await made.add({ index: 4 })).toEqual({ proof: 'md5' })
    expect(progress.map((event) => [event.type, 'attempt' in event && event.attempt])).toEqual([
      ['started', 1],
      ['failed', 1],
      ['started', 2],
      ['failed', 2],
      ['started', 3],
      ['stored', 3],
    ])
    expect(made.state).toEqual({ stored: 1, givenUp: [], pending: [] })
  })

  it('rejects with the last error of what is given up, and no one has to listen', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const { made, progress } = driver({ put: () => Promise.reject(rejected(422)) })
    made.add({ index: 0 })
    const error = await failure(made.add({ index: 1 }))
    await settle()
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    expect(error).toMatchObject({ code: 'upload/rejected', details: { status: 422 } })
    expect(progress.filter(({ type }) => type === 'given-up')).toHaveLength(2)
    expect(made.state.givenUp.map(({ item }) => item.index)).toEqual([0, 1])
  })

  it('gives up what fails for a reason of our own, and what throws at once', async () => {
    const { made } = driver({
      put: () => {
        throw new Error('the journal lost it')
      },
    })
    expect((await failure(made.add({ index: 0 }))).message).toBe('the journal lost it')
  })

  it('drains: all settled, or the time over, and goes on meanwhile', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { made } = driver({
      put: async ({ index }) => {
        if (index === 1) await gate
        if (index === 2) throw rejected(413)
        return STORED
      },
    })
    expect(await made.drain()).toEqual({ stored: 0, givenUp: [], pending: [] })
    for (const index of [0, 1, 2]) made.add({ index })
    const early = await made.drain({ timeoutMs: 30 })
    expect([early.stored, early.givenUp.length, early.pending]).toEqual([1, 1, [{ index: 1 }]])
    const drained = made.drain({ timeoutMs: 1e9 })
    open()
    // The hasty clock is at the end of any wait at once, so this waits without a time-out.
    expect((await made.drain()).stored).toBe(2)
    await drained
  })

  it('stops waiting when the signal fires, and uploads go on', async () => {
    const stop = new AbortController()
    const { made } = driver({ put: () => settle().then(() => STORED) })
    const stored = made.add({ index: 0 })
    const drained = failure(made.drain({ signal: stop.signal }))
    stop.abort()
    expect((await drained).code).toBe('stream/aborted')
    expect((await failure(made.drain({ signal: stop.signal }))).code).toBe('stream/aborted')
    expect(await stored).toBe(STORED)
  })

  it('cancels: requests are aborted, the rest is given up, and nothing more goes out', async () => {
    const aborted: number[] = []
    let puts = 0
    const { made } = driver({
      maxUploads: 2,
      put: ({ index }, _, signal) => {
        puts++
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push(index)
            reject(new Error('aborted'))
          })
        })
      },
    })
    const all = [0, 1, 2].map((index) => failure(made.add({ index })))
    const drained = made.drain()
    const reason = new Error('closing')
    made.cancel(reason)
    expect(await Promise.all(all)).toEqual([reason, reason, reason])
    expect((await drained).givenUp).toHaveLength(3)
    expect(await failure(made.add({ index: 3 }))).toBe(reason)
    expect(await made.drain()).toMatchObject({ pending: [] })
    await settle()
    expect([aborted, puts]).toEqual([[0, 1], 2])
  })

  it('pauses for a refused key, tells once, and goes on with the next', async () => {
    let key = 0
    const { made, progress } = driver({
      put: async () => {
        await settle()
        if (key < 3) throw unauthorized()
        return STORED
      },
      askKey: async () => {
        key++
        if (key === 1) throw new Error('no key today')
      },
    })
    for (let index = 0; index < 5; index++) made.add({ index })
    expect((await made.drain()).stored).toBe(5)
    const told = progress.map(({ type }) => type).filter((type) => type === 'paused' || type === 'resumed')
    expect(told).toEqual(['paused', 'resumed'])
  })

  it('bears listeners that add, cancel and throw', async () => {
    const { made } = driver({
      onProgress: ({ type, ...event }) => {
        if (type === 'stored' && 'item' in event && event.item.index < 3)
          made.add({ index: event.item.index + 1 })
        throw new Error('listener')
      },
    })
    await made.add({ index: 0 })
    expect((await made.drain()).stored).toBe(4)

    const cancelled: UploadDriver<Item> = driver({
      onProgress: ({ type }) => {
        if (type === 'started') cancelled.cancel(new Error('no more'))
      },
    }).made
    const outcomes = [0, 1, 2].map((index) => failure(cancelled.add({ index })))
    expect((await Promise.all(outcomes)).map((error) => error.message)).toEqual(Array(3).fill('no more'))
  })

  it('holds a timer that keeps the process alive while something waits, and none when idle', async () => {
    const timers = new Set<object>()
    const clock = new HastyClock()
    clock.after = (ms, _, options) => {
      const timer = { ms, options }
      timers.add(timer)
      return () => timers.delete(timer)
    }
    const { made } = driver({ clock, put: () => Promise.reject(rejected(503)), random: () => 1 })
    const stored = failure(made.add({ index: 0 }))
    await settle()
    expect([...timers]).toEqual([{ ms: 500, options: undefined }])
    made.cancel(new Error('enough'))
    await stored
    expect(timers.size).toBe(0)

    // Also where a listener adds while the plan's answer is performed.
    const other = driver({
      clock,
      put: () => Promise.reject(rejected(503)),
      onProgress: ({ type, ...event }) => {
        if (type === 'started' && 'item' in event && event.item.index === 1) other.add({ index: 2 })
      },
    }).made
    other.add({ index: 0 })
    await settle()
    other.add({ index: 1 })
    other.cancel(new Error('enough'))
    expect(timers.size).toBe(0)
  })
})

describe('uploading to a real server', () => {
  const servers: Loopback[] = []
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()))
  })

  it('gets 40 chunks through every kind of fault, each with its own bytes', async () => {
    const chunks = Array.from({ length: 40 }, (_, index) => {
      const body = new Uint8Array(2_000 + index).fill(index)
      const { length: bytes } = body
      return {
        index,
        body: [body.slice(0, index), body.slice(index)],
        bytes,
        md5: createHash('md5').update(body).digest('hex'),
      }
    })
    const store = new Map<string, string>()
    let inFlight = 0
    let most = 0
    const faults = new Map<string, number>()
    const server: Loopback = await new Loopback((seen) => {
      const [, index] = seen.target.match(/c(?:%2F|\/)(\d+)/)!
      const kind = Number(index) % 8
      const asked = `${seen.method} ${index}`
      const count = (faults.get(asked) ?? 0) + 1
      faults.set(asked, count)
      if (kind === 1 && count === 1) return hangUp
      if (kind === 2 && count < 3) return { status: 503, headers: { 'retry-after': '1' } }
      if (seen.method === 'POST') {
        if (kind === 3 && count === 1) return { body: '<html>a portal</html>' }
        return json([{ url: `${server.root}/bucket/c/${index}?sig=${count}` }])
      }
      if (kind === 4 && !seen.target.endsWith('sig=3')) return { status: 403 } // stale
      if (kind === 5 && count === 1) return { headers: { etag: `"${'0'.repeat(32)}"` } }
      if (kind === 6 && count < 3) return { status: 500 }
      return (_, response) => {
        inFlight++
        most = Math.max(most, inFlight)
        setTimeout(() => {
          inFlight--
          const etag = createHash('md5').update(seen.bytes).digest('hex')
          store.set(index!, etag)
          response.writeHead(200, { etag: `"${etag}"` }).end()
        }, 2)
      }
    }).start()
    servers.push(server)
    const clock = new HastyClock()
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root, clock })
    const made = new UploadDriver<(typeof chunks)[number]>({
      getUrl: ({ index }, signal) => requestUploadUrl(api, index, '{}', signal),
      put: (chunk, url, signal) => putShard(api, url, chunk, signal),
      askKey: () => api.renewKey(),
      clock,
    })
    const proofs = await Promise.all(chunks.map((chunk) => made.add(chunk)))
    expect(proofs).toEqual(Array(40).fill({ proof: 'md5' }))
    for (const { index, md5 } of chunks) expect(store.get(String(index))).toBe(md5)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(8)
    expect(clock.waits.length).toBeGreaterThan(0)
  })

  it('waits through an outage of the server', async () => {
    const server: Loopback = await new Loopback(({ method }) =>
      method === 'POST' ? json({ url: `${server.root}/k` }) : { status: 200 },
    ).start()
    servers.push(server)
    await server.stop()
    const clock = new HastyClock()
    const api = new IngestApi({ apiKey: 'k', endpoint: server.root, clock })
    const made = new UploadDriver<Item>({
      getUrl: ({ index }, signal) => requestUploadUrl(api, index, '{}', signal),
      put: ({ index }, url, signal) =>
        putShard(api, url, { index, body: [new Uint8Array(5)], bytes: 5, md5: '' }, signal),
      askKey: () => api.renewKey(),
      clock,
    })
    for (let index = 0; index < 20; index++) made.add({ index })
    while (clock.waits.length < 20) await settle()
    await server.start()
    expect((await made.drain()).stored).toBe(20)
  })
})
