import { addressNumber, addressText } from '../datagrams/ipv4.js'
import type { InterfaceAddress } from '../datagrams/network-interface.js'

/** Whether two addresses lie in one subnet. */
export function sameSubnet(one: string, other: string, netmask: string): boolean {
  return ((addressNumber(one) ^ addressNumber(other)) & addressNumber(netmask)) === 0
}

/** Length of the prefix that a netmask stands for: 24 for `255.255.255.0`. */
export function prefixOf(netmask: string): number {
  return Math.clz32(~addressNumber(netmask))
}

/** An address of the subnet of `own` that is none of `taken`; undefined where there is none. */
export function freeAddress(own: InterfaceAddress, taken: readonly string[]): string | undefined {
  const mask = addressNumber(own.netmask)
  const subnet = (addressNumber(own.address) & mask) >>> 0
  const hosts = (~mask >>> 0) - 1
  const used = new Set([own.address, ...taken])
  // From the host's own address on: beside it nobody is surprised by another one, and the first of all may be a router's.
  const start = addressNumber(own.address) - subnet
  for (let i = 0; i < Math.min(hosts, used.size + 1); i++) {
    const address = addressText(subnet + 1 + ((start + i) % hosts))
    if (!used.has(address)) return address
  }
  return undefined
}
