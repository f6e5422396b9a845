import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { identified, type TelopsOptions, withTelops } from './camera.js'

/** What the command line says of a correction. */
export interface NucOptions extends TelopsOptions {
  mode: 'black-body' | 'icu'
  /** In degC. */
  blackbodyTemp?: number
  /** In seconds. */
  timeout: number
}

/** `framewire telops nuc`: correct non-uniformity. */
export function nuc(options: NucOptions, output: Output): Promise<Outcome> {
  const { mode, blackbodyTemp, timeout } = options
  return withTelops(options, output, async (camera) => {
    output.live('Correcting ...')
    await camera.nuc({
      mode: mode === 'icu' ? 'icu' : 'blackBody',
      blackbodyTemperatureC: blackbodyTemp,
      timeoutMs: timeout * 1000,
    })
    return {
      exitCode: 0,
      value: { ...identified(camera), mode, blackbodyTemperatureC: blackbodyTemp },
      text: 'Non-uniformity is corrected.',
    }
  })
}
