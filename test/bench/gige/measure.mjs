import { setTimeout as sleep } from 'node:timers/promises'
import { spread } from '../rounds.mjs'
import { cpuSecondsOf } from '../usage.mjs'
import { kernelDropsOf, receivers } from './receivers.mjs'

/** How often a rate is tried: other programs of this host are in the way of one or the other. */
const TRIES = 3
/** Time for the last packets to become images. */
const SETTLE_MS = 500

/** Let one receiver take what the sender sends at a rate for a time; answers what came of it. */
export async function measure(link, sender, name, { bytesPerSecond, seconds, imageBytes, ...options }) {
  const images = Math.max(1, Math.round((bytesPerSecond * seconds) / imageBytes))
  await sender.plan({ images, bytesPerSecond })
  // A sender that cannot keep to the rate needs longer.
  const receiving = receivers[name](link, { ...options, seconds })
  const [{ process, whole }] = await Promise.all([receiving, sender.started()])
  const before = cpuSecondsOf(process.pid)
  const sent = await sender.sent((seconds * 3 + 20) * 1000)
  const cpuSeconds = cpuSecondsOf(process.pid) - before
  await sleep(SETTLE_MS)
  const kernelDrops = kernelDropsOf(process.pid)
  const came = await whole()
  await process.ended()
  const lost = 'packets' in came ? Math.max(0, sent.packets - came.packets) : sent.images - came.whole
  return {
    name,
    /** Images that were not whole; of the bare receiver packets, which is all that it knows of. */
    lost,
    of: 'packets' in came ? sent.packets : sent.images,
    kernelDrops,
    resent: sent.resent,
    cpuShare: cpuSeconds / sent.seconds,
    /** Bytes of image a second that were sent indeed. */
    bytesPerSecond: (sent.images * sent.imageBytes) / sent.seconds,
    warned: process.lines.find((line) => line.startsWith('warning: ')),
    ...latencies(came, sent),
  }
}

/** From an image's last packet, as it leaves the sender, to the image in JavaScript; in ms. */
function latencies({ arrivedAtNs }, { leftAtNs }) {
  if (!arrivedAtNs?.length) return {}
  const figures = arrivedAtNs
    .map(([number, at]) => Number(BigInt(at) - leftAtNs[number]) / 1e6)
    .sort((a, b) => a - b)
  return { latencyMs: { median: spread(figures).median, p99: figures[Math.floor(figures.length * 0.99)] } }
}

/**
 * The highest rate, in bytes of image a second, at which nothing is lost: steps of 15 % up from `from`, each tried three
 * times before it is given up, until the receiver loses something or the sender cannot keep to the rate.
 */
export async function highestRate(link, sender, name, { from, seconds, ...options }) {
  let highest = 0
  for (let bytesPerSecond = from; ; bytesPerSecond *= 1.15) {
    const results = []
    const isHeld = ({ lost, kernelDrops }) => lost === 0 && kernelDrops === 0
    const isSent = (result) => result.bytesPerSecond > bytesPerSecond * 0.9
    while (results.length < TRIES && !results.some((result) => isHeld(result) && isSent(result))) {
      results.push(await measure(link, sender, name, { bytesPerSecond, seconds, ...options }))
    }
    const held = results.filter(isHeld)
    highest = Math.max(highest, ...held.map((result) => result.bytesPerSecond))
    if (held.length === 0) return { bytesPerSecond: highest, limit: 'the receiver' }
    if (!held.some(isSent)) return { bytesPerSecond: highest, limit: 'the sender' }
  }
}
