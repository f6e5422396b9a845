// Opens a camera and waits, for a while, until it is lost; what happens then is all that it waits for.
// Argument: IP address.
import { openCamera } from 'framewire/gige'

const camera = await openCamera(process.argv[2], {
  interfaceIp: '127.0.0.1',
  reconnect: true,
  heartbeatTimeoutMs: 500,
})
const waiting = setTimeout(() => {}, 30_000)
camera.addEventListener('lost', () => {
  clearTimeout(waiting)
  process.stdout.write('lost\n')
})
camera.addEventListener('reconnected', () => process.stdout.write('reconnected\n'))
process.stdout.write('open\n')
