import { readFileSync } from 'node:fs'
import type { Stack } from 'framewire'
import { inCOrder, parseNpy } from './npy.js'

/** A generator of pseudo-random numbers 0 .. 1 from a seed (mulberry32), so that a failing frame can be made again. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The recorded growth movie of the fixtures, 26 frames of 320 x 448. */
export function growthMovie(): { data: Uint8Array<ArrayBuffer>; shape: [number, number, number] } {
  const file = new URL('../fixtures/growth/sb-deposition-26x320x448-u8.npy', import.meta.url)
  const array = parseNpy(readFileSync(file))
  return { data: inCOrder(array), shape: array.shape as [number, number, number] }
}

/** A copy with normally distributed noise of the given standard deviation, as a camera adds it. */
export function withNoise(pixels: Uint8Array, deviation: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = random(seed)
  return Uint8Array.from(pixels, (value) => {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    return Math.min(255, Math.max(0, Math.round(value + deviation * normal)))
  })
}

/** Evenly distributed bytes: nothing that could be compressed. */
export function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = random(seed)
  return Uint8Array.from({ length }, () => Math.floor(256 * next()))
}

/** Frames `from` to `to` of a stack in C order. */
export function framesOf(
  { data, shape }: { data: Uint8Array<ArrayBuffer>; shape: [number, number, number] },
  from: number,
  to: number,
): Stack & { data: Uint8Array<ArrayBuffer> } {
  const [, height, width] = shape
  const size = height * width
  return { data: data.slice(from * size, to * size), shape: [to - from, height, width] }
}
