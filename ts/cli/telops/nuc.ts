import { type Outcome, usage } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, interruptibleTelops, type TelopsOptions } from './camera.js'

/** What the command line says of a correction. */
export interface NucOptions extends TelopsOptions {
  mode: 'black-body' | 'icu'
  /** In degC. */
  blackbodyTemp?: number
  /** In seconds. */
  timeout: number
}

/** `framewire telops nuc`: correct non-uniformity. */
export async function nuc(options: NucOptions, output: Output): Promise<Outcome> {
  const { mode, blackbodyTemp, timeout } = options
  if (mode === 'icu' && blackbodyTemp !== undefined) {
    throw usage("--blackbody-temp is a black body's: leave it out with --mode icu.")
  }
  if (timeout === 0) throw usage('--timeout must be above 0 seconds.')
  return interruptibleTelops(options, output, 'stopping.', async (camera, signal) => {
    output.live('Correcting ...')
    await camera.nuc({
      mode: mode === 'icu' ? 'icu' : 'blackBody',
      blackbodyTemperatureC: blackbodyTemp,
      timeoutMs: timeout * 1000,
      signal,
    })
    return {
      exitCode: 0,
      value: { ...identified(camera), mode, blackbodyTemperatureC: blackbodyTemp },
      text: 'Non-uniformity is corrected.',
    }
  })
}
