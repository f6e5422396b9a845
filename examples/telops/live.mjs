// Live frames, always the newest: what a display does.
//
//     node examples/telops/live.mjs [ADDRESS] [SECONDS]
import { openTelops } from 'framewire/telops'

const [address, seconds = 5] = process.argv.slice(2)
const camera = await openTelops(address)
const acquisition = camera.acquisition()
try {
  for (const end = Date.now() + 1000 * Number(seconds); Date.now() < end; ) {
    // `latest` passes over what has piled up meanwhile: the display never lags, however slow it is.
    const frame = await acquisition.readFrame({ timeoutMs: 100, latest: true })
    if (frame) display(frame)
  }
} finally {
  const { read, passedOver } = await acquisition.stop()
  console.log(`${read} frames shown, ${passedOver} passed over`)
  await camera.close()
}

function display({ blockId, data, unit }) {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length
  console.log(`frame ${blockId}: mean ${mean.toFixed(2)} ${unit}`)
}
