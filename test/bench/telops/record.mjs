// Fills the camera's buffer. Arguments: the camera's address, how many frames.
import { openTelops } from 'framewire/telops'

const [address, frames] = process.argv.slice(2)
const camera = await openTelops(address)
await camera.configure({ resolution: [320, 256], integrationTimeUs: 10, frameRateHz: 3000 })
await camera.bufferConfigure({ nSequences: 1, framesPerSequence: Number(frames) })
const { frames: recorded } = await camera.bufferRecord()
await camera.close()
process.stdout.write(`recorded ${recorded}\n`)
