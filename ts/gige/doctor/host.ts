import { prefixOf, sameSubnet } from '../subnets.js'
import type { Finding, Level } from './finding.js'
import type { Adapter, HostFacts } from './host-facts.js'
import { receiveBufferFinding } from './receive-buffer.js'

/** Governors that keep a CPU slow while it has little to do, or always. */
const SLOW_GOVERNORS = ['powersave', 'conservative', 'ondemand', 'userspace']

/** What there is to say of the host itself, whatever camera it is to receive from. */
export function hostFindings(facts: HostFacts): Finding[] {
  return [
    socketsFinding(facts),
    receiveBufferFinding(facts.receiveBufferBytes, undefined, facts.platform),
    governorFinding(facts),
    ...subnetFindings(facts),
  ]
}

function socketsFinding({ nativeSockets }: HostFacts): Finding {
  return nativeSockets
    ? host('sockets', 'ok', "framewire's native part receives", { native: true })
    : host(
        'sockets',
        'warning',
        "framewire's native part cannot be loaded: Node's own sockets take several times the CPU, and do not tell losses",
        { native: false },
      )
}

function governorFinding({ governors }: HostFacts): Finding {
  const slow = governors.filter((governor) => SLOW_GOVERNORS.includes(governor))
  const names = [...new Set(slow.length > 0 ? slow : governors)].join(', ')
  const details = { governors }
  if (governors.length === 0) {
    return host('governor', 'unknown', 'this system does not set the clock of its CPUs', details)
  }
  if (slow.length === 0) return host('governor', 'ok', `${names} on every CPU`, details)
  return {
    ...host(
      'governor',
      'warning',
      `${names} on ${slow.length} of ${governors.length} CPUs: they are still slow when a burst of packets comes`,
      details,
    ),
    fix: 'echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor',
  }
}

/** Adapters that share a subnet: the host talks to all of it through one of them. */
function subnetFindings({ interfaces, platform }: HostFacts): Finding[] {
  const active = interfaces
    .filter(({ up, running, kind }) => up && running && kind !== 'loopback')
    // Of two, the one that is built in is kept.
    .sort((a, b) => Number(b.kind === 'ethernet') - Number(a.kind === 'ethernet'))
  const pairs = active.flatMap((first, i) =>
    active.slice(i + 1).flatMap((second) => {
      const shared = second.addresses.find((theirs) =>
        first.addresses.some((ours) => sameSubnet(ours.address, theirs.address, theirs.netmask)),
      )
      return shared ? [{ first, second, shared }] : []
    }),
  )
  return pairs.map(({ first, second, shared }) => {
    const which = shared.linkLocal
      ? 'gave themselves link-local addresses'
      : `have addresses in one subnet (${shared.address})`
    const message = `${first.name} and ${second.name} ${which}: packets for a camera may leave through the wrong one`
    const fix = removal(second, shared, platform)
    const details = {
      interfaces: [first.name, second.name],
      address: shared.address,
      netmask: shared.netmask,
    }
    return { ...host('subnets', 'warning', message, details), ...(fix && { fix }) }
  })
}

function removal(
  { name }: Adapter,
  { address, netmask }: Adapter['addresses'][number],
  platform: NodeJS.Platform,
): string | undefined {
  if (platform === 'linux') return `sudo ip address del ${address}/${prefixOf(netmask)} dev ${name}`
  if (platform === 'darwin') return `sudo ifconfig ${name} inet ${address} delete`
  if (platform === 'win32') return `netsh interface ipv4 delete address "${name}" ${address}`
  return undefined
}

function host(check: Finding['check'], level: Level, message: string, details: Finding['details']): Finding {
  return { check, subject: 'host', level, message, details }
}
