// A download at a bitrate of one's own, in place of the one that was learned of the connection.
// There has to be a recording in the camera's buffer.
//
//     node examples/telops/manual-bitrate.mjs [ADDRESS]
import { openTelops } from 'framewire/telops'

const camera = await openTelops(process.argv[2])
try {
  const { shape, statistics } = await camera.bufferDownload({ sequence: 0, bitrateMbps: 500 })
  console.log(`${shape[0]} frames at ${statistics.bitrateUsedMbps} Mbit/s`)

  // Nothing is learned any more, of any download.
  camera.autoTune = false
} finally {
  await camera.close()
}
