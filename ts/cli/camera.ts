import { type DiscoveredCamera, type GigeCamera, openCamera } from '../gige.js'
import type { Output } from './output.js'

/** Which camera a command is about. */
export interface CameraOptions {
  /** Serial number, name, IP or hardware address; default the first that answers. */
  camera?: string
}

/** Open the camera for as long as `work` takes. Throws as `openCamera`, and what `work` throws. */
export async function withCamera<T>(
  { camera: selector }: CameraOptions,
  output: Output,
  work: (camera: GigeCamera) => Promise<T>,
): Promise<T> {
  output.live(
    `Opening ${selector === undefined ? 'the first camera that answers' : `the camera ${selector}`} ...`,
  )
  const camera = await openCamera(selector)
  try {
    output.live('')
    return await work(camera)
  } finally {
    await camera.close()
  }
}

/** A camera in a line: `Telops FAST-IR 2K (SN-7, "east")`. */
export function described({ manufacturer, model, serialNumber, userName }: DiscoveredCamera): string {
  const who = [manufacturer, model].filter((text) => text !== '').join(' ')
  const names = [serialNumber, userName && `"${userName}"`].filter((text) => text !== '').join(', ')
  return names ? `${who} (${names})` : who
}
