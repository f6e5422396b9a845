// Every frame whole, or an error that names those that are not; and how to allow for some.
// There has to be a recording in the camera's buffer.
//
//     node examples/telops/integrity.mjs [ADDRESS] [MAX_DROPPED_FRAMES]
import { hasCode, openTelops } from 'framewire/telops'

const [address, maxDroppedFrames = 5] = process.argv.slice(2)
const camera = await openTelops(address)
try {
  let downloaded
  try {
    downloaded = await camera.bufferDownload({ sequence: 0 })
  } catch (error) {
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    const { stats } = error.details
    console.log(`${stats.nIncomplete} frame(s) incomplete: ${stats.incompleteFrameIds.join(', ')}`)
    // What came is in `error.details.partial`. Or allow for a few:
    downloaded = await camera.bufferDownload({ sequence: 0, maxDroppedFrames: Number(maxDroppedFrames) })
  }
  const { shape, statistics } = downloaded
  console.log(`${shape[0]} frames, ${statistics.nIncomplete} of them incomplete`)
} finally {
  await camera.close()
}
