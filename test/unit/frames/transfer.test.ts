import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FrameRun, type Frames, frameRun, type Stack } from '../../../ts/frames/stack.js'
import { takeOver } from '../../../ts/frames/transfer.js'
import { expectCode } from './recordings.js'

function copied(run: FrameRun): Uint8Array[] {
  return Array.from({ length: run.frames }, (_, i) => {
    const frame = new Uint8Array(run.bytesPerFrame)
    run.copyFrame(i, frame)
    return frame
  })
}

const stacksOf = (frames: Frames) => (Array.isArray(frames) ? frames : [frames]) as Stack[]
const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

/** A stack or an array of frames, in one buffer or several, at any place within them. */
const anyFrames: fc.Arbitrary<Frames> = fc
  .record({
    frames: fc.integer({ min: 0, max: 5 }),
    height: fc.integer({ min: 1, max: 4 }),
    width: fc.integer({ min: 1, max: 4 }),
    channels: fc.constantFrom(undefined, 3 as const, 4 as const),
    wide: fc.boolean(),
    layout: fc.constantFrom<Partial<Stack>>({}, { order: 'F' }, { order: 'C', dtype: undefined }),
    buffers: fc.integer({ min: 1, max: 3 }),
    lead: fc.integer({ min: 0, max: 3 }),
    asArray: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ frames, height, width, channels, wide, layout, buffers, lead, asArray, seed }) => {
    const shape = [height, width, ...(channels ? [channels] : [])]
    const values = shape.reduce((a, b) => a * b)
    const count = Math.max(1, frames)
    const Pixels = wide ? Uint16Array : Uint8Array
    const made = Array.from({ length: buffers }, (_, b) =>
      new Pixels(lead + count * values).map((_, i) => Math.imul(i + seed + b * 977, 0x9e3779b1) >>> 16),
    )
    const about = { ...layout, ...(channels ? { channels } : {}), ...(wide ? { bits: 12 } : {}) }
    if (!asArray) {
      const whole = made[0]!.subarray(lead)
      return frames === 0
        ? { data: whole, shape, ...about }
        : { data: whole, shape: [frames, ...shape], ...about }
    }
    return Array.from({ length: count }, (_, k) => ({
      data: made[k % buffers]!.subarray(lead + k * values, lead + (k + 1) * values),
      shape,
      ...about,
    }))
  })

describe('frames that are taken over', () => {
  it('are gone from the caller at once and arrive as they were', async () => {
    await fc.assert(
      fc.asyncProperty(anyFrames, async (frames) => {
        const before = copied(frameRun(frames))
        const { run } = takeOver(frames)
        for (const { data } of stacksOf(frames)) expect(data.buffer.byteLength).toBe(0)
        expect(copied(await run)).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  it('are what they were when they were taken, whatever the caller does with its objects', async () => {
    const frames: Stack & { shape: number[]; strides: number[] } = {
      data: Uint8Array.from([1, 2, 0, 3, 4, 0]),
      shape: [2, 2],
      strides: [3, 1],
    }
    const { run } = takeOver(frames)
    frames.shape[0] = 7
    frames.strides[0] = 100
    frames.data = new Uint8Array(1)
    expect(copied(await run)).toEqual([Uint8Array.of(1, 2, 3, 4)])
  })

  it('may be described by an object that holds what cannot travel', async () => {
    const frames = { data: Uint8Array.of(1, 2), shape: [1, 2], onDone: () => undefined }
    expect(copied(await takeOver(frames).run)).toEqual([Uint8Array.of(1, 2)])
  })

  it.each(['before', 'after'])('are freed when that is asked for %s they are here', async (when) => {
    const own = takeOver({ data: new Uint8Array(6), shape: [2, 3] })
    if (when === 'before') own.free()
    const run = await own.run
    if (when === 'after') {
      expect(copied(run)).toHaveLength(1)
      own.free()
    }
    await turn()
    expect(() => copied(run)).toThrow(TypeError)
  })

  it.each<[string, () => Uint8Array]>([
    ['shared memory', () => new Uint8Array(new SharedArrayBuffer(6))],
    ['the memory of WebAssembly', () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 0, 6)],
    ["a Buffer of Node's pool", () => Buffer.from('pooled')],
  ])('cannot be %s', async (_, make) => {
    const data = make()
    const before = [...data]
    await expectCode('frames/layout', () => takeOver({ data, shape: [2, 3] }), /cannot be taken over/)
    expect([...data]).toEqual(before)
  })

  it('are taken all or none where one is shared or gone', async () => {
    const gone = new Uint8Array(6)
    structuredClone(gone, { transfer: [gone.buffer] })
    for (const bad of [new Uint8Array(new SharedArrayBuffer(6)), gone]) {
      const good = new Uint8Array(6)
      const frames = [good, bad].map((data) => ({ data, shape: [2, 3] }))
      await expectCode('frames/layout', () => takeOver(frames))
      expect(good).toHaveLength(6)
    }
  })
})
