import { mix } from './pattern.js'

/** Dice that fall the same way for the same seed. */
export class Chance {
  readonly #seed: number
  #thrown = 0

  constructor(seed: number) {
    this.#seed = mix((seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) + 1))
  }

  /** A number from 0 up to 1; the next one of its kind with each call. */
  next(): number {
    return (mix(this.#seed ^ mix(++this.#thrown)) >>> 0) / 2 ** 32
  }

  /** A number from 0 up to 1 that belongs to `index`. */
  at(index: number): number {
    return (mix(~this.#seed ^ mix(index + 1)) >>> 0) / 2 ** 32
  }

  happens(probability: number): boolean {
    return this.next() < probability
  }
}
