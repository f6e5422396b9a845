import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type {
  Destination,
  DownloadShape,
  FrameValues,
  PlacedFrame,
} from '../../../../ts/telops/download/destination.js'
import { Download, type DownloadProgress } from '../../../../ts/telops/download/download.js'
import type { Run } from '../../../../ts/telops/download/inventory.js'
import { Spool } from '../../../../ts/telops/download/spool.js'
import { ForgetfulDisk } from '../../../disk/forgetful-disk.js'
import { gige } from '../../gige-vision/module.js'
import { FakeSource, FIRST_ID, HEIGHT, type SourceFaults, values, WIDTH } from './fake-source.js'

/** Takes each frame once. */
class OnceEach implements Destination {
  readonly whole = new Map<number, FrameValues>()
  readonly parts = new Map<number, FrameValues>()
  readonly leftOut: number[] = []
  shape: DownloadShape | undefined

  async begin(shape: DownloadShape): Promise<void> {
    expect(this.shape).toBeUndefined()
    this.shape = shape
  }

  async place(frame: number, { values, measured }: PlacedFrame): Promise<void> {
    expect(this.whole.has(frame) || this.parts.has(frame)).toBe(false)
    ;(measured ? this.whole : this.parts).set(frame, values.slice())
  }

  async leaveOut(frame: number): Promise<void> {
    expect(this.whole.has(frame) || this.parts.has(frame) || this.leftOut.includes(frame)).toBe(false)
    this.leftOut.push(frame)
  }

  async close(): Promise<void> {}
}

function download(
  source: FakeSource,
  run: Run,
  destination: Destination,
  options: ConstructorParameters<typeof Download>[1] & { onProgress?: (p: DownloadProgress) => void } = {},
) {
  const spool = new Spool(new ForgetfulDisk(), '/spool', source.mostFrameBytes)
  return new Download(
    {
      source,
      destination,
      spool,
      frames: gige.telops,
      run,
      shapeOf: (_, frames) => ({ frames, height: HEIGHT, width: WIDTH, dtype: 'float32' }),
      onProgress: options.onProgress,
    },
    options,
  )
}

const same = (a: FrameValues, b: FrameValues) =>
  Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0

const faults: fc.Arbitrary<SourceFaults> = fc.record({
  seed: fc.nat(),
  packetLoss: fc.constantFrom(0, 0.01, 0.1, 0.4),
  frameLoss: fc.constantFrom(0, 0.05, 0.5),
  duplicates: fc.constantFrom(0, 0.2),
  late: fc.constantFrom(0, 5, 15),
  lateIds: fc.constantFrom('before', 'on', 'alike'),
  skips: fc.constant(false),
  cut: fc.constantFrom(0, 0.3),
})

