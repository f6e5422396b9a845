// Has the camera send its recording to a port, and does nothing with it. Arguments: the camera's address, this host's as a
// number, the port, the packet size, how many frames, most Mbit/s. It stops the camera when it is told a line.
import { once } from 'node:events'
import { openCamera } from 'framewire/gige'

const [address, host, port, packetSize, frames, bitrateMbps] = process.argv.slice(2)
const float = (value) => new DataView(Float32Array.of(value).buffer).getUint32(0, true)
const [MODE, BIT_RATE, FIRST_ID, COUNT] = [0xe93c, 0xead4, 0xeba8, 0xebac]
const [STREAM_PORT, PACKET_SIZE, DESTINATION] = [0xd00, 0xd04, 0xd18]
const [START, STOP] = [0xd314, 0xd318]

const camera = await openCamera(address)
const registers = [
  [MODE, 1],
  [BIT_RATE, float(Number(bitrateMbps))],
  [FIRST_ID, 1],
  [COUNT, Number(frames)],
  [PACKET_SIZE, Number(packetSize)],
  [DESTINATION, Number(host)],
  [STREAM_PORT, Number(port)],
  [START, 1],
]
for (const [register, value] of registers) await camera.writeRegister(register, value)
await once(process.stdin, 'data')
for (const register of [STOP, STREAM_PORT, MODE])
  await camera.writeRegister(register, register === STOP ? 1 : 0)
await camera.close()
process.stdin.destroy()
process.stdout.write('stopped\n')
