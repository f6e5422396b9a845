import { table } from '../table.mjs'

/** The report for people: two tables a link, then the targets. */
export function reportText({ machine, frames, rounds, seconds, liveHz, links, targets }) {
  const sections = [
    `${machine}; ${frames} frames of 320 x 256 out of a simulated camera, as degC; median of ${rounds}, whole calls`,
  ]
  for (const { mtu, downloads, live } of links) {
    sections.push(
      table(
        [
          `veth, MTU ${mtu}`,
          'frames',
          's',
          "of the link's own",
          'frames/s',
          'MB/s',
          'CPU s/GB',
          'peak RSS',
          'not whole',
        ],
        downloads.map((of) => [
          of.name,
          String(of.frames),
          of.seconds.toFixed(2),
          of.ofLink.toFixed(3),
          of.framesPerSecond.toFixed(0),
          of.throughputMBps.toFixed(1),
          of.cpuSecondsPerGB.toFixed(2),
          of.peakRssBytes === undefined ? '' : `${(of.peakRssBytes / 1e6).toFixed(0)} MB`,
          String(of.wrong),
        ]),
      ),
      table(
        [
          `live, ${liveHz} a second, ${seconds} s`,
          'whole',
          'lost',
          'age, received: median',
          'p99',
          'taken: median',
          'p99',
          'CPU of a core',
          'peak RSS',
        ],
        Object.entries({ 'every frame': live.every, 'the latest, 30 a second': live.latest }).map(
          ([name, of]) => [
            name,
            String(of.whole),
            String(of.lost + of.outOfOrder),
            ...[of.ageMs.received, of.ageMs.captured].flatMap(({ median, p99 }) =>
              [median, p99].map((ms) => `${ms.toFixed(2)} ms`),
            ),
            `${(100 * of.cpuShare).toFixed(0)} %`,
            `${(of.peakRssBytes / 1e6).toFixed(0)} MB`,
          ],
        ),
      ),
    )
  }
  sections.push(
    table(
      ['target', 'wanted', 'measured', ''],
      targets.map(({ title, wanted, figure, reached }) => [
        title,
        wanted,
        figure,
        reached ? 'reached' : 'NOT reached',
      ]),
    ),
  )
  return sections.join('\n\n')
}
