import { fileURLToPath } from 'node:url'
import type {
  AcquisitionOptions,
  AcquisitionStatistics,
  DiscoveredCamera,
  DiscoveryOptions,
} from 'framewire/gige'
import type { GigeSimulatorOptions, SimulatorStatistics } from 'framewire/simulator'
import type { Link } from '../network.js'

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

/** A simulated camera of ours at its end of a link. */
export interface OurSimulator {
  /** Switch it off; what happened. */
  stop(): Promise<SimulatorStatistics>
}

export async function ourSimulator(link: Link, options: GigeSimulatorOptions = {}): Promise<OurSimulator> {
  const given = JSON.stringify({ address: link.there, device: 'end', ...options })
  const simulator = link.run('there', process.execPath, [file('simulator.mjs'), given])
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
