import { hasCode } from '../gige.js'
import { type CameraOptions, described, withCamera } from './camera.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { table } from './table.js'

/** `framewire info --camera`: who a camera is, and how it is set. */
export function cameraInfo(options: CameraOptions, output: Output): Promise<Outcome> {
  return withCamera(options, output, async (camera) => {
    const { identity } = camera
    const settings = {
      height: await known(camera.height()),
      width: await known(camera.width()),
      pixelFormat: await known(camera.pixelFormat()),
      exposureTimeUs: await known(camera.exposureTime()),
      frameRate: await known(camera.frameRate()),
      gain: await known(camera.gain()),
      triggerMode: await known(camera.triggerMode()),
    }
    const { height, width, pixelFormat, exposureTimeUs, frameRate, gain, triggerMode } = settings
    const { mac, version, deviceVersion, address, interfaceIp, interfaceName } = identity
    const { described: about } = await camera.features()
    return {
      exitCode: 0,
      value: { kind: 'camera', ...identity, ...settings },
      text: table([
        ['Camera', described(identity)],
        ['Address', `${address}, from ${interfaceIp}${interfaceName ? ` on ${interfaceName}` : ''}`],
        ['Hardware', `${mac}, GigE Vision ${version}${deviceVersion ? `, version ${deviceVersion}` : ''}`],
        ['Features', `${about.vendor} ${about.model}, version ${about.version}`],
        ['Image', height !== undefined && `${width} x ${height}, ${pixelFormat ?? 'format unknown'}`],
        ['Exposure', exposureTimeUs !== undefined && `${exposureTimeUs} µs`],
        ['Rate', frameRate !== undefined && `${frameRate} frames/s`],
        ['Gain', gain !== undefined && String(gain)],
        ['Trigger', triggerMode?.toLowerCase()],
      ]),
    }
  })
}

/** Undefined of what this camera does not have, or does not show now. */
async function known<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if (hasCode(error, 'genicam/unknown') || hasCode(error, 'genicam/access')) return undefined
    throw error
  }
}