describe('a download', () => {
  it('is bit-identical, or names the frames that are not whole, whatever is lost, late or twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        faults,
        fc.integer({ min: 1, max: 80 }),
        fc.nat(20),
        fc.nat(8),
        async (given, count, first, retries) => {
          const source = new FakeSource(first + count + 5, given)
          const placed = new OnceEach()
          const run = [first, first + count] as const
          const statistics = await download(source, run, placed, { retries }).run()
          const missing = statistics.incompleteFrameIds.map((id) => id - FIRST_ID - first)
          const all = Array.from({ length: count }, (_, at) => at)
          expect([...placed.whole.keys()].sort((a, b) => a - b)).toEqual(
            all.filter((frame) => !missing.includes(frame)),
          )
          const right = (frame: number) => values(FIRST_ID + first + frame)
          for (const [frame, came] of placed.whole) expect(same(came, right(frame))).toBe(true)
          // What is there in part is right where it is there.
          for (const [frame, came] of placed.parts) {
            expect(missing).toContain(frame)
            expect(came.every((value, at) => Number.isNaN(value) || value === right(frame)[at])).toBe(true)
          }
          if (placed.shape) {
            const told = [...placed.parts.keys(), ...placed.leftOut].sort((a, b) => a - b)
            expect(told).toEqual(missing)
          }
          expect(statistics.incompleteFrames).toEqual(missing)
          expect(missing.filter((frame) => source.cameWhole.has(first + frame))).toEqual([])
          expect(statistics).toMatchObject({
            nFrames: count,
            nIncomplete: missing.length,
            sessions: source.sessions.length,
            resendRequested: 3 * source.sessions.length,
            resendRecovered: 2 * source.sessions.length,
            nStrideGaps: 0,
          })
          expect([...statistics.perFrameMissing.keys()]).toEqual(statistics.incompleteFrameIds)
          expect([...statistics.perFrameMissing.values()].every((bytes) => bytes > 0)).toBe(true)
          expect(statistics.firstPassNComplete + statistics.recoveredByRetry).toBe(count - missing.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('gets whole by packets of several passes, of which none brought a whole frame', async () => {
    const source = new FakeSource(40, { seed: 7, packetLoss: 0.4 })
    const placed = new OnceEach()
    const statistics = await download(source, [0, 40], placed, { retries: 20 }).run()
    expect(statistics.nIncomplete).toBe(0)
    expect(source.cameWhole.size).toBeLessThan(40)
    expect(placed.whole.size).toBe(40)
  })

  it('asks for runs of missing frames alone, few frames apart in one session', async () => {
    // How far apart depends on what a session costs: here nothing takes any time.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const source = new FakeSource(1000, { seed: 3, frameLoss: 0.002 })
    const placed = new OnceEach()
    const { nIncomplete, rounds } = await download(source, [0, 1000], placed).run()
    expect([nIncomplete, rounds]).toEqual([0, 1])
    const [first, ...later] = source.sessions
    expect(first).toEqual([0, 1000])
    expect(later.length).toBeGreaterThan(0)
    expect(later.reduce((sum, [from, to]) => sum + to - from, 0)).toBeLessThan(30)
    // Whole frames around them tell by their headers which frames those without one are.
    for (const [from, to] of later) expect(to - from).toBeGreaterThanOrEqual(5)
  })

  it('finds that the camera leaves out every other frame', async () => {
    const source = new FakeSource(50, { skips: true })
    const { nStrideGaps, nIncomplete } = await download(source, [0, 50], new OnceEach()).run()
    expect([nStrideGaps, nIncomplete]).toEqual([49, 0])
  })

  it('tells how far it is ten times a second at most, and at the end', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const told: DownloadProgress[] = []
    const destination = new OnceEach()
    const place = destination.place.bind(destination)
    destination.place = (frame, placed) => {
      vi.advanceTimersByTime(10)
      return place(frame, placed)
    }
    await download(new FakeSource(300), [0, 300], destination, { onProgress: (p) => told.push(p) }).run()
    expect(told.map(({ done }) => done)).toEqual([
      ...Array.from({ length: 30 }, (_, at) => 10 * (at + 1)),
      300,
    ])
    expect(told.at(-1)).toMatchObject({ frames: 300, missing: 0, round: 0, framesPerSecond: 100 })
  })

  it('counts down what is missing from the end of the first pass on', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const told: DownloadProgress[] = []
    const destination = new OnceEach()
    const place = destination.place.bind(destination)
    destination.place = (frame, placed) => {
      vi.advanceTimersByTime(100)
      return place(frame, placed)
    }
    const source = new FakeSource(100, { seed: 5, frameLoss: 0.3 })
    await download(source, [0, 100], destination, { onProgress: (p) => told.push(p) }).run()
    expect(told.filter(({ round }) => round > 0).length).toBeGreaterThan(10)
    for (const { round, done, frames, missing } of told) expect(missing).toBe(round === 0 ? 0 : frames - done)
  })

  it('ends with what its listener throws', async () => {
    const source = new FakeSource(3)
    const failing = download(source, [0, 3], new OnceEach(), {
      onProgress: () => {
        throw new Error('of the listener')
      },
    })
    await expect(failing.run()).rejects.toThrow('of the listener')
  })

  it('ends with what the destination refuses, and waits for what is under way', async () => {
    const source = new FakeSource(100)
    const destination = new OnceEach()
    let underWay = 0
    const place = destination.place.bind(destination)
    destination.place = async (frame, placed) => {
      underWay++
      await new Promise((resolve) => setImmediate(resolve))
      underWay--
      if (frame === 10) throw new Error('no more')
      await place(frame, placed)
    }
    await expect(download(source, [0, 100], destination).run()).rejects.toThrow('no more')
    expect(underWay).toBe(0)
  })
})
