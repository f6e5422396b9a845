import { usage } from './outcome.js'

/** The key to show to a service: the given one, else the environment's. Throws a usage error where there is none. */
export function apiKey(given: string | undefined): string {
  const key = given ?? (process.env.FRAMEWIRE_API_KEY || process.env.AS_API_KEY)
  if (key) return key
  throw usage('give an API key: --api-key, or FRAMEWIRE_API_KEY or AS_API_KEY in the environment.')
}
