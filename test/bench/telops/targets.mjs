import { HEIGHT, WIDTH } from './frame.mjs'

/** Memory of 64 converted frames, which are on their way to the reader at most: all of them when it was held up. */
const MOST_GROWTH_BYTES = 64 * WIDTH * HEIGHT * 4

/** The targets on one link, each with its figure and whether it is reached. */
export function targets({ mtu, linkSeconds, downloads, live: { every, latest, periodMs } }) {
  const of = (name) => downloads.find((download) => download.name === name)
  const [ours, theirs] = [of('framewire, file'), of('pyTelops')]
  const target = (title, wanted, figure, reached) => ({
    title: `MTU ${mtu}: ${title}`,
    wanted,
    figure,
    reached,
  })
  const atMost = (title, most, value, text = value.toFixed(2)) =>
    target(title, `<= ${most.toFixed(2)}`, text, value <= most)
  const faster = theirs.seconds / ours.seconds
  const cpu = ours.cpuSecondsPerGB / theirs.cpuSecondsPerGB
  const rss = ours.peakRssBytes / 1e6
  const lost = every.lost + every.outOfOrder
  const age = (what) => latest.ageMs[what].median
  return [
    atMost(`whole call over the link's own time (${linkSeconds.toFixed(1)} s)`, 1.08, ours.ofLink),
    target('times as fast as pyTelops', '>= 2.5', faster.toFixed(2), faster >= 2.5),
    atMost('CPU per GB over that of pyTelops', 0.5, cpu),
    target('frames not whole, or wrong', '0', String(ours.wrong), ours.wrong === 0),
    target('peak RSS into a file, MB', '< 300', rss.toFixed(0), rss < 300),
    target('live: frames lost, or out of order', '0', `${lost} of ${every.whole + every.lost}`, lost === 0),
    atMost('live: age of the latest since it was received, median, ms', periodMs + 2, age('received')),
    target(
      'live: growth of memory from the middle third to the last, MB',
      `< ${(MOST_GROWTH_BYTES / 1e6).toFixed(0)}`,
      (latest.rssGrowthBytes / 1e6).toFixed(1),
      latest.rssGrowthBytes < MOST_GROWTH_BYTES,
    ),
  ]
}
