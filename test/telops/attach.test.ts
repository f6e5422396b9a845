import { join } from 'node:path'
import { readFrames, verifyStore } from 'framewire/server'
import { createTelopsSimulator } from 'framewire/simulator'
import { openTelops } from 'framewire/telops'
import { expect, it, onTestFinished } from 'vitest'
import { telopsCount } from '../../ts/simulator/telops/formula.js'
import { loopbackAddress } from '../gige/loopback.js'
import { embedded } from '../streaming/embedded.js'

const [WIDTH, HEIGHT] = [64, 32]
const FRAMES = 60
/** Counts of the simulated camera lie in here, which 8 bits hold, rounded down. */
const [LOW, HIGH] = [24_576, 24_576 + 0xfff]

/** By these a frame is known. */
const PIXELS = [
  [0, 0],
  [0, WIDTH - 1],
  [HEIGHT - 1, 0],
  [HEIGHT - 1, WIDTH - 1],
] as const

const { store, streaming } = embedded()

it('a Telops camera is attached to a stream: its pixels are stored, its header rows are not', async () => {
  const address = loopbackAddress()
  const simulator = await createTelopsSimulator({ address })
  onTestFinished(() => simulator.close())
  const camera = await openTelops(address, { interfaceIp: '127.0.0.1' })
  onTestFinished(() => camera.close())
  await camera.setResolution(WIDTH, HEIGHT)
  await camera.setFrameRate(200)

  const streamer = streaming()
  const dataId = await streamer.initialize({
    fps: 10,
    rotationsPerMin: 0,
    chunkSize: 20,
    scale: { lo: LOW, hi: HIGH },
  })
  const recording = await streamer.attach(dataId, camera.live({ packetSize: 1500 }), { frames: FRAMES })
  expect(await recording.done).toMatchObject({
    frames: FRAMES,
    losses: { camera: 0, wire: 0, kernel: 0, app: 0 },
  })
  const { totals } = await streamer.finalize(dataId)
  expect(totals).toMatchObject({ frames: FRAMES, framesStored: FRAMES })

  expect((await verifyStore(join(store, dataId))).problems).toEqual([])
  const stored = await readFrames(join(store, dataId), 0, FRAMES)
  const shows = (at: number, frameId: number) =>
    PIXELS.every(([row, column]) => {
      const count = telopsCount(frameId, row, column)
      const pixel = stored[at * WIDTH * HEIGHT + row * WIDTH + column]!
      return pixel === Math.floor(((count - LOW) * 255) / (HIGH - LOW))
    })
  // The camera leaves a frame out where this host is too busy to send the one before.
  for (let at = 0, frameId = 0; at < FRAMES; at++) {
    const next = Array.from({ length: 50 }, (_, left) => frameId + 1 + left).find((id) => shows(at, id))
    expect(next, `the frame of the camera that is stored as number ${at}, behind ${frameId}`).toBeDefined()
    frameId = next!
  }
})
