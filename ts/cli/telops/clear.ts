import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, interruptibleTelops, type TelopsOptions } from './camera.js'

/** `framewire telops clear`: forget everything that was recorded. */
export function clear(options: TelopsOptions, output: Output): Promise<Outcome> {
  return interruptibleTelops(options, output, 'stopping.', async (camera) => {
    await camera.bufferClear()
    const { recorded } = await camera.bufferInfo()
    return { exitCode: 0, value: { ...identified(camera), recorded }, text: 'The buffer is empty.' }
  })
}
