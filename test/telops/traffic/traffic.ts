import { Bootstrap, streamChannel } from '../../../ts/gige-vision/bootstrap.js'
import type { Command } from '../../../ts/gige-vision/gvcp.js'
import { Register } from '../../../ts/telops/registers.js'

/** What a host asks of a camera in one call of its driver: `read NAME` and `write NAME`, in order. */
export type Traffic = Map<string, string[]>

/** How the traffic of one call differs from the reference's. */
export interface Difference {
  onlyTheirs: string[]
  onlyOurs: string[]
  /** What both ask comes in another order. */
  reordered: boolean
}

const channel = streamChannel(0)

/** Names of registers by their address: the camera's own, and those of the standard as GenICam calls them. */
const NAMES = new Map<number, string>([
  ...Object.entries(Register).map(([name, { address }]) => [address, name] as const),
  [Bootstrap.controlChannelPrivilege, 'CCP'],
  [Bootstrap.heartbeatTimeout, 'GevHeartbeatTimeout'],
  [Bootstrap.primaryApplicationIp, 'GevPrimaryApplicationIPAddress'],
  [Bootstrap.gvcpCapability, 'GevGVCPCapability'],
  [Bootstrap.gvcpConfiguration, 'GevGVCPConfiguration'],
  [Bootstrap.timestampControl, 'GevTimestampControl'],
  [Bootstrap.timestampFrequencyHigh, 'GevTimestampTickFreqHigh'],
  [Bootstrap.timestampFrequencyLow, 'GevTimestampTickFreqLow'],
  [Bootstrap.timestampHigh, 'GevTimestampValueHigh'],
  [Bootstrap.timestampLow, 'GevTimestampValueLow'],
  [channel.port, 'GevSCPHostPort'],
  [channel.destination, 'GevSCDA'],
  [channel.packetSize, 'GevSCPSPacketSize'],
  [channel.packetDelay, 'GevSCPD'],
  [channel.sourcePort, 'GevSCSP'],
])

const nameOf = (address: number) => NAMES.get(address) ?? `0x${address.toString(16).padStart(4, '0')}`

/** The heartbeat: whether this host is in control still, and who is where it is not. */
const HEARTBEAT = ['read CCP', 'read GevPrimaryApplicationIPAddress']

/** What a command asks; nothing for discovery, the heartbeat, and packets that are asked for again. */
export function asked(command: Command): string[] {
  switch (command.kind) {
    case 'read-registers':
      return command.addresses
        .map((address) => `read ${nameOf(address)}`)
        .filter((ask) => !HEARTBEAT.includes(ask))
    case 'write-registers':
      return command.writes.map(({ address }) => `write ${nameOf(address)}`)
    case 'read-memory':
      return [`read memory at ${nameOf(command.address)}`]
    case 'write-memory':
      return [`write memory at ${nameOf(command.address)}`]
    default:
      return []
  }
}

/** Traffic as it is written down: `## call`, then a line for each of what it asks. */
export function parseTraffic(text: string): Traffic {
  const traffic: Traffic = new Map()
  let asks: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) {
      asks = []
      traffic.set(line.slice(3), asks)
    } else if (/^(read|write) /.test(line)) asks.push(line)
  }
  return traffic
}

/** How one call's traffic differs, however often something is asked: how long a camera takes says that. */
export function difference(theirs: readonly string[], ours: readonly string[]): Difference {
  const [a, b] = [new Set(theirs), new Set(ours)]
  const both = [...a].filter((ask) => b.has(ask))
  const inOurOrder = [...b].filter((ask) => a.has(ask))
  return {
    onlyTheirs: [...a].filter((ask) => !b.has(ask)),
    onlyOurs: [...b].filter((ask) => !a.has(ask)),
    reordered: both.join() !== inOurOrder.join(),
  }
}
