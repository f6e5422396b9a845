import { hasCode } from '../errors.js'
import type { GigeCamera } from '../gige.js'
import type { CameraOptions } from './camera.js'
import { usage } from './outcome.js'
import type { Output } from './output.js'
import type { ServiceOptions } from './service-options.js'
import type { Row } from './table.js'

/** What the command line says of a recording of a camera. */
export interface RecordOptions extends CameraOptions, ServiceOptions {
  set?: string[]
  fps?: number
  out?: string
  stream?: boolean
  frames?: number
  seconds?: number
}

/** A camera that is about to be recorded. */
export interface RecordedCamera {
  camera: GigeCamera
  options: RecordOptions
  output: Output
  /** Fires at an interruption. */
  signal: AbortSignal
}

/** What came of a recording, as far as it came. */
export interface Recorded {
  value: object
  rows: Row[]
  /** More for people, below the table. */
  text?: string
  /** How to go on with what is not stored. */
  hint?: string
  error?: unknown
}

/** Set the frame rate, where one is asked for. What it is then; throws a usage error where nobody knows. */
export async function frameRate(camera: GigeCamera, fps: number | undefined): Promise<number> {
  const isFree = !(await camera.isTriggered())
  try {
    if (isFree) return await (fps === undefined ? camera.frameRate() : camera.setFrameRate(fps))
  } catch (error) {
    if (!hasCode(error, 'genicam/unknown')) throw error
  }
  if (fps !== undefined) return fps
  throw usage(
    'give --fps, the frames per second that will come: the camera waits for a trigger, or does not tell.',
  )
}
