/** Alternate the peers round by round, so that what else the machine does falls upon all of them alike. */
export async function alternate(peers, rounds, say) {
  const names = Object.keys(peers)
  const results = Object.fromEntries(names.map((name) => [name, []]))
  // The first round warms up: compilers, memory, connections.
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length]
      const result = await peers[name]()
      if (round > 0) results[name].push(result)
    }
  }
  return results
}

/** Median, least and greatest of some figures. */
export function spread(figures) {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, least: sorted[0], greatest: sorted.at(-1) }
}

export const cpuPerGB = ({ cpuSeconds, rawBytes }) => (cpuSeconds * 1e9) / rawBytes
export const throughputMBps = ({ seconds, rawBytes }) => rawBytes / 1e6 / seconds
export const share = ({ bytes, rawBytes }) => bytes / rawBytes

/** How many times `figure` of `a` is that of `b`, each round for itself. */
export function ratio(a, b, figure) {
  return spread(a.map((result, round) => figure(result) / figure(b[round])))
}
