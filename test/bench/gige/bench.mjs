import { cpus } from 'node:os'
import { highestRate, measure } from './measure.mjs'
import { receivers } from './receivers.mjs'

/** The images: 1 MiB, 119 of them a second at the rate of the link. */
const SIZE = { width: 1024, height: 1024 }
const imageBytes = SIZE.width * SIZE.height
/** What Gigabit Ethernet carries, all of it image. */
const LINE_RATE = 125e6
/** What the sender must reach to be none of the limits. */
const SENDER_RATE = 400e6
/** Linux's receive buffer where nobody asks for another. */
const STOCK_BYTES = 212_992
/** A step on the way to the highest rate. */
const STEP_SECONDS = 3

/** Every figure of the benchmark. `layLink` and `startSender` are those of test/gige. */
export async function bench({ seconds, python, layLink, startSender, say }) {
  const links = []
  for (const mtu of [1500, 9000]) {
    const link = await layLink({ mtu, apart: true })
    try {
      const sender = await startSender(link, SIZE)
      const common = { packetSize: mtu, python, imageBytes }
      say(`• MTU ${mtu}: the sender alone`)
      const flatOut = await measure(link, sender, 'bare recvmmsg', {
        ...common,
        bytesPerSecond: 4e9,
        seconds: 0.5,
      })
      const results = []
      for (const name of Object.keys(receivers)) {
        say(`• MTU ${mtu}: ${name}, ${LINE_RATE / 1e6} MB/s for ${seconds} s`)
        results.push(await measure(link, sender, name, { ...common, bytesPerSecond: LINE_RATE, seconds }))
      }
      say(`• MTU ${mtu}: framewire with a receive buffer of ${STOCK_BYTES} bytes`)
      const options = { ...common, bytesPerSecond: LINE_RATE, seconds, receiveBufferBytes: STOCK_BYTES }
      const stock = await measure(link, sender, 'framewire', options)
      const highest = {}
      for (const [name, from] of [
        ['pyGigEVision', 20e6],
        ['framewire', 100e6],
      ]) {
        say(`• MTU ${mtu}: the highest rate of ${name} without loss`)
        highest[name] = await highestRate(link, sender, name, { ...common, from, seconds: STEP_SECONDS })
      }
      links.push({ mtu, senderRate: flatOut.bytesPerSecond, results, stock, highest })
    } finally {
      await link.close()
    }
  }
  return {
    machine: `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`,
    seconds,
    links,
    targets: links.flatMap(targets),
  }
}

/** The targets on one link, each with its figure and whether it is reached. */
function targets({ mtu, senderRate, results, stock, highest }) {
  const ours = results.find(({ name }) => name === 'framewire')
  const ratio = highest.framewire.bytesPerSecond / highest.pyGigEVision.bytesPerSecond
  const target = (title, wanted, figure, reached) => ({
    title: `MTU ${mtu}: ${title}`,
    wanted,
    figure,
    reached,
  })
  const line = `${LINE_RATE / 1e6} MB/s`
  return [
    target(
      'the sender, MB/s',
      `>= ${SENDER_RATE / 1e6}`,
      (senderRate / 1e6).toFixed(0),
      senderRate >= SENDER_RATE,
    ),
    target(`${line}: dropped by the kernel`, '0', String(ours.kernelDrops), ours.kernelDrops === 0),
    target(`${line}: images not whole`, '0', `${ours.lost} of ${ours.of}`, ours.lost === 0),
    target(
      `${line}: CPU of the whole process, of a core`,
      '<= 35 %',
      `${(100 * ours.cpuShare).toFixed(1)} %`,
      ours.cpuShare <= 0.35,
    ),
    target('highest rate over pyGigEVision', '>= 1.5', ratio.toFixed(2), ratio >= 1.5),
    target(
      'last packet to JavaScript, median, ms',
      '<= 2',
      ours.latencyMs.median.toFixed(2),
      ours.latencyMs.median <= 2,
    ),
    target(
      'last packet to JavaScript, p99, ms',
      '<= 6',
      ours.latencyMs.p99.toFixed(2),
      ours.latencyMs.p99 <= 6,
    ),
    target(
      'stock receive buffer: images not whole, or told before',
      '0',
      `${stock.lost} of ${stock.of}${stock.warned ? ', told' : ''}`,
      stock.lost === 0 || stock.warned !== undefined,
    ),
  ]
}
