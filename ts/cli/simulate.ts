import { writeFile } from 'node:fs/promises'
import type { FrameRecord, Hostile } from '../gige-vision/sender.js'
import type { SimulatorFaults, SimulatorOptions } from '../simulator/options.js'
import type { GigeSimulator } from '../simulator/simulator.js'
import { interruptible } from './interrupt.js'
import { type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import { megabytes, table } from './table.js'

/** What the command line says of every simulated camera. */
export interface SimulateOptions {
  ip: string
  device?: string
  serial?: string
  name?: string
  model?: string
  seed: number
  loss?: number
  fault?: string[]
  hostile?: Hostile
  stranger?: string
  record?: string
  /** Seconds after which it ends by itself. */
  duration?: number
}

/** The camera that the command line asks for. */
export function simulatorOptions(options: SimulateOptions, bandwidthMBps: number): SimulatorOptions {
  const { ip, device, serial, name, model, seed, hostile, loss, fault = [], stranger } = options
  return {
    address: ip,
    device,
    serial,
    userName: name,
    model,
    bandwidthMBps: bandwidthMBps === 0 ? Infinity : bandwidthMBps,
    seed,
    faults: { ...Object.fromEntries(fault.map(parseFault)), ...(loss !== undefined && { loss }) },
    hostile,
    strangerAddress: stranger,
  }
}

/** A camera until it is interrupted, which is how it is meant to end. */
export async function simulate(
  { record, duration }: SimulateOptions,
  output: Output,
  switchOn: () => Promise<GigeSimulator>,
): Promise<Outcome> {
  return interruptible(
    async (signal) => {
      const simulator = await switchOn()
      output.result(
        { ok: true, ready: true, address: simulator.address, serial: simulator.serial },
        table([
          ['Camera', simulator.serial],
          ['Address', simulator.address],
        ]),
      )
      const over =
        duration === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(1000 * duration)])
      const ending = new Promise((done) => over.addEventListener('abort', done, { once: true }))
      if (!over.aborted) await Promise.race([ending, simulator.ended])
      await simulator.close()
      const records = simulator.records()
      if (record !== undefined) await writeFile(record, records.map(line).join(''))
      const { statistics } = simulator
      return {
        exitCode: 0,
        value: { statistics },
        text: table([
          ['Frames', `${statistics.frames} in ${statistics.packets} packets, ${megabytes(statistics.bytes)}`],
          ['Resent', statistics.resendRequests > 0 && `${statistics.resentPackets} packets`],
          ['Overruns', statistics.overruns > 0 && `${statistics.overruns} frames were due and not taken`],
          ['Record', record],
        ]),
      }
    },
    (again) => output.note(`framewire: switching the camera off; ${again}`),
  )
}

/** A fault of the command line: `duplicate=0.05`. */
function parseFault(text: string): [keyof SimulatorFaults, number | boolean] {
  const [name, value = ''] = text.split('=')
  const number = Number(value)
  const parsed = value === 'true' ? true : value === 'false' ? false : number
  if (!name || value.trim() === '' || Number.isNaN(parsed)) {
    throw usage(`--fault ${text}: expected a name and a number, such as duplicate=0.05.`)
  }
  return [name as keyof SimulatorFaults, parsed]
}

function line(record: FrameRecord): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
  return `${JSON.stringify(record, plain)}\n`
}
