// A host that receives for a long time: node gige-host.mjs CAMERA BLOCKED_AFTER_S BLOCKED_S. Its main thread is blocked
// once. When a line comes it ends the acquisition and says what came of it.
import { once } from 'node:events'
import { openCamera } from 'framewire/gige'

const [address, blockedAfterSeconds, blockedSeconds] = process.argv.slice(2)
const camera = await openCamera(address)
const lost = []
camera.addEventListener('lost', ({ detail }) => lost.push(detail.message))
const acquisition = camera.acquisition({ packetSize: 1500 })
let frames = 0
let damaged = 0
const taken = (async () => {
  for await (const frame of acquisition.frames()) {
    frames++
    // The sender's images begin with their number; ids begin with 1 and go from 65,535 to 1.
    const number = new DataView(frame.data.buffer, frame.data.byteOffset).getBigUint64(0)
    if ((number % 65_535n) + 1n !== frame.blockId) damaged++
    frame[Symbol.dispose]()
  }
})()
await acquisition.started
process.stdout.write('started\n')
setTimeout(() => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockedSeconds) * 1000)
  process.stdout.write('blocked\n')
}, Number(blockedAfterSeconds) * 1000)

await once(process.stdin, 'data')
// It is still this host's: a register can be written.
const statistics = await acquisition.stop()
await taken
await camera.close()
process.stdin.destroy()
const { losses, complete, kernelDrops, unread, streamingMs } = statistics
process.stdout.write(
  `${JSON.stringify({ frames, damaged, lost, losses, complete, kernelDrops, unread, streamingMs })}\n`,
)
