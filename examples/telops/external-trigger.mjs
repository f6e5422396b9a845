// A recording around a signal at the BNC connector: 1,000 frames before it, 4,000 behind it.
//
//     node examples/telops/external-trigger.mjs [ADDRESS] [FRAMES]
import { openTelops } from 'framewire/telops'

const [address, frames = 5000] = process.argv.slice(2)
const framesPerSequence = Number(frames)
const camera = await openTelops(address)
try {
  await camera.configureTrigger({ source: 'external', activation: 'rising' })
  await camera.bufferConfigure({
    nSequences: 1,
    framesPerSequence,
    preMoi: framesPerSequence / 5,
    moiSource: 'external',
  })

  await camera.bufferArm() // Resolves when the frames before the signal are in the buffer.
  console.log('armed')
  await camera.bufferWait({ timeoutMs: 60_000 }) // Resolves when the recording is over.
  const { shape } = await camera.bufferDownload()
  console.log(`${shape[0]} frames, the signal at frame ${await camera.bufferMoiIndex()}`)
} finally {
  await camera.close()
}
