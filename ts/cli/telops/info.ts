import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { megabytes, table } from '../table.js'
import { described, identified, interruptibleTelops, type TelopsOptions } from './camera.js'

/** `framewire telops info`: how a camera is set, and what its buffer holds. */
export function info(options: TelopsOptions, output: Output): Promise<Outcome> {
  return interruptibleTelops(options, output, 'stopping.', async (camera) => {
    const set = await camera.info()
    const state = await camera.state()
    const buffer = set.isBufferOn ? await camera.bufferInfo() : undefined
    const { resolution, roiOffset, integrationTimeUs, integrationTimeAuto, temperatureC } = set
    const auto = integrationTimeAuto === 'off' ? '' : `, automatic (${integrationTimeAuto})`
    return {
      exitCode: 0,
      value: { ...identified(camera), ...set, state, buffer },
      text: table([
        ['Camera', described(camera)],
        ['State', `${state}, power ${set.powerState.toLowerCase()}`],
        ['Image', `${resolution.join(' x ')} at (${roiOffset.join(', ')}), ${set.calibrationMode}`],
        ['Exposure', `${integrationTimeUs} µs${auto}`],
        ['Rate', `${set.frameRateHz} frames/s of ${Math.floor(set.frameRateMaxHz)} at most`],
        ['Trigger', set.trigger.enabled ? set.trigger.source : 'off'],
        ['Sensor', temperatureC !== undefined && `${temperatureC.toFixed(1)} degC`],
        ['Buffer', buffer ? `${buffer.status.toLowerCase()}, ${megabytes(buffer.freeBytes)} free` : 'off'],
        ['Recorded', buffer && recordedText(buffer.recorded)],
      ]),
    }
  })
}

/** Frames of each sequence: `30000 frames (10000, 10000, 10000)`. */
export function recordedText(recorded: readonly number[]): string {
  const frames = recorded.reduce((sum, count) => sum + count, 0)
  return `${frames} frames${recorded.length > 1 ? ` (${recorded.join(', ')})` : ''}`
}
