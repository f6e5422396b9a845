import { NATIVE_3, NATIVE_CHOSEN, OURS_HTTP, OURS_ONE, PACKERS, SDK } from './contest.mjs'
import { cpuPerGB, ratio, share, spread } from './rounds.mjs'

/** The parts of packaging that hash: for the receipt, for the service's ETag, for the content and the index of a shard. */
const HASHES = ['XXH64 of the pixels', 'index with its CRC32C', 'MD5 of the shard', 'SHA-256 of the shard']

/** Packaging per core: raw bytes a CPU-second, ours over the other's. */
export const perCore = (ours, other) => ratio(other, ours, cpuPerGB)
export const bytesOut = (ours, other) => ratio(ours, other, share)
const cpu = (ours, other) => ratio(ours, other, cpuPerGB)

/** The targets, each with its figure and whether it is reached (by the median; the greatest for `push`). */
export function targets({ movie, noisy }, extras) {
  const packers = Object.values(PACKERS)
  const longest = Math.max(...extras.movie.pushes.flatMap(({ milliseconds }) => milliseconds))
  return [
    atLeast(1.15, 'the movie: packaging per core over the SDK', perCore(movie[OURS_ONE], movie[SDK])),
    atMost(1.03, 'the movie: bytes over the SDK', bytesOut(movie[OURS_ONE], movie[SDK])),
    atLeast(2.5, 'noisy: packaging per core over the SDK', perCore(noisy[OURS_ONE], noisy[SDK])),
    atMost(1, 'noisy: bytes over the SDK', bytesOut(noisy[OURS_ONE], noisy[SDK])),
    ...[
      ['the movie', movie],
      ['noisy', noisy],
    ].map(([title, results]) => {
      const best = packers.reduce((a, b) => (fastest(results[a]) < fastest(results[b]) ? a : b))
      return atLeast(
        1.5,
        `${title}: packaging per core over ${best}`,
        perCore(results[OURS_ONE], results[best]),
      )
    }),
    atMost(1, 'the movie: end to end, CPU over the SDK', cpu(movie[OURS_HTTP], movie[SDK])),
    atMost(0.6, 'noisy: end to end, CPU over the SDK', cpu(noisy[OURS_HTTP], noisy[SDK])),
    atMost(0.15, 'the movie: all hashing, CPU over packaging', hashing(extras.movie.parts, movie[OURS_ONE])),
    atMost(0.15, 'noisy: all hashing, CPU over packaging', hashing(extras.noisy.parts, noisy[OURS_ONE])),
    {
      title: 'push with { transfer: true }, longest, ms',
      wanted: '< 5',
      reached: longest < 5,
      figure: { median: longest },
    },
  ]
}

/** All hashing of packaging together, the same bytes with the same implementations, over the whole of it on one core. */
function hashing(rounds, packaging) {
  const hashes = rounds.map(({ rawBytes, parts }) => ({
    rawBytes,
    cpuSeconds: HASHES.reduce((sum, name) => sum + parts[name], 0),
  }))
  return ratio(hashes, packaging, cpuPerGB)
}

/** What is told beside the targets: packaging against each native packer. */
export function comparisons(results) {
  return [NATIVE_3, NATIVE_CHOSEN, ...Object.values(PACKERS), SDK].map((other) => ({
    title: other,
    perCore: perCore(results[OURS_ONE], results[other]),
    bytes: bytesOut(results[OURS_ONE], results[other]),
  }))
}

const fastest = (results) => spread(results.map(cpuPerGB)).median
const atLeast = (wanted, title, figure) => ({
  title,
  wanted: `>= ${wanted}`,
  reached: figure.median >= wanted,
  figure,
})
const atMost = (wanted, title, figure) => ({
  title,
  wanted: `<= ${wanted}`,
  reached: figure.median <= wanted,
  figure,
})
