import type { LossCell } from './loss-cells.js'
import type { DownloadResult } from './lossy-download.js'

/** How long downloads took beside one without loss, for people to read. */
export function timesTable(results: ReadonlyMap<LossCell, DownloadResult>): string {
  const free = [...results].filter(([{ isLossFree }]) => isLossFree)
  return [...results]
    .map(([cell, { statistics, incomplete }]) => {
      const { elapsedSeconds, rounds, sessions } = statistics
      const base = free.find(([{ mtu }]) => mtu === cell.mtu)?.[1].statistics.elapsedSeconds
      const ratio = base === undefined ? '' : `, ${(elapsedSeconds / base).toFixed(2)} x without loss`
      const passes = `${sessions} sessions in ${1 + rounds} passes, ${incomplete.length} incomplete`
      return `${elapsedSeconds.toFixed(2)} s${ratio}, ${passes}: ${cell.name}`
    })
    .join('\n')
}
