// The highest frame rates of some window sizes and integration times.
//
//     node examples/telops/frame-rates.mjs [ADDRESS]
import { openTelops } from 'framewire/telops'

const WINDOWS = [
  [320, 256, 10],
  [320, 128, 10],
  [320, 64, 10],
  [128, 64, 10],
  [64, 32, 10],
  [64, 4, 10],
  [64, 4, 5],
]

const camera = await openTelops(process.argv[2])
try {
  for (const [width, height, integrationTimeUs] of WINDOWS) {
    // Waits until a second has passed since the last change: the camera's firmware can hang otherwise.
    await camera.configure({ resolution: [width, height], integrationTimeUs })
    const most = Math.round(await camera.frameRateMax())
    console.log(`${width}x${height} at ${integrationTimeUs} us: ${most} fps`)
  }
} finally {
  await camera.close()
}
