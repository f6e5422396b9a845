import { FAULTS } from '../fault.js'
import { OPERATIONS } from '../operation.js'
import type { Result } from './contest.js'

const OCCURRENCES = ['first', 'middle', 'last']

/** All cells of a peer: a line for each operation and occurrence, a column for each fault. */
export function table(name: string, results: readonly Result[]): string {
  const operations = OPERATIONS.filter((operation) =>
    results.some(({ cell }) => cell.operation === operation),
  )
  const rows = operations.flatMap((operation) =>
    OCCURRENCES.map((which, occurrence) => {
      const row = results.filter(({ cell }) => cell.operation === operation && cell.occurrence === occurrence)
      const signs = FAULTS.map((fault) => row.filter(({ cell }) => cell.fault === fault).map(signOf)[0] ?? '')
      return [`${operation}, ${which}`, ...signs]
    }),
  )
  const head = ['', ...FAULTS.map((_, column) => String(column + 1))]
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  return [name, line(head), ...rows.map(line)].join('\n')
}

/** What signs and columns mean. */
export function legend(): string {
  const faults = FAULTS.map((fault, column) => `${column + 1} ${fault}`).join(', ')
  return [
    `Faults: ${faults}. In the middle they happen twice in a row. Without a fault every client stores everything.`,
    '·       everything is stored',
    'e       an error told: an exception, a warning, or chunks not uploaded on the receipt',
    'LOST n  n chunks are missing, and nothing says so',
    'OPEN    the stream was never linked or ended, and nothing says so',
    'late    no end in time',
    '-       the request that is meant never came',
    '(empty) there was no time left for it',
  ].join('\n')
}

/** What a peer loses without an error, in a sentence. */
export function losses(name: string, results: readonly Result[]): string {
  const count = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).length
  const silent = results.filter(({ lost }) => lost.chunks > 0)
  const chunks = silent.reduce((sum, { lost }) => sum + lost.chunks, 0)
  return (
    `${name} loses ${chunks} chunks without an error in ${silent.length} of ${results.length} cells ` +
    `(${count('stored')} stored, ${count('told')} told, ${count('late')} late).`
  )
}

function signOf({ verdict, lost, met }: Result): string {
  if (verdict === 'lost') return lost.chunks > 0 ? `LOST ${lost.chunks}` : 'OPEN'
  if (!met) return '-'
  return { stored: '·', told: 'e', late: 'late' }[verdict]
}
