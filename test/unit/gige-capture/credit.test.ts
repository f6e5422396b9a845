import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FramewireError, hasCode } from '../../../ts/errors.js'
import { CreditOutlet } from '../../../ts/gige/capture/credit-outlet.js'
import { ImageMaker } from '../../../ts/gige/capture/image-maker.js'
import { IMAGES } from '../../../ts/gige/frame.js'
import { FrameReader } from '../../../ts/gige/frame-reader.js'
import { gige } from '../gige-vision/module.js'
import { blockOf, leaderOf } from './blocks.js'

const [WIDTH, HEIGHT] = [8, 4]
const stopped = () => new FramewireError('gige/closed', 'stopped', { address: '' })

/** An outlet and its reader at the two ends of a port. `frameBytes` decides how many frames may be under way. */
function pair(frameBytes = WIDTH * HEIGHT) {
  const { port1, port2 } = new MessageChannel()
  const reader = new FrameReader(port1, frameBytes, IMAGES.make, stopped)
  const outlet = new CreditOutlet(port2, new ImageMaker(gige.pixels, 'little'))
  const blocks: ReturnType<typeof blockOf>[] = []
  return {
    reader,
    outlet,
    blocks,
    /** The next frame of the camera: every pixel of number `n` is `n`. */
    send() {
      const number = blocks.length + 1
      const image = new Uint8Array(WIDTH * HEIGHT).fill(number)
      const block = blockOf(image, leaderOf(0x01080001, WIDTH, HEIGHT), { blockId: BigInt(number) })
      blocks.push(block)
      outlet.take({ block, timestampNs: BigInt(number), capturedAtNs: BigInt(number) * 1_000_000n })
    },
    released: () => blocks.filter(({ isReleased }) => isReleased).length,
  }
}

/** What is posted, and what is posted upon it, has arrived: each turn of the event loop delivers what waits. */
async function settle() {
  for (let turns = 0; turns < 10; turns++) await turn()
}
/** So large that only two frames are under way. */
const LARGE = 64 * 1024 * 1024

describe('frames by credit', () => {
  it('arrive whole, each once and in order, whenever they are read and given back', async () => {
    const step = fc.constantFrom('send', 'send', 'read', 'settle')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, givesBack) => {
        const { reader, outlet, blocks, send, released } = pair(LARGE)
        let read = 0
        const readOne = async () => {
          const frame = await reader.read({ timeoutMs: 1000 })
          read++
          expect(frame).toMatchObject({ blockId: BigInt(read), shape: [HEIGHT, WIDTH], capturedAt: read })
          expect(new Set(frame!.data)).toEqual(new Set([read]))
          if (givesBack) frame![Symbol.dispose]()
        }
        for (const step of steps) {
          if (step === 'send') send()
          else if (step === 'settle') await settle()
          else if (read < blocks.length) await readOne()
        }
        while (read < blocks.length) await readOne()
        expect(reader.counts).toEqual({ read: blocks.length, passedOver: 0, unread: 0 })
        outlet.close()
        expect(released()).toBe(blocks.length)
        await expect(reader.read()).rejects.toMatchObject({ code: 'gige/closed' })
      }),
      { numRuns: 40 },
    )
  })

  it('wait where they are beyond the credit, and none is sent that nobody can take', async () => {
    const { reader, outlet, send, released } = pair(LARGE)
    await settle()
    for (let frame = 0; frame < 10; frame++) send()
    await settle()
    expect(released(), 'copied out').toBe(2)
    outlet.close()
    expect(released()).toBe(10)
    await settle()
    expect(reader.counts).toEqual({ read: 0, passedOver: 0, unread: 10 })
    expect((await reader.read())?.blockId, 'what came is still there').toBe(1n)
    expect(reader.counts).toEqual({ read: 1, passedOver: 0, unread: 9 })
  })

  it('come from memory that was given back', async () => {
    const { reader, outlet, send } = pair(LARGE)
    send()
    const first = await reader.read()
    const { buffer } = first!.data
    first![Symbol.dispose]()
    first![Symbol.dispose]()
    send()
    await reader.read()
    expect(buffer.byteLength, 'detached: it is on its way').toBe(0)
    expect(first!.data.length).toBe(0)
    outlet.close()
  })
})

