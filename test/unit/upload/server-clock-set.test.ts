import { expect, it } from 'vitest'
import { IngestApi } from '../../../ts/upload/api.js'
import { ServerClock } from '../../../ts/upload/server-clock.js'
import { settled } from '../../simulation/clock.js'
import { LaptopClock } from './laptop-clock.js'

const HOUR = 3_600_000

it.each([-HOUR, HOUR])(
  'is not corrected by what was measured before this machine was set by %d ms',
  async (byMs) => {
    const clock = new LaptopClock({ sets: [{ at: 60_000, byMs }] })
    const api = new IngestApi({
      apiKey: 'k',
      endpoint: 'https://ingest.sim',
      clock,
      transport: async () => {
        const now = clock.truth.wall()
        return {
          status: 200,
          headers: {},
          text: JSON.stringify({ receivedAtUnixMs: now, transmittedAtUnixMs: now }),
        }
      },
    })
    const measured = new ServerClock(api)
    measured.use()
    clock.truth.after(120_000, () => {})
    await settled()
    while (await clock.truth.step(120_000)) void measured.offset // as every push asks
    const { offset } = measured
    // Measured anew, or none.
    if (offset) expect(Math.abs(clock.wall() + offset.offsetMs - clock.truth.wall())).toBeLessThan(1_000)
  },
)
