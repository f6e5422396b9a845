import { createTelopsSimulator } from '../simulator/telops/simulator.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { type SimulateOptions, simulate, simulatorOptions } from './simulate.js'

/** What the command line says of a simulated Telops camera. */
export interface SimulateTelopsOptions extends SimulateOptions {
  /** MB/s. */
  rate: number
  /** Seconds. */
  cooling?: number
}

/** `framewire simulate telops`. */
export function simulateTelops(options: SimulateTelopsOptions, output: Output): Promise<Outcome> {
  const { rate, cooling = 0 } = options
  return simulate(options, output, () =>
    createTelopsSimulator({ ...simulatorOptions(options, rate), coolingMs: 1000 * cooling }),
  )
}
