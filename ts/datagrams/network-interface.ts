/** A network interface of this host. What the platform does not tell is undefined. */
export interface NetworkInterface {
  /** The system's name for it, such as `enp3s0`. */
  name: string
  index: number | undefined
  kind: InterfaceKind
  /** IPv4 addresses; none where the interface is down or no cable is in it. */
  addresses: InterfaceAddress[]
  /** Hardware address, such as `00:07:48:1a:2b:3c`. */
  mac: string | undefined
  /** Longest IP packet that leaves it in one piece, in bytes. */
  mtu: number | undefined
  /** Speed of the link, in Mbit/s. */
  speedMbps: number | undefined
  /** Set up by the system. */
  up: boolean
  /** Connected to something: a cable, an access point. */
  running: boolean
}

/**
 * What an interface is. `tunnel`: a VPN and the like; `virtual`: of software alone, as bridges, VLANs and the networks
 * of containers; `unknown` where the platform does not tell.
 */
export type InterfaceKind = 'loopback' | 'ethernet' | 'usb' | 'wifi' | 'tunnel' | 'virtual' | 'unknown'

/** An IPv4 address of an interface. */
export interface InterfaceAddress {
  address: string
  netmask: string
  /** Reaches every host of the subnet. */
  broadcast: string
  /** In 169.254.0.0/16, where hosts take an address by themselves when nobody gives them one. */
  linkLocal: boolean
}
