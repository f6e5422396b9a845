/** How bad it is. `unknown`: the platform, or the camera, does not tell. */
export type Level = 'ok' | 'warning' | 'error' | 'unknown'

/**
 * What was looked at. Of this host: `sockets` (framewire's native part), `receive-buffer`, `governor` (clock of the
 * CPUs), `subnets` (two adapters in one), `cameras` (whether any answers). Of a network interface: `address`, `adapter`
 * (what kind it is), `link` (its speed), `ring` (room for packets in the adapter), `mtu`. Of a camera: `subnet`,
 * `route`, `control`, `path` (packet sizes that get through), `stream` (whether frames arrive).
 */
export type Check =
  | 'sockets'
  | 'receive-buffer'
  | 'governor'
  | 'subnets'
  | 'cameras'
  | 'address'
  | 'adapter'
  | 'link'
  | 'ring'
  | 'mtu'
  | 'subnet'
  | 'route'
  | 'control'
  | 'path'
  | 'stream'

/** One thing that the doctor looked at. */
export interface Finding {
  check: Check
  subject: 'host' | 'interface' | 'camera'
  /** Of the network interface; a camera's serial number, or its address where it has none. */
  name?: string
  level: Level
  /** What was found, and what it does to an acquisition. */
  message: string
  /** The command that mends it on this system, as it is typed into a shell. */
  fix?: string
  /** The figures behind the message. */
  details: Readonly<Record<string, unknown>>
}
