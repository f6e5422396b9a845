const BASE_MS = 500

/** Longest back-off of one item, in ms. */
const LONGEST_BACKOFF_MS = 30_000

/**
 * Exponential back-off with full jitter before the `attempt`-th repeat (from 1), in ms: evenly drawn from
 * 0 .. min(cap, 500 ms * 2^(attempt - 1)), so that clients cut off together do not come back together.
 * @param random 0 .. 1
 */
export function backoffMs(attempt: number, random: number, capMs = LONGEST_BACKOFF_MS): number {
  return random * Math.min(capMs, BASE_MS * 2 ** (attempt - 1))
}
