import { fileURLToPath } from 'node:url'
import type {
  AcquisitionOptions,
  AcquisitionStatistics,
  DiscoveredCamera,
  DiscoveryOptions,
} from 'framewire/gige'
import type { FrameRecord, GigeSimulatorOptions, SimulatorStatistics } from 'framewire/simulator'
import type { Link } from '../network.js'
import { AS_A_DEVICE, start } from '../process.js'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** What our host is to do, in this order. */
export interface HostTask {
  discover?: DiscoveryOptions
  /** Camera to open. */
  open?: string
  /** Methods of it to call, with their arguments. */
  calls?: [method: string, ...args: (string | number)[]][]
  /** Features of it to read. */
  features?: string[]
  acquire?: AcquisitionOptions & { frames: number }
}

/** What came of it. */
export interface HostResult {
  found: DiscoveredCamera[]
  /** What the calls returned, then the features. */
  answers: unknown[]
  frames: { blockId: number; shape: number[]; dtype: string; complete: boolean }[]
  statistics: AcquisitionStatistics
}

/** Let our host do something here. */
export async function ourHost(link: Link, task: HostTask): Promise<HostResult> {
  const host = link.run('here', process.execPath, [file('host.mjs'), JSON.stringify(task)])
  const [line] = await host.line(/^\{.*\}$/, 60_000)
  await host.ended()
  return JSON.parse(line)
}

/** A frame of the simulator's record; ids and numbers are no `bigint`s any more. */
export type Recorded = Omit<FrameRecord, 'number' | 'id'> & { number: number; id: number }

/** A simulated camera of ours, in a process of its own. */
export interface OurSimulator {
  /** Switch it off; what happened, and what became of each frame. */
  stop(): Promise<{ statistics: SimulatorStatistics; records: Recorded[] }>
}

/** Start a simulated camera; on this host, unless it is started otherwise. */
export async function ourSimulator(
  options: GigeSimulatorOptions,
  startIt: typeof start = start,
): Promise<OurSimulator> {
  const simulator = startIt('nice', [
    ...AS_A_DEVICE,
    process.execPath,
    file('simulator.mjs'),
    JSON.stringify(options),
  ])
  await simulator.line(/^ready$/)
  return {
    async stop() {
      simulator.tell('')
      const [line] = await simulator.line(/^\{.*\}$/)
      await simulator.ended()
      return JSON.parse(line)
    },
  }
}

/** A simulated camera of ours, there. */
export function ourSimulatorThere(link: Link, options: GigeSimulatorOptions = {}): Promise<OurSimulator> {
  const place = { address: link.there, device: 'end' }
  return ourSimulator({ ...place, ...options }, (command, args) => link.run('there', command, args))
}
