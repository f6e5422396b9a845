// Three sequences of five seconds into the camera's buffer, and two of them out of it.
//
//     node examples/telops/record.mjs [ADDRESS] [SECONDS]
import { openTelops, recordingText } from 'framewire/telops'

const [address, seconds = 5] = process.argv.slice(2)
const camera = await openTelops(address)
try {
  await camera.configure({ frameRateHz: 2000, integrationTimeUs: 30 })
  await camera.bufferConfigure({
    nSequences: 3,
    durationSeconds: Number(seconds),
    moiSource: 'software',
  })

  // Arms the camera, fires the moment of interest of each sequence, waits for them, and stops the camera.
  await camera.bufferRecord({ onProgress: (progress) => process.stdout.write(recordingText(progress)) })

  const { status, nSequences, recorded } = await camera.bufferInfo()
  console.log({ status, nSequences, recorded })

  for (const sequence of [0, 2]) {
    const { shape, statistics } = await camera.bufferDownload({ sequence })
    const { elapsedSeconds, throughputMBps, values } = statistics
    const rate = Math.round(shape[0] / elapsedSeconds)
    console.log(
      `Downloaded ${shape[0]} frames in ${elapsedSeconds.toFixed(1)} s ` +
        `(${rate} fps, ${throughputMBps.toFixed(1)} MB/s)`,
    )
    const [min, max, mean] = [values.min, values.max, values.mean].map((value) => value.toFixed(1))
    console.log(`Data check: OK, ${values.frames} frames, range [${min}, ${max}], mean ${mean}`)
  }

  await camera.bufferClear()
} finally {
  await camera.close()
}
