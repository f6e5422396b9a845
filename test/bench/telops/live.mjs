// framewire takes live frames. Arguments: the camera's address, frames per second, for how many seconds, the packet size,
// and how many of the latest are read a second; left out, every frame is.
import { setTimeout as sleep } from 'node:timers/promises'
import { openTelops } from 'framewire/telops'
import { spread } from '../rounds.mjs'
import { cpuSecondsOf } from '../usage.mjs'

const [address, frameRateHz, seconds, packetSize, readRateHz] = process.argv
  .slice(2)
  .map((text, at) => (at ? Number(text) : text))
/** When memory is looked at, for the first time after so much of the time. */
const WARM_PART = 1 / 3
const LOOK_MS = 250

const camera = await openTelops(address)
await camera.configure({ resolution: [320, 256], integrationTimeUs: 10, frameRateHz })
const acquisition = camera.acquisition({ packetSize, packetDelayNs: 0 })
await acquisition.started
const startMs = performance.now()
const endMs = startMs + seconds * 1000
const cpuBefore = cpuSecondsOf(process.pid)
const rss = []
const looking = setInterval(() => rss.push(process.memoryUsage.rss()), LOOK_MS)
const ages = { received: [], captured: [] }
let [lastId, outOfOrder] = [0, 0]
for (let read = 0; performance.now() < endMs; read++) {
  if (readRateHz) await sleep(Math.max(0, startMs + (read * 1000) / readRateHz - performance.now()))
  const frame = await acquisition.readFrame({ latest: readRateHz !== undefined })
  const now = performance.timeOrigin + performance.now()
  ages.received.push(now - frame.receivedAt)
  ages.captured.push(now - frame.capturedAt)
  const { frameId } = frame.header
  if (readRateHz ? frameId <= lastId : frameId !== lastId + 1) outOfOrder++
  lastId = frameId
  frame[Symbol.dispose]()
}
const cpuShare = ((cpuSecondsOf(process.pid) - cpuBefore) * 1000) / (performance.now() - startMs)
clearInterval(looking)
const { complete, losses, kernelDrops, resendPacketsAsked } = await acquisition.stop()
await camera.close()

const sortedRss = rss.slice(Math.ceil(rss.length * WARM_PART))
const half = sortedRss.length >> 1
const figures = ([name, values]) => {
  const sorted = values.sort((a, b) => a - b)
  return [name, { median: spread(sorted).median, p99: sorted[Math.floor(sorted.length * 0.99)] }]
}
process.stdout.write(
  `${JSON.stringify({
    whole: complete,
    read: ages.received.length,
    lost: Object.values(losses).reduce((sum, count) => sum + count, 0),
    outOfOrder,
    kernelDrops,
    resendPacketsAsked,
    ageMs: Object.fromEntries(Object.entries(ages).map(figures)),
    rssGrowthBytes: Math.max(...sortedRss.slice(half)) - Math.max(...sortedRss.slice(0, half)),
    peakRssBytes: Math.max(...rss),
    cpuShare,
  })}\n`,
)
