import type { TelopsWarning } from 'framewire/telops'
import { expect, it } from 'vitest'
import { opened, simulated } from './simulated.js'

/** Warnings of a camera that acquires a few frames, of which so many packets are lost. */
async function warnings(loss: number): Promise<TelopsWarning[]> {
  const camera = await opened(await simulated({ seed: 1, faults: { loss } }))
  await camera.setFrameRate(50)
  const told: TelopsWarning[] = []
  camera.addEventListener('warning', (event) => told.push((event as CustomEvent<TelopsWarning>).detail))
  const acquisition = camera.acquisition({ packetSize: 1500, resend: false, incomplete: 'deliver' })
  for (let frames = 0; frames < 10; frames++) await acquisition.readFrame({ timeoutMs: 10_000 })
  await acquisition.stop()
  return told
}

it('packets of live frames that never came are warned of, with what helps', async () => {
  expect(await warnings(0.05)).toMatchObject([
    {
      code: 'FRAMEWIRE_TELOPS_PACKETS',
      message: expect.stringMatching(
        /^[1-9]\d* packets unrecoverable, of [1-9]\d* frames\..*setPacketDelay\(1000\)/,
      ),
    },
  ])
})

it('nothing is warned of where all came', async () => {
  expect(await warnings(0)).toEqual([])
})
