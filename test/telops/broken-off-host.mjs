// A host that downloads, until it is killed: node broken-off-host.mjs CAMERA FILE. It prints the part that is there.
import { openTelops } from 'framewire/telops'

const [address, file] = process.argv.slice(2)
const camera = await openTelops(address)
await camera.bufferDownloadTo(file, {
  convert: false,
  packetSize: 1500,
  onProgress: ({ done, frames }) => process.stdout.write(`${(done / frames).toFixed(3)}\n`),
})
