/** The camera's clock of dates, in units of 100 ns since 1970. It goes on without power. */
export class PosixClock {
  readonly #now: () => number
  #offset: bigint

  /** @param now in ms, of the clock whose moments {@link at} is asked for */
  constructor(now: () => number) {
    this.#now = now
    this.#offset = units(Date.now()) - units(now())
  }

  /** The date at a moment. */
  at(ms: number): bigint {
    return this.#offset + units(ms)
  }

  /** It is this second now. */
  set(seconds: number): void {
    this.#offset = units(seconds * 1000) - units(this.#now())
  }

  get seconds(): number {
    return Number(this.at(this.#now()) / 10_000_000n)
  }

  /** What the second has of units of 100 ns so far. */
  get subSecond(): number {
    return Number(this.at(this.#now()) % 10_000_000n)
  }
}

function units(ms: number): bigint {
  return BigInt(Math.round(ms * 10_000))
}
