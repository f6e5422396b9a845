// Our host there: records, and downloads into a file. Argument: what to do as JSON (DownloadTask of lossy-download.ts);
// prints what came of it.
import { hasCode, openTelops } from 'framewire/telops'

const { address, frames, resolution, file, options } = JSON.parse(process.argv[2])
const camera = await openTelops(address)
try {
  await camera.configure({ resolution, frameRateHz: 2000 })
  await camera.bufferConfigure({ framesPerSequence: frames })
  await camera.bufferArm({ waitReady: false })
  await camera.bufferFireMoi()
  await camera.bufferWait()
  process.stdout.write(`${JSON.stringify(await download())}\n`)
} finally {
  await camera.close()
}

async function download() {
  try {
    return { statistics: await camera.bufferDownloadTo(file, { convert: false, ...options }) }
  } catch (error) {
    if (!hasCode(error, 'telops/frame-integrity')) throw error
    return { error: error.code, statistics: error.details.stats }
  }
}
