// Opens a camera, blocks its main thread, and says whether the camera is still its own.
// Arguments: IP address, heartbeat time-out and time to block in ms.
import { openCamera } from 'framewire/gige'

const [address, heartbeatTimeoutMs, blockMs] = process.argv.slice(2)
const camera = await openCamera(address, {
  interfaceIp: '127.0.0.1',
  heartbeatTimeoutMs: Number(heartbeatTimeoutMs),
})
let lost = false
camera.addEventListener('lost', () => {
  lost = true
})
process.stdout.write('blocking\n')
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockMs))
const privilege = await camera.readRegister(0x0a00)
process.stdout.write(`${JSON.stringify({ lost, privilege })}\n`)
await camera.close()
