import type { Outcome } from '../outcome.js'
import type { Output } from '../output.js'
import { columns, duration } from '../table.js'
import { described, identified, interruptibleTelops, type TelopsOptions } from './camera.js'

/** `framewire telops diagnostics`: what a camera measures of itself. */
export function diagnostics(options: TelopsOptions, output: Output): Promise<Outcome> {
  return interruptibleTelops(options, output, 'stopping.', async (camera) => {
    const measured = await camera.diagnostics()
    const of = (readings: Readonly<Record<string, number | undefined>>, unit: string, digits: number) =>
      Object.entries(readings).map(([place, reading]) => [
        words(place),
        reading === undefined ? 'not in this model' : `${reading.toFixed(digits)} ${unit}`,
      ])
    const { temperaturesC, voltagesV, currentsA, powerOnCycles, coolerPowerOnCycles } = measured
    const rows = [
      ...of(temperaturesC, 'degC', 1),
      ...of(voltagesV, 'V', 2),
      ...of(currentsA, 'A', 3),
      ['running time', duration(measured.runningTimeSeconds)],
      ['running time of the cooler', duration(measured.coolerRunningTimeSeconds)],
      ['times switched on', String(powerOnCycles)],
      ['times the cooler was', String(coolerPowerOnCycles)],
    ]
    return {
      exitCode: 0,
      value: { ...identified(camera), ...measured },
      text: `${described(camera)}\n\n${columns(rows)}`,
    }
  })
}

/** `processingFpga` for people: `processing FPGA`. */
function words(name: string): string {
  return name
    .replace('Fpga', ' FPGA')
    .replace('24V', ' 24 V')
    .replace(/[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`)
}
