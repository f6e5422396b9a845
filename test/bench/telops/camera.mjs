// The simulated camera. Arguments: its address, MB of packets a second. On the line `begin` it counts anew; on `end` it
// says, when it has sent all it was asked for, how many packets these were and what time lies between the first and the
// last.
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTelopsSimulator } from 'framewire/simulator'

/** How often it is looked whether packets were sent, in ms: as exact are the times. */
const LOOK_MS = 1
/** When none was sent for so long, in ms, none follows. */
const QUIET_MS = 500

const [address, bandwidthMBps] = process.argv.slice(2)
const camera = await createTelopsSimulator({
  address,
  device: 'end',
  bandwidthMBps: Number(bandwidthMBps),
  recordFrames: 0,
})
let [before, seen] = [0, 0]
let [firstMs, lastMs] = [0, 0]
const looking = setInterval(() => {
  const { packets } = camera.statistics
  if (packets === seen) return
  lastMs = performance.now()
  if (seen === before) firstMs = lastMs
  seen = packets
}, LOOK_MS)
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'begin') before = seen
  else {
    while (seen === before || performance.now() - lastMs < QUIET_MS) await sleep(LOOK_MS)
    process.stdout.write(
      `${JSON.stringify({ packets: seen - before, seconds: (lastMs - firstMs) / 1000 })}\n`,
    )
  }
}
clearInterval(looking)
await camera.close()
