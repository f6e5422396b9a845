// A recording whose moment of interest the program itself tells: what `bufferRecord` does, step by step.
//
//     node examples/telops/manual-moi.mjs [ADDRESS] [FRAMES]
import { openTelops } from 'framewire/telops'

const [address, frames = 1000] = process.argv.slice(2)
const camera = await openTelops(address)
try {
  await camera.bufferConfigure({ framesPerSequence: Number(frames) })

  await camera.bufferArm()
  await camera.bufferFireMoi()
  await camera.bufferWait({ timeoutMs: 30_000 })
  const { shape, unit } = await camera.bufferDownload()
  console.log(`${shape.join(' x ')} in ${unit}`)
} finally {
  await camera.close()
}
