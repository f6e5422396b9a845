import { OURS_HTTP, OURS_ONE } from './contest.mjs'
import { cpuPerGB, spread } from './rounds.mjs'

/** Where the CPU time of our pipeline goes: its parts measured alone, what is left of packaging, and what HTTP adds. */
export function costs(results, parts) {
  const known = Object.keys(parts[0].parts).map((name) => ({
    name,
    cost: spread(parts.map(({ rawBytes, parts: used }) => (used[name] * 1e9) / rawBytes)),
  }))
  const sum = known.reduce((total, { cost }) => total + cost.median, 0)
  const packaging = spread(results[OURS_ONE].map(cpuPerGB))
  const endToEnd = spread(results[OURS_HTTP].map(cpuPerGB))
  return [
    ...known,
    { name: 'threads, messages, the rest', cost: { median: packaging.median - sum } },
    { name: 'packaging in all, 1 worker', cost: packaging },
    { name: 'reading out and HTTP', cost: { median: endToEnd.median - packaging.median } },
    { name: 'end to end in all', cost: endToEnd },
  ]
}
