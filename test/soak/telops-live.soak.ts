import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { layLink } from '../gige/network.js'
import { AS_A_DEVICE } from '../gige/process.js'
import { describeWithLink } from '../gige/suite.js'

const SECONDS = Number(process.env.FRAMEWIRE_SOAK_SECONDS ?? 60)
/** Nearly all that Gigabit Ethernet carries of 320 x 256. */
const RATE_HZ = 750
/** MB of packets a second: more than the frames take, so that none waits for another for long. */
const BANDWIDTH_MBPS = 131
const MTU = 1500
/** How many of the latest frames are read a second. */
const READ_HZ = 30
/** Memory of 64 frames of 320 x 256 in 32 bits, which are on their way to the reader at most: all when it was held up. */
const MOST_GROWTH_BYTES = 64 * 320 * 256 * 4

const script = (name: string) => fileURLToPath(new URL(`../bench/telops/${name}`, import.meta.url))

describeWithLink('a Telops camera on a link', () => {
  it.each([
    ['every frame is read', []],
    [`the latest is read ${READ_HZ} times a second`, [READ_HZ]],
  ])(`sends ${RATE_HZ} frames a second for ${SECONDS} s: all are whole, ${'%s'}`, async (_, reading) => {
    const link = await layLink({ mtu: MTU, apart: true })
    try {
      const lifetimeMs = (SECONDS + 60) * 1000
      const args = [process.execPath, script('camera.mjs'), link.there, String(BANDWIDTH_MBPS)]
      await link.run('there', 'nice', [...AS_A_DEVICE, ...args], { lifetimeMs }).line(/^ready$/)
      const live = [script('live.mjs'), link.there, RATE_HZ, SECONDS, MTU, ...reading].map(String)
      const host = link.run('here', process.execPath, live, { lifetimeMs })
      const [line] = await host.line(/^\{.*\}$/, lifetimeMs)
      const result = JSON.parse(line)
      expect(result, line).toMatchObject({ lost: 0, outOfOrder: 0 })
      // The camera's first frame comes a moment behind the beginning, its last one may be under way.
      expect(result.whole, line).toBeGreaterThan(RATE_HZ * (SECONDS - 1))
      expect(result.rssGrowthBytes, line).toBeLessThan(MOST_GROWTH_BYTES)
    } finally {
      await link.close()
    }
  })
})
