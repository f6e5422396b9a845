import { checkOptions } from '../options.js'
import { type GigeSimulator, switchOn } from '../simulated-camera.js'
import { telopsDescription } from './description.js'
import { TelopsDevice } from './device.js'
import { type TelopsSimulatorOptions, telopsSchema } from './options.js'

/** A simulated Telops camera at work. */
export interface TelopsSimulator extends GigeSimulator {
  /** A pulse comes in from outside: a trigger, or a moment of interest, where these come from there. */
  externalSignal(): void
}

/**
 * Switch a simulated Telops FAST camera on: a GigE Vision camera with the registers, header rows and onboard buffer of
 * one. Its frames show {@link telopsCount}; recordings take no memory. The id in the header of live frames begins at 1 in
 * each acquisition, that of recorded ones at 1 in the first sequence, at 100,001 in the second, and so on.
 *
 * Throws `simulator/option` (also where another camera has the address), `datagrams/open` (no such address) and
 * `core/load`.
 */
export async function createTelopsSimulator(options: TelopsSimulatorOptions = {}): Promise<TelopsSimulator> {
  const checked = checkOptions(telopsSchema, options)
  const camera = await switchOn(checked, {
    manufacturer: 'Telops Inc.',
    description: telopsDescription(checked.zipDescription),
    device: (parts) => new TelopsDevice(parts, checked, () => performance.now()),
  })
  return Object.assign(camera, { externalSignal: () => camera.device.externalSignal() })
}
