import type { NetworkInterface } from '../../datagrams/network-interface.js'
import type { Firewall } from './firewall.js'
import type { Route } from './route.js'

/** What the doctor knows of this host, read once. What the platform does not tell is undefined. */
export interface HostFacts {
  platform: NodeJS.Platform
  /** Whether sockets are those of framewire's native part. */
  nativeSockets: boolean
  /** Receive buffer that a socket got which asked for `WANTED_RECEIVE_BUFFER_BYTES`. */
  receiveBufferBytes: number
  /** Governor of the clock of each CPU; empty where this system does not set it, as in a virtual machine. */
  governors: readonly string[]
  interfaces: readonly Adapter[]
  /** Which way packets go. */
  routes: readonly Route[] | undefined
  firewall: Firewall | undefined
}

/** A network interface, and what ruins acquisitions of it alone. */
export interface Adapter extends NetworkInterface {
  /** Speed of the USB port that it is plugged into, in Mbit/s. */
  usbSpeedMbps: number | undefined
  /** Room for received packets in the adapter, and the most that it can have. */
  ring: { packets: number; maxPackets: number } | undefined
}
