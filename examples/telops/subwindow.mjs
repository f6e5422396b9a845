// A part of the sensor alone, which makes higher frame rates possible.
//
//     node examples/telops/subwindow.mjs [ADDRESS]
import { openTelops } from 'framewire/telops'

const camera = await openTelops(process.argv[2])
try {
  await camera.setResolution(128, 64) // Width and height in usable pixels.
  await camera.setRoiOffset(64, 96) // Where it lies on the sensor.

  console.log(`at most ${Math.floor(await camera.frameRateMax())} fps`)
  console.log(`widths ${camera.validWidths.join(', ')}`)
  console.log(`heights ${camera.validHeights.slice(0, 3).join(', ')}, ... ${camera.validHeights.at(-1)}`)
} finally {
  await camera.close()
}
