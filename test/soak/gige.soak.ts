import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type Sent, startSender } from '../gige/native-sender.js'
import { layLink } from '../gige/network.js'
import { describeWithLink } from '../gige/suite.js'

const SECONDS = Number(process.env.FRAMEWIRE_SOAK_SECONDS ?? 1800)
const BYTES_PER_SECOND = 100e6
const SIZE = { width: 1024, height: 1024 }
/** Far longer than the camera waits for a heartbeat. */
const BLOCKED_SECONDS = Math.min(60, SECONDS / 4)
/** At the beginning, so that all the memory for frames that nobody reads is in use once. */
const BLOCKED_AFTER_SECONDS = 3
/** By then memory has found its size. */
const SETTLED_SECONDS = Math.min(60, Math.round(SECONDS / 3))
const MOST_GROWTH = 1.05

describeWithLink('a camera on a link', () => {
  it(`receives 100 MB/s for ${SECONDS} s, its main thread blocked for ${BLOCKED_SECONDS} s of them`, async () => {
    const link = await layLink({ apart: true })
    try {
      const sender = await startSender(link, SIZE)
      const images = Math.round((BYTES_PER_SECOND * SECONDS) / (SIZE.width * SIZE.height))
      await sender.plan({ images, bytesPerSecond: BYTES_PER_SECOND })
      const script = fileURLToPath(new URL('gige-host.mjs', import.meta.url))
      const args = [script, link.there, String(BLOCKED_AFTER_SECONDS), String(BLOCKED_SECONDS)]
      const host = link.run('here', process.execPath, args, { lifetimeMs: (SECONDS * 2 + 120) * 1000 })
      await host.line(/^started$/)

      const resident: number[] = []
      let sent: Sent | undefined
      const sending = sender.sent((SECONDS * 2 + 60) * 1000).then((what) => {
        sent = what
      })
      while (!sent) {
        resident.push(residentBytes(host.pid))
        await Promise.race([sleep(1000), sending])
      }
      const { images: imagesSent } = sent as Sent
      await sleep(1000)
      host.tell('')
      const [line] = await host.line(/^\{.*\}$/)
      const result = JSON.parse(line)

      expect(host.lines).toContain('blocked')
      expect(result.lost, 'control of the camera').toEqual([])
      expect(result, line).toMatchObject({ damaged: 0, kernelDrops: 0, unread: 0 })
      // Frames that had no room while the main thread was blocked are counted, each one; nothing else is missing.
      expect(result.losses, line).toMatchObject({ camera: 0, wire: 0, kernel: 0 })
      expect(result.losses.app).toBeGreaterThan(0)
      expect(result.frames + result.losses.app).toBe(imagesSent)

      const settled = resident[SETTLED_SECONDS]!
      const most = Math.max(...resident.slice(SETTLED_SECONDS))
      expect(most / settled, `resident memory grew from ${settled} to ${most} bytes`).toBeLessThan(
        MOST_GROWTH,
      )
    } finally {
      await link.close()
    }
  })
})

function residentBytes(pid: number): number {
  const [, kB] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m) ?? []
  return Number(kB) * 1024
}
