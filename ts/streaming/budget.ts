import { FramewireError } from '../errors.js'

/**
 * How many bytes a streamer may hold: raw frames until they are packaged, sealed chunks until they are stored.
 * A chunk larger than the whole budget is taken when nothing else is held: else it could never be sent.
 */
export class MemoryBudget {
  readonly limitBytes: number
  #held = 0
  readonly #waiting: { bytes: number; resolve: () => void }[] = []

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get heldBytes(): number {
    return this.#held
  }

  /** Whether so many bytes fit, and nobody waits. */
  hasRoom(bytes: number): boolean {
    return this.#waiting.length === 0 && this.#fits(bytes)
  }

  /** Take `bytes`, or throw `stream/memory-budget` at once. */
  hold(bytes: number): void {
    if (!this.hasRoom(bytes)) {
      throw new FramewireError(
        'stream/memory-budget',
        `The memory budget of ${this.limitBytes} bytes is used up (${this.#held} held, ${bytes} more asked for). ` +
          'Wait until an earlier chunk is stored and push again, push less at once, or give a larger memoryBudgetBytes.',
        { budgetBytes: this.limitBytes, heldBytes: this.#held, chunkBytes: bytes },
      )
    }
    this.#held += bytes
  }

  /** Take `bytes` as soon as they fit; first come, first served. */
  async waitAndHold(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw aborted(signal)
    if (this.hasRoom(bytes)) {
      this.#held += bytes
      return
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = { bytes, resolve: done }
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        this.#admit()
        reject(aborted(signal))
      }
      function done() {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiting.push(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Exchange what a raw chunk held for what its sealed form holds; never refused. */
  exchange(rawBytes: number, sealedBytes: number): void {
    this.#held += sealedBytes - rawBytes
    this.#admit()
  }

  release(bytes: number): void {
    this.#held -= bytes
    this.#admit()
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.limitBytes
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#held += next.bytes
      next.resolve()
    }
  }
}

function aborted(signal: AbortSignal | undefined) {
  const cause = signal?.reason
  return new FramewireError(
    'stream/aborted',
    'Waiting for memory was aborted by the signal.',
    { what: 'run' },
    { cause },
  )
}