describe('the latest frame', () => {
  it('is the newest of all that wait, here and there; the others are counted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 8 }), async (bursts) => {
        const { reader, outlet, blocks, send, released } = pair(LARGE)
        for (const [at, burst] of bursts.entries()) {
          for (let frame = 0; frame < burst; frame++) send()
          await settle()
          const latest = await reader.read({ latest: true, timeoutMs: 1000 })
          expect(latest?.blockId).toBe(BigInt(blocks.length))
          expect(reader.counts).toEqual({ read: at + 1, passedOver: blocks.length - at - 1, unread: 0 })
        }
        expect(released()).toBe(blocks.length)
        outlet.close()
      }),
      { numRuns: 20 },
    )
  })

  it('is waited for where there is none, and frame after frame is read again behind it', async () => {
    const { reader, outlet, send } = pair(LARGE)
    const latest = reader.read({ latest: true })
    await settle()
    send()
    expect((await latest)?.blockId).toBe(1n)
    for (let frame = 0; frame < 3; frame++) send()
    await settle()
    expect((await reader.read({ latest: true }))?.blockId).toBe(4n)
    for (let frame = 0; frame < 3; frame++) send()
    await settle()
    // Until the reader says that it wants each, only the newest is kept.
    const ids = [await reader.read({ timeoutMs: 1000 })]
    send()
    send()
    ids.push(await reader.read({ timeoutMs: 1000 }), await reader.read({ timeoutMs: 1000 }))
    expect(ids.map((frame) => frame?.blockId)).toEqual([7n, 8n, 9n])
    expect(reader.counts).toEqual({ read: 5, passedOver: 4, unread: 0 })
    outlet.close()
  })
})

describe('reading', () => {
  it('ends with null in time, and with stream/aborted when the signal fires', async () => {
    const { reader, outlet, send } = pair()
    expect(await reader.read({ timeoutMs: 20 })).toBeNull()
    const abort = new AbortController()
    const aborted = reader.read({ signal: abort.signal })
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'stream/aborted' })
    await expect(reader.read({ signal: abort.signal })).rejects.toMatchObject({ code: 'stream/aborted' })
    send()
    expect((await reader.read({ timeoutMs: 1000 }))?.blockId, 'no frame was lost over it').toBe(1n)
    outlet.close()
  })

  it('is served in the order of the calls', async () => {
    const { reader, outlet, send } = pair()
    const reads = [reader.read(), reader.read(), reader.read()]
    for (let frame = 0; frame < 3; frame++) send()
    expect((await Promise.all(reads)).map((frame) => frame?.blockId)).toEqual([1n, 2n, 3n])
    outlet.close()
  })

  it('takes what came while this thread was busy, though its time was over meanwhile', async () => {
    const { reader, outlet, send } = pair()
    await settle()
    const read = reader.read({ timeoutMs: 10 })
    send()
    await Promise.resolve() // the outlet has sent it
    for (const end = performance.now() + 50; performance.now() < end; );
    expect((await read)?.blockId).toBe(1n)
    outlet.close()
  })

  it('throws what the stream ended with, behind the frames that came before', async () => {
    const { reader, outlet, send } = pair()
    send()
    await settle()
    outlet.close(new FramewireError('gige/control-lost', 'lost', { address: '10.0.0.2', reason: 'gone' }))
    await settle()
    expect((await reader.read())?.blockId).toBe(1n)
    const error = await reader.read().catch((error: unknown) => error)
    expect(hasCode(error, 'gige/control-lost') && error.details.reason).toBe('gone')
  })

  it('ends when the other side is gone', async () => {
    const { port1, port2 } = new MessageChannel()
    const reader = new FrameReader(port1, 100, IMAGES.make, stopped)
    const read = reader.read()
    const latest = reader.read({ latest: true })
    port2.close()
    await expect(read).rejects.toMatchObject({ code: 'gige/closed' })
    await expect(latest).rejects.toMatchObject({ code: 'gige/closed' })
  })
})
