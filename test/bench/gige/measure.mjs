import { setTimeout as sleep } from 'node:timers/promises'
import { spread } from '../rounds.mjs'
import { cpuSecondsOf } from '../usage.mjs'
import { kernelDropsOf, receivers } from './receivers.mjs'

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
 * The highest rate, in bytes of image a second, at which nothing is lost: steps of 15 % up from `from`, each tried twice
 * before it is given up, until the sender itself cannot keep to it.
 */
export async function highestRate(link, sender, name, { from, seconds, ...options }) {
  let highest = 0
  for (let bytesPerSecond = from; ; bytesPerSecond *= 1.15) {
    let held
    for (let tries = 0; tries < 2 && !held; tries++) {
      const result = await measure(link, sender, name, { bytesPerSecond, seconds, ...options })
      if (result.lost === 0 && result.kernelDrops === 0) held = result
    }
    if (!held) return { bytesPerSecond: highest, limit: 'the receiver' }
    highest = Math.max(highest, held.bytesPerSecond)
    if (held.bytesPerSecond < bytesPerSecond * 0.95) return { bytesPerSecond: highest, limit: 'the sender' }
  }
}
