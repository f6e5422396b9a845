import { table } from '../table.mjs'

/** The report for people: a table a link, then the targets. */
export function reportText({ machine, seconds, links, targets }) {
  const sections = [
    `${machine}; images of 1 MiB, ${seconds} s each, one receiver after the other from one native sender`,
  ]
  for (const { mtu, results, stock, highest } of links) {
    const rows = [...results, { ...stock, name: 'framewire, stock receive buffer' }]
    sections.push(
      table(
        [
          `veth, MTU ${mtu}`,
          'MB/s',
          'CPU of a core',
          'lost',
          'kernel drops',
          'resent',
          'latency: median',
          'p99',
        ],
        rows.map(({ name, bytesPerSecond, cpuShare, lost, of, kernelDrops, resent, latencyMs }) => [
          name,
          (bytesPerSecond / 1e6).toFixed(0),
          `${(100 * cpuShare).toFixed(1)} %`,
          `${lost} of ${of} ${name === 'bare recvmmsg' ? 'packets' : 'images'}`,
          // aravis reads a packet socket, whose drops are not told.
          name === 'aravis' ? '' : String(kernelDrops),
          String(resent),
          latencyMs ? `${latencyMs.median.toFixed(2)} ms` : '',
          latencyMs ? `${latencyMs.p99.toFixed(2)} ms` : '',
        ]),
      ),
      table(
        ['highest rate without loss', 'MB/s', 'limited by'],
        Object.entries(highest).map(([name, { bytesPerSecond, limit }]) => [
          name,
          (bytesPerSecond / 1e6).toFixed(0),
          limit,
        ]),
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
