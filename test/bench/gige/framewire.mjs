// framewire as a receiver: starts the camera, counts its images until a line comes, then says how many were whole, and
// when each was there. Arguments: the camera's address, options of the acquisition as JSON.
import { once } from 'node:events'
import { openCamera } from 'framewire/gige'

const [address, options] = process.argv.slice(2)
const arrivedAtNs = []
process.on('warning', ({ message }) => {
  if (arrivedAtNs.length === 0) process.stdout.write(`warning: ${message}\n`)
})
const camera = await openCamera(address)
const acquisition = camera.acquisition(JSON.parse(options))
const taken = (async () => {
  for await (const frame of acquisition.frames()) {
    // The sender's ids begin with 1.
    arrivedAtNs.push([Number(frame.blockId) - 1, String(process.hrtime.bigint())])
    frame[Symbol.dispose]()
  }
})()
await once(process.stdin, 'data')
await acquisition.stop()
await taken
await camera.close()
process.stdin.destroy()
process.stdout.write(`${JSON.stringify({ whole: arrivedAtNs.length, arrivedAtNs })}\n`)
