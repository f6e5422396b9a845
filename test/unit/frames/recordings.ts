import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type ErrorCode, FramewireError } from '../../../ts/errors.js'
import { blobSource } from '../../../ts/frames/blob.js'
import type { ByteSource, FrameSource } from '../../../ts/frames/source.js'
import { frameRun, type Stack } from '../../../ts/frames/stack.js'

/** Path of a recording that test/fixtures/recordings/make.py made. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/recordings/${name}`, import.meta.url))
}

/** A recording, whole in memory. */
export async function fixtureBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(fixture(name)))
}

/** Bytes seen as a file. */
export function memory(bytes: Uint8Array<ArrayBuffer>, name = 'memory'): ByteSource {
  return blobSource(new Blob([bytes]), name)
}

/** The formula of make.py. */
export function value(dtype: 'uint8' | 'uint16', n: number, y: number, x: number, c = 0): number {
  const v = (n * 7919 + y * 263 + x * 31 + x * y + c * 12345) % 65536
  return dtype === 'uint8' ? v % 251 : v
}

/** The noisy picture of make.py, 64 x 96. */
export function rough(): number[] {
  return Array.from({ length: 64 * 96 }, (_, i) => {
    let h = Math.imul(i ^ (i >>> 3), 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15), 0x85ebca77)
    return (2 * Math.floor(i / 96) + (i % 96) + (h >>> 26)) % 256
  })
}

/** The values of a stack in C order, by plain index arithmetic. */
export function valuesOf({ data, shape, strides, order, byteOrder }: Stack): number[] {
  const steps =
    strides ??
    shape.map((_, axis) =>
      (order === 'F' ? shape.slice(0, axis) : shape.slice(axis + 1)).reduce((a, b) => a * b, 1),
    )
  const total = shape.reduce((a, b) => a * b, 1)
  return Array.from({ length: total }, (_, flat) => {
    let at = 0
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * steps[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
    const v = data[at]!
    return data instanceof Uint16Array && byteOrder === 'big' ? ((v & 255) << 8) | (v >> 8) : v
  })
}

/** Check that a source describes and holds the movie of make.py with these frames; reads it whole and frame by frame. */
export async function expectMovie(
  source: FrameSource,
  dtype: 'uint8' | 'uint16',
  frames: number,
  height: number,
  width: number,
  channels: 1 | 3 | 4 = 1,
): Promise<void> {
  expect(source).toMatchObject({ frames, height, width, dtype, channels, bits: dtype === 'uint8' ? 8 : 16 })
  const expected = (start: number, count: number) => {
    const values: number[] = []
    for (let n = start; n < start + count; n++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let c = 0; c < channels; c++) values.push(value(dtype, n, y, x, c))
    return values
  }
  const reads = [
    [0, frames],
    ...Array.from({ length: frames }, (_, n) => [n, 1]),
    [frames >> 1, frames - (frames >> 1)],
  ]
  for (const [start, count] of reads as [number, number][]) {
    const stack = await source.read(start, count)
    expect(stack.shape).toEqual(channels === 1 ? [count, height, width] : [count, height, width, channels])
    expect(stack.channels).toBe(channels === 1 ? undefined : channels)
    expect(valuesOf(stack)).toEqual(expected(start, count))
  }
  await source.close()
}

/** Check that something fails with this code, and with a message that says what was wrong. */
export async function expectCode(
  code: ErrorCode,
  act: () => unknown,
  message?: RegExp,
): Promise<FramewireError> {
  const error = await Promise.resolve()
    .then(act)
    .then(
      () => expect.fail(`nothing was thrown, ${code} was expected`),
      (thrown: unknown) => thrown,
    )
  if (!(error instanceof FramewireError)) throw error
  expect(error.code).toBe(code)
  if (message) expect(error.message).toMatch(message)
  return error
}

/** A copy of a file with one byte changed. */
export function changed(bytes: Uint8Array<ArrayBuffer>, at: number, byte: number): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice()
  copy[at] = byte
  return copy
}

/**
 * Check that damage is never worse than an error: a few bytes of a recording are changed at random, and what opens it
 * either gives frames of the size it says or throws a FramewireError.
 */
export async function expectHarmless(
  whole: Uint8Array<ArrayBuffer>,
  open: (bytes: ByteSource) => Promise<FrameSource>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        let bytes = whole
        for (const [at, byte] of changes) bytes = changed(bytes, at, byte)
        try {
          const source = await open(memory(bytes))
          const run = frameRun(await source.read(0, 1))
          expect(run).toMatchObject({ frames: 1, height: source.height, width: source.width })
        } catch (error) {
          if (!(error instanceof FramewireError)) throw error
        }
      },
    ),
    { numRuns },
  )
}
