import { prefixOf, sameSubnet } from '../subnets.js'

/** A line of the host's table of routes. */
export interface Route {
  /** Name of the interface that packets leave through. */
  device: string
  /** The subnet that it leads to; `0.0.0.0` with the netmask `0.0.0.0` is everything else. */
  subnet: string
  netmask: string
  /** Of several for a subnet, the one with the lowest is taken. */
  metric: number
}

/** The route that a packet to `address` takes: the narrowest subnet, of several the lowest metric. */
export function routeTo(routes: readonly Route[], address: string): Route | undefined {
  return routes
    .filter(({ subnet, netmask }) => sameSubnet(subnet, address, netmask))
    .sort((a, b) => prefixOf(b.netmask) - prefixOf(a.netmask) || a.metric - b.metric)[0]
}
