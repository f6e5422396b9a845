// One frame, and a hundred in a row.
//
//     node examples/telops/grab.mjs [ADDRESS] [FRAMES]
import { openTelops } from 'framewire/telops'

const [address, count = 100] = process.argv.slice(2)
const camera = await openTelops(address)
try {
  const frame = await camera.grab()
  console.log(`one frame of ${frame.shape.join(' x ')} in ${frame.unit}`)

  const frames = await camera.acquire(Number(count))
  const [first, last] = [frames[0], frames.at(-1)]
  console.log(`${frames.length} frames, ids ${first.header.frameId} to ${last.header.frameId}`)
} finally {
  await camera.close()
}
