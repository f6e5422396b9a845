import { hasCode } from '../errors.js'
import { imageOf } from './grab.js'
import { lossText } from './grabbing.js'
import { imageFiles } from './image-file.js'
import { frameRate, type Recorded, type RecordedCamera } from './recorded-camera.js'

/** More than one: the file holds an axis for the frames. */
const SEVERAL = 2

/** Record to an array in a file: frames as they come, with all their bits. */
export async function recordNpy({ camera, options, output, signal }: RecordedCamera): Promise<Recorded> {
  const { out, frames = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = options
  if (options.fps !== undefined) await frameRate(camera, options.fps)
  const file = await imageFiles(out!, SEVERAL)
  const acquisition = camera.acquisition()
  let written = 0
  let firstAt: number | undefined
  let lastAt: number | undefined
  let failure: unknown
  try {
    while (written < frames) {
      const frame = await acquisition.readFrame({ signal })
      if (!frame) continue
      firstAt ??= frame.capturedAt
      if (frame.capturedAt >= firstAt + seconds * 1000) break
      await file.write(imageOf(frame))
      lastAt = frame.capturedAt
      written++
      frame[Symbol.dispose]()
      output.live(`${written}${Number.isFinite(frames) ? ` of ${frames}` : ''} frames`)
    }
  } catch (error) {
    if (!(signal.aborted && hasCode(error, 'stream/aborted'))) failure = error
  }
  output.live('')
  const losses = await acquisition.stop().then(
    (statistics) => statistics.losses,
    (error) => {
      failure ??= error
      return undefined
    },
  )
  await file.close()
  const time = (ms: number | undefined) => ms !== undefined && new Date(ms).toISOString()
  return {
    value: {
      out,
      frames: written,
      losses,
      ...(firstAt !== undefined && { firstAt: time(firstAt), lastAt: time(lastAt) }),
    },
    rows: [
      ['Frames', firstAt === undefined ? '0' : `${written}, from ${time(firstAt)} to ${time(lastAt)}`],
      ['Lost', losses && lossText(losses)],
      ['Written', written > 0 && out],
    ],
    error: failure,
  }
}
