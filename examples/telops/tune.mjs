// The packet size and bitrate that suit a connection, found by trial.
// There has to be a recording in the camera's buffer.
//
//     node examples/telops/tune.mjs [ADDRESS] [FRAMES]
import { openTelops, tuneConnection } from 'framewire/telops'

const [address, testFrames = 300] = process.argv.slice(2)
const camera = await openTelops(address)
try {
  const report = await tuneConnection(camera, { testFrames: Number(testFrames) })
  console.log(String(report))
  report.apply(camera)
  const { shape, statistics } = await camera.bufferDownload({ sequence: 0 })
  console.log(`${shape[0]} frames with packets of ${statistics.packetSizeUsed} bytes`)
} finally {
  await camera.close()
}
