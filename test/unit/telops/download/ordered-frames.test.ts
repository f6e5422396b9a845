import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderedFrames } from '../../../../ts/telops/download/ordered-frames.js'
import { Spool } from '../../../../ts/telops/download/spool.js'
import { ForgetfulDisk } from '../../../disk/forgetful-disk.js'

const [WIDTH, HEIGHT] = [4, 2]

function header(frame: number): Float64Array<ArrayBuffer> {
  const numbers = new Float64Array(14)
  numbers[0] = frame
  return numbers
}

function placed(frame: number, isWhole = true) {
  const values = new Uint16Array(WIDTH * HEIGHT).fill(frame)
  return {
    values,
    header: header(frame),
    measured: isWhole ? { frames: 1, min: frame, max: frame, mean: frame } : undefined,
  }
}

async function ordered(frames: number) {
  const disk = new ForgetfulDisk()
  const destination = new OrderedFrames((bytes) => new Spool(disk, '/spool', bytes))
  await destination.begin({ frames, height: HEIGHT, width: WIDTH, dtype: 'uint16' })
  return { disk, destination }
}

describe('frames in order', () => {
  it('come as soon as they are there, whenever that is told', async () => {
    const { destination } = await ordered(40)
    const reader = destination.frames()
    for (let frame = 0; frame < 40; frame++) {
      const next = reader.next()
      for (let turn = 0; turn < frame % 5; turn++) await Promise.resolve()
      await destination.place(frame, placed(frame))
      expect((await next).value).toMatchObject({ index: frame, complete: true, header: { frameId: frame } })
    }
    destination.end()
    expect((await reader.next()).done).toBe(true)
  })

  it('come once each, in whatever order they were placed, from memory and disk, without those that never came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }).chain((count) =>
          fc.record({
            order: fc.shuffledSubarray(Array.from({ length: count }, (_, at) => at)),
            count: fc.constant(count),
            readAfter: fc.nat(count),
          }),
        ),
        async ({ order, count, readAfter }) => {
          const { destination, disk } = await ordered(count)
          const came: number[] = []
          const read = async () => {
            for await (const { index, data } of destination.frames()) {
              expect([...data]).toEqual(new Array(WIDTH * HEIGHT).fill(index))
              came.push(index)
            }
          }
          let reading: Promise<void> | undefined
          for (const [at, frame] of order.entries()) {
            if (at === readAfter) reading = read()
            const lent = placed(frame)
            await destination.place(frame, lent)
            lent.values.fill(0xffff)
          }
          destination.end()
          await (reading ?? read())
          expect(came).toEqual([...order].sort((a, b) => a - b))
          await destination.close()
          expect(await disk.list('/')).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })

  it('keep few of those that wait in memory', async () => {
    const { destination, disk } = await ordered(200)
    for (let frame = 0; frame < 32; frame++) await destination.place(frame, placed(frame))
    expect(disk.operations).toBe(0)
    for (let frame = 32; frame < 200; frame++) await destination.place(frame, placed(frame))
    // Made and its name taken away; each frame written.
    expect(disk.operations).toBe(2 + 168)
  })
})
