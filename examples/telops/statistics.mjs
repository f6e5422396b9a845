// What became of a download.
// There has to be a recording in the camera's buffer.
//
//     node examples/telops/statistics.mjs [ADDRESS]
import { openTelops } from 'framewire/telops'

const camera = await openTelops(process.argv[2])
try {
  await camera.bufferDownload({ sequence: 0 })
  // The same as `statistics` of what `bufferDownload` resolves with.
  const { nIncomplete, throughputMBps, packetSizeUsed } = camera.lastDownloadStats
  console.log(`${nIncomplete} incomplete, ${throughputMBps.toFixed(1)} MB/s, packet size ${packetSizeUsed}`)
} finally {
  await camera.close()
}
