import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, type TelopsOptions, withTelops } from './camera.js'

/** `framewire telops clear`: forget everything that was recorded. */
export function clear(options: TelopsOptions, output: Output): Promise<Outcome> {
  return withTelops(options, output, async (camera) => {
    await camera.bufferClear()
    const { recorded } = await camera.bufferInfo()
    return { exitCode: 0, value: { ...identified(camera), recorded }, text: 'The buffer is empty.' }
  })
}
