import { FramewireError } from '../errors.js'

/** How much of the disk the chunks of a place's open journals may take. */
export class DiskBudget {
  readonly #bytes: number
  #held = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** Count bytes that are on disk already, or may be in any case. */
  count(bytes: number): void {
    this.#held += bytes
  }

  /** Take so many more. Throws `journal/budget`. */
  hold(bytes: number): void {
    if (this.#held + bytes > this.#bytes) {
      throw new FramewireError(
        'journal/budget',
        `The journal may take ${this.#bytes} bytes of the disk and holds ${this.#held}; a chunk of ${bytes} would be too much. It is refused, those before it stay. Give a larger budget, or wait until chunks are stored.`,
        { budgetBytes: this.#bytes, heldBytes: this.#held, chunkBytes: bytes },
      )
    }
    this.#held += bytes
  }

  /** Give back. */
  release(bytes: number): void {
    this.#held -= bytes
  }
}
