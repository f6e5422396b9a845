import { execFileSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { type Running, type StartOptions, start } from './process.js'

/** The ends of a link. */
export type End = 'here' | 'there'

/** A cable between two hosts: here is this one, or a namespace of its own; there is a network namespace. */
export interface Link {
  /** The interface here, by its name here; the one there is `end`. */
  readonly device: string
  /** The address of each end, both in one /24 subnet. */
  readonly here: string
  readonly there: string
  /** Start a process at one end; it is ended with the link. */
  run(end: End, command: string, args: readonly string[], options?: StartOptions): Running
  /** Do something with the `ip` command, at one end. */
  ip(end: End, command: string): void
  /** End what runs on the link, and take it away. */
  close(): Promise<void>
}

/** What a link is to be like. */
export interface LinkOptions {
  /** Of both ends; default Ethernet's 1500. */
  mtu?: number
  /** Here is a namespace too: nobody else is on the link, and this process neither. */
  apart?: boolean
}

/** Why no network of our own can be made here; undefined where it can. */
export function hindrance(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux alone'
  if (process.getuid!() !== 0) return 'making a network namespace needs root'
  try {
    const name = `fw-probe-${process.pid}`
    ip(`netns add ${name}`)
    ip(`netns del ${name}`)
  } catch (error) {
    return `no network namespace can be made: ${error}`
  }
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
}

let laid = 0

/** Lay a cable; resolves when both ends can be used. Close it in any case. */
export async function layLink({ mtu = 1500, apart = false }: LinkOptions = {}): Promise<Link> {
  const device = `fw${process.pid}x${laid++}`
  const subnet = apart ? '198.18.0' : freeSubnet()
  const address = { here: `${subnet}.1`, there: `${subnet}.2` }
  const namespace = { here: apart ? `${device}-here` : undefined, there: `${device}-there` }
  const namespaces = Object.values(namespace).filter((one) => one !== undefined)
  const running = new Set<Running>()
  const at = (end: End, command: string) => {
    const inside = namespace[end]
    ip(inside === undefined ? command : `-n ${inside} ${command}`)
  }
  const close = async () => {
    await Promise.all([...running].map((process) => process.stop()))
    for (const one of namespaces) ip(`netns del ${one}`)
  }
  for (const one of namespaces) ip(`netns add ${one}`)
  try {
    const other = `peer name end mtu ${mtu} netns ${namespace.there}`
    at('here', `link add ${device} mtu ${mtu} type veth ${other}`)
    for (const [end, name] of [
      ['here', device],
      ['there', 'end'],
    ] as const) {
      at(end, `addr add ${address[end]}/24 brd + dev ${name}`)
      at(end, `link set ${name} up`)
      if (namespace[end] !== undefined) at(end, 'link set lo up')
    }
  } catch (error) {
    await close()
    throw error
  }
  const link: Link = {
    device,
    ...address,
    run(end, command, args, options) {
      const process = start(command, args, { ...options, namespace: namespace[end] })
      running.add(process)
      const forget = () => running.delete(process)
      process.ended().then(forget, forget)
      return process
    },
    ip: at,
    close,
  }
  await Promise.all([isUp(link, 'here', device), isUp(link, 'there', 'end')])
  return link
}

/** The kernel takes up to a second to tell that an interface has a cable; until then it is none that can be used. */
export async function isUp(link: Link, end: End, name: string): Promise<void> {
  const file = `/sys/class/net/${name}/operstate`
  await link.run(end, 'sh', ['-c', `until grep up ${file}; do sleep 0.1; done`]).line(/^up$/)
}

/** A /24 subnet, of those for benchmarks of networks (RFC 2544), that no interface here is in. */
function freeSubnet(): string {
  const taken = Object.values(networkInterfaces()).flatMap((all) => all!.map(({ address }) => address))
  for (let n = 0; n < 512; n++) {
    // Processes at once begin to look at different places.
    const index = (process.pid + n) & 511
    const subnet = `198.${18 + (index >> 8)}.${index & 255}`
    if (!taken.some((address) => address.startsWith(`${subnet}.`))) return subnet
  }
  throw new Error('every subnet of 198.18.0.0/15 is taken')
}
