import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from './refusal.js'

/** The keys that a server accepts; none where it was told to ask for none. */
export class ApiKeys {
  readonly #digests: readonly Buffer[]

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest)
  }

  /** Throws a 401 for a key that is missing or unknown. Takes as long for a near miss as for a far one. */
  check(given: string | string[] | undefined): void {
    if (this.#digests.length === 0) return
    if (typeof given !== 'string' || given === '') {
      throw new Refusal(
        401,
        'auth/missing-key',
        'The header x-api-key is missing. Send your API key in it.',
        'x-api-key',
      )
    }
    const found = digest(given)
    const matches = this.#digests.filter((key) => timingSafeEqual(key, found))
    if (matches.length === 0) {
      throw new Refusal(
        401,
        'auth/unknown-key',
        'This server does not know this API key. Check x-api-key.',
        'x-api-key',
      )
    }
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
