import { recordingText, type TelopsCamera } from '../../telops.js'
import { ended, type Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import {
  configured,
  identified,
  interruptibleTelops,
  type SettingOptions,
  type TelopsOptions,
} from './camera.js'
import { recordedText } from './info.js'

/** What the command line says of a recording. */
export interface RecordOptions extends TelopsOptions, SettingOptions {
  sequences: number
  frames?: number
  /** In seconds. */
  duration?: number
  preMoi: number
  moiSource: 'software' | 'external'
  /** Pause before each moment of interest, in seconds. */
  wait?: number
}

/** `framewire telops record`: record into the onboard buffer. */
export async function record(options: RecordOptions, output: Output): Promise<Outcome> {
  const { sequences, frames, duration, preMoi, moiSource } = options
  return interruptibleTelops(options, output, 'stopping the recording.', async (camera, signal, exitCode) => {
    await configured(camera, options)
    const buffer = await camera.bufferConfigure({
      nSequences: sequences,
      framesPerSequence: frames,
      durationSeconds: duration,
      preMoi,
      moiSource,
    })
    const recording = moiSource === 'software' ? fired : awaited
    const error = await recording(camera, options, output, signal).catch((error: unknown) => error)
    output.live('')
    const { recorded } = await camera.bufferInfo()
    const value = { ...identified(camera), ...buffer, recorded }
    const text = `Recorded ${recordedText(recorded)}`
    return ended(error, value, text, signal.aborted && exitCode())
  })
}

/** Sequences whose moments of interest are fired from here. */
async function fired(
  camera: TelopsCamera,
  { wait, preMoi }: RecordOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  let line = ''
  await camera.bufferRecord({
    // Asked for or not: nothing is to be warned of where this is how it is meant.
    waitFor: wait === undefined ? (preMoi > 0 ? 0 : undefined) : wait * 1000,
    signal,
    onProgress: (progress) => {
      line += recordingText(progress)
      if (!line.endsWith('\n')) return output.live(line)
      output.live('')
      output.note(line.trimEnd())
      line = ''
    },
  })
}

/** Sequences whose moments of interest come from outside. */
async function awaited(
  camera: TelopsCamera,
  _options: RecordOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  await camera.bufferArm({ signal })
  output.note('Armed: waiting for signals at the connector of the camera. Ctrl-C ends the recording.')
  try {
    await camera.bufferWait({ timeoutMs: Number.POSITIVE_INFINITY, signal })
  } finally {
    await camera.bufferStop()
  }
}
