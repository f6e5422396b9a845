import type { SimulatedPixelFormat } from '../simulator/pixel-formats.js'
import { createGigeSimulator } from '../simulator/simulator.js'
import type { Outcome } from './outcome.js'
import type { Output } from './output.js'
import { type SimulateOptions, simulate, simulatorOptions } from './simulate.js'

/** What the command line says of a simulated GigE Vision camera. */
export interface SimulateGigeOptions extends SimulateOptions {
  fps: number
  size?: [width: number, height: number]
  pixelFormat?: SimulatedPixelFormat
  source: string
  bandwidth: number
  firstId: number
  extendedIds?: boolean
}

/** `framewire simulate gige`. */
export function simulateGige(options: SimulateGigeOptions, output: Output): Promise<Outcome> {
  const { fps, size, pixelFormat, source, bandwidth, firstId, extendedIds } = options
  return simulate(options, output, () =>
    createGigeSimulator({
      ...simulatorOptions(options, bandwidth),
      fps,
      width: size?.[0],
      height: size?.[1],
      pixelFormat,
      source,
      firstBlockId: firstId,
      extendedIds,
    }),
  )
}
