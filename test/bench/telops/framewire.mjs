// framewire downloads the camera's recording. Arguments: the camera's address, options of the download as JSON, and the
// path of the .npy file that is to be made of it; left out, it is kept in memory.
import { open } from 'node:fs/promises'
import { telopsValues } from 'framewire/simulator'
import { openTelops } from 'framewire/telops'
import { measured, peakRss } from '../usage.mjs'
import { HEIGHT, WIDTH } from './frame.mjs'

const [address, json, path] = process.argv.slice(2)
const options = JSON.parse(json)
const camera = await openTelops(address)
let data
const result = await measured(async () => {
  if (path) return { statistics: await camera.bufferDownloadTo(path, options) }
  const { statistics, ...downloaded } = await camera.bufferDownload(options)
  data = downloaded.data
  return { statistics }
})
const peakRssBytes = peakRss()
await camera.close()

const { statistics, seconds, cpuSeconds } = result
const pixels = WIDTH * HEIGHT
const frameOf = path ? await fileFrames(path) : (frame) => data.subarray(frame * pixels, (frame + 1) * pixels)
const { count } = options
let wrong = 0
for (const frame of [0, count >> 1, count - 1]) {
  const expected = Buffer.from(telopsValues(frame + 1, WIDTH, HEIGHT).buffer)
  const values = await frameOf(frame)
  if (!expected.equals(Buffer.from(values.buffer, values.byteOffset, values.byteLength))) wrong++
}
const { nIncomplete, resendRequested } = statistics
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds, peakRssBytes, wrong: wrong + nIncomplete, resendRequested })}\n`,
)

/** Reads frames of a .npy file, whose header ends where its frames begin. */
async function fileFrames(path) {
  const file = await open(path)
  const { size } = await file.stat()
  const frameBytes = 4 * pixels
  const headerBytes = size - options.count * frameBytes
  return async (frame) => {
    const bytes = Buffer.alloc(frameBytes)
    await file.read(bytes, 0, frameBytes, headerBytes + frame * frameBytes)
    return bytes
  }
}
