import { OURS_ONE } from './contest.mjs'
import { cpuPerGB, share, spread, throughputMBps } from './rounds.mjs'
import { table } from './table.mjs'

/** The report for people: one table an input, then the ratios, the parts and the targets. */
export function reportText({ note, machine, rounds, inputs, push, parts, targets }) {
  const sections = [
    `${machine}; ${note}; median (least to greatest) of ${rounds} alternating rounds`,
    'The SDK packs only on the way to an upload: it is measured whole, to the same sink over HTTP as framewire end to\n' +
      'end. Packaging is framewire whole but for HTTP, hashes and checks included. Peak RSS includes the input.',
  ]
  for (const { title, contestants, comparisons } of inputs) {
    sections.push(
      table(
        [title, 'CPU-s/GB', 'MB/s', 'raw/packed', 'peak RSS'],
        contestants.map(({ name, cpuPerGB, throughputMBps, ratio, peakRss }) => [
          name,
          shown(cpuPerGB),
          shown(throughputMBps, 0),
          ratio.toFixed(3),
          peakRss ? `${(peakRss / 1e6).toFixed(0)} MB` : '',
        ]),
      ),
      table(
        [`${OURS_ONE}, over`, 'per core', 'bytes'],
        comparisons.map(({ title, perCore, bytes }) => [title, shown(perCore), shown(bytes, 3)]),
      ),
      table(
        ['where the CPU time goes, CPU-s/GB', ''],
        parts[title].map(({ name, cost }) => [name, shown(cost)]),
      ),
    )
  }
  sections.push(
    table(
      ['push with { transfer: true }', 'median', 'longest'],
      push.map(({ chunkBytes, median, longest }) => [
        `chunks of ${(chunkBytes / 1e6).toFixed(0)} MB`,
        `${median.toFixed(2)} ms`,
        `${longest.toFixed(2)} ms`,
      ]),
    ),
    table(
      ['target', 'wanted', 'measured', ''],
      targets.map(({ title, wanted, figure, reached }) => [
        title,
        wanted,
        shown(figure, figure.median > 0.9 && figure.median < 1.1 ? 3 : 2),
        reached ? 'reached' : 'NOT reached',
      ]),
    ),
  )
  return sections.join('\n\n')
}

/** Figures of each contestant over its rounds. */
export function contestantsOf(results) {
  return Object.entries(results).map(([name, rounds]) => ({
    name,
    cpuPerGB: spread(rounds.map(cpuPerGB)),
    throughputMBps: spread(rounds.map(throughputMBps)),
    ratio: 1 / share(rounds[0]),
    peakRss: Math.max(...rounds.map(({ peakRss }) => peakRss ?? 0)) || undefined,
  }))
}

function shown({ median, least, greatest }, digits = 2) {
  const figure = (value) => value.toFixed(digits)
  return least === undefined ? figure(median) : `${figure(median)} (${figure(least)} to ${figure(greatest)})`
}
